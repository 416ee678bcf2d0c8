import { describe, expect, it } from 'vitest';
import { parseWgQuick } from '../../../engine/config/wg-quick.ts';
import { inInterface, inPeer, PRIVATE_KEY, peer } from '../../vectors/conf/conf-case.ts';
import { read, readInterface, refusal, warningKinds } from './read-conf.ts';

const USUAL = inPeer('AllowedIPs = 0.0.0.0/0, ::/0', 'Endpoint = 192.0.2.1:51820');

describe('the lines of a .conf', () => {
  it('mean_the_same_with_CRLF_without_a_final_newline_and_in_any_case', () => {
    for (const text of [
      USUAL.replaceAll('\n', '\r\n'),
      USUAL.trimEnd(),
      USUAL.replace(/^(\[?\w+\]?)/gm, (name) => name.toUpperCase()),
      USUAL.replace(/^(\[?\w+\]?)/gm, (name) => name.toLowerCase()),
      USUAL.replaceAll(' ', ''),
    ]) {
      expect(read(text)).toEqual(read(USUAL));
    }
  });

  it('end_at_a_hash_but_not_at_a_semicolon', () => {
    expect(readInterface('ListenPort = 1 # 2').listenPort).toBe(1);
    expect(readInterface('#ListenPort = 1').listenPort).toBeNull();
    expect(refusal(inInterface('ListenPort = 1 ; 2'))).toContain('line 3: ListenPort "1;2"');
    expect(refusal(inInterface('; comment'))).toMatch(/^line 3: .*no "="/);
  });

  it('split_at_the_first_equals_sign', () => {
    expect(readInterface('PostUp = a=b=c').hooks.postUp).toEqual(['a=b=c']);
  });

  it('lose_white_space_inside_where_wg_takes_it_out_and_keep_it_where_wg_quick_does', () => {
    const halves = `${PRIVATE_KEY.slice(0, 9)} ${PRIVATE_KEY.slice(9)}`;
    const { privateKey } = read(`[Interface]\nPrivate Key = ${halves}\n`).config.interface;
    expect(privateKey?.toBase64()).toBe(PRIVATE_KEY);
    expect(refusal(inInterface('MTU = 14 20'))).toContain('MTU "14 20"');
    expect(refusal(inInterface('Add ress = 10.0.0.2'))).toContain('unknown key');
  });

  it('outside_a_section_are_errors', () => {
    expect(refusal(`ListenPort = 1\n${USUAL}`)).toMatch(/^line 1: ListenPort is outside a section; put /);
    expect(refusal('hello')).toMatch(/^line 1: "hello" has no "="/);
    const noComment = '; ";" starts no comment, "#" does';
    expect(refusal('; a comment')).toBe(
      `line 1: ";" has no "="; write "Key = value", or "#" before it${noComment}`,
    );
    expect(refusal(inInterface(';ListenPort = 5'))).toBe(
      `line 3: ";ListenPort" is an unknown key in [Interface]; correct it or take the line out${noComment}`,
    );
    expect(refusal('[Interface')).toMatch(/^line 1: "\[Interface" is an unknown section;/);
  });

  it('of_unknown_sections_and_keys_are_errors_with_their_name', () => {
    expect(refusal(`${USUAL}[Server]\n`)).toMatch(/^line 8: "\[Server\]" is an unknown section/);
    expect(refusal(inInterface('Keepalive = 25'))).toMatch(
      /^line 3: "Keepalive" is an unknown key in \[Interface\]/,
    );
    expect(refusal(inPeer('Name = home'))).toMatch(/^line 6: "Name" is an unknown key in \[Peer\]/);
  });

  it('in_the_wrong_section_are_errors_that_name_the_right_one', () => {
    expect(refusal(inInterface('Endpoint = 192.0.2.1:1'))).toContain(
      'Endpoint belongs in [Peer], not in [Interface]',
    );
    expect(refusal(inPeer('Address = 10.0.0.2'))).toContain('Address belongs in [Interface], not in [Peer]');
  });

  it('without_a_value_are_errors_for_keys_of_wg_and_a_warning_for_keys_of_wg_quick', () => {
    for (const key of ['PrivateKey', 'ListenPort', 'FwMark'])
      expect(refusal(inInterface(`${key} =`))).toBe(
        `line 3: ${key} has no value; give it one or take the line out`,
      );
    for (const key of ['PublicKey', 'PresharedKey', 'AllowedIPs', 'Endpoint', 'PersistentKeepalive'])
      expect(refusal(inPeer(`${key} = # none`))).toContain(`line 6: ${key} has no value`);
    for (const key of ['Address', 'DNS', 'MTU', 'Table', 'PreUp', 'PostUp', 'PreDown', 'PostDown']) {
      expect(warningKinds(inInterface(`${key} =`))).toEqual(['empty-value']);
      expect(readInterface(`${key} =`)).toEqual(readInterface());
    }
  });
});

describe('repetition', () => {
  it('of_Interface_merges_with_a_warning', () => {
    const text = `${inInterface('ListenPort = 1', 'MTU = 1400')}[Interface]\nListenPort = 2\n`;
    const { config, warnings } = read(text);
    expect(config.interface).toMatchObject({ listenPort: 2, mtu: 1400 });
    expect(warnings).toMatchObject([
      { kind: 'repeated-interface', line: 5 },
      { kind: 'repeated-key', line: 6 },
    ]);
  });

  it('of_Address_DNS_AllowedIPs_and_hooks_adds_up_without_a_warning', () => {
    const lines = ['Address = 10.0.0.2', 'DNS = 1.1.1.1', 'PostUp = echo'];
    const { config, warnings } = read(inInterface(...lines, ...lines));
    expect(config.interface.addresses).toHaveLength(2);
    expect(config.interface.dns.servers).toHaveLength(2);
    expect(config.interface.hooks.postUp).toEqual(['echo', 'echo']);
    expect(warnings.map(({ kind }) => kind)).toEqual(['hooks-not-run']);
  });

  it('of_other_keys_counts_the_last_with_a_warning', () => {
    const repeated = [
      'ListenPort = 1',
      'ListenPort = 2',
      'MTU = 1400',
      'MTU = 1300',
      'Table = off',
      'Table = 7',
    ];
    const { config, warnings } = read(inInterface(...repeated));
    expect(config.interface).toMatchObject({
      listenPort: 2,
      mtu: 1300,
      table: { kind: 'number', number: 7 },
    });
    expect(warnings.map(({ kind, line }) => [kind, line])).toEqual([
      ['repeated-key', 4],
      ['repeated-key', 6],
      ['repeated-key', 8],
    ]);
  });

  it('of_a_key_at_two_peers_is_none', () => {
    const other = peer('TrMvSoP4jYQlY6RIzBgbssQqY3vxI2Pi+y71lOWWXX0=', 'Endpoint = 192.0.2.2:2');
    expect(warningKinds(`${inPeer('Endpoint = 192.0.2.1:1')}${other}`)).toEqual([]);
  });
});

describe('the bytes of a .conf', () => {
  it('may_begin_with_a_byte_order_mark_of_UTF_8', () => {
    expect(read(`\ufeff${USUAL}`)).toEqual(read(USUAL));
  });

  it('may_be_UTF_16_of_either_order_with_or_without_a_mark', () => {
    for (const text of [USUAL, `\ufeff${USUAL}`]) {
      const littleEndian = Buffer.from(text, 'utf16le');
      for (const bytes of [littleEndian, Buffer.from(littleEndian).swap16()]) {
        const { config, warnings } = parseWgQuick(bytes);
        expect(config).toEqual(read(USUAL).config);
        expect(warnings).toMatchObject([{ kind: 'encoding', line: 1 }]);
      }
    }
  });

  it('that_are_not_UTF_8_give_a_warning', () => {
    const { config, warnings } = parseWgQuick(Buffer.from(`# B\xfcro\n${USUAL}`, 'latin1'));
    expect(config).toEqual(read(USUAL).config);
    expect(warnings).toMatchObject([{ kind: 'encoding', line: 1 }]);
  });

  it('with_a_NUL_are_refused_by_line', () => {
    expect(refusal(inInterface('ListenPort = 5\0'))).toMatch(/^line 3: a NUL character/);
  });

  it('are_at_most_1_MiB', () => {
    const filler = (length: number) => '[Interface]#'.padEnd(length, 'x');
    expect(read(filler(1_048_576)).config.peers).toEqual([]);
    expect(refusal(filler(1_048_577))).toMatch(/^the file is 1048577 bytes/);
  });

  it('name_at_most_65536_peers', () => {
    expect(refusal('[Peer]\n'.repeat(65_537))).toMatch(/^line 65537: .* at most 65536 peers/);
    expect(refusal('[Peer]\n'.repeat(65_536))).toMatch(/^line 1: \[Peer\] has no PublicKey/);
  });
});
