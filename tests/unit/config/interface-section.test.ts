import { describe, expect, it } from 'vitest';
import { inInterface, PRIVATE_KEY, ZERO_KEY } from '../../vectors/conf/conf-case.ts';
import { read, readInterface, refusal, texts, warningKinds } from './read-conf.ts';

describe('[Interface]', () => {
  it('may_lack_a_private_key_with_a_warning', () => {
    for (const text of ['[Interface]\n', `[Interface]\nPrivateKey = ${ZERO_KEY}\n`]) {
      expect(read(text).config.interface.privateKey).toBeNull();
      expect(new Set(warningKinds(text))).toEqual(new Set(['no-private-key']));
    }
    expect(readInterface().privateKey?.toBase64()).toBe(PRIVATE_KEY);
  });

  it('takes_a_ListenPort_of_digits_from_0_to_65535', () => {
    expect(readInterface('ListenPort = 0').listenPort).toBe(0);
    expect(readInterface('ListenPort = 065535').listenPort).toBe(65_535);
    for (const value of ['65536', '-1', '+1', 'domain', '0x10', '1.0'])
      expect(refusal(inInterface(`ListenPort = ${value}`))).toContain(
        `line 3: ListenPort "${value}": write a port`,
      );
  });

  it('takes_a_FwMark_as_off_decimal_or_hex_and_never_octal', () => {
    const mark = (value: string) => readInterface(`FwMark = ${value}`).fwMark;
    expect([mark('OFF'), mark('010'), mark('0xCa6c'), mark('4294967295'), mark('0xffffffff')]).toEqual([
      0, 10, 0xca6c, 0xffffffff, 0xffffffff,
    ]);
    for (const value of ['4294967296', '0x100000000', '0X10', '0x', '-1', 'ff'])
      expect(refusal(inInterface(`FwMark = ${value}`))).toContain(`line 3: FwMark "${value}": write off`);
  });

  it('keeps_the_host_bits_of_an_Address_and_reads_a_bare_one_as_a_host', () => {
    const { addresses } = readInterface('Address = 10.0.0.2/24, fd00::2/64 10.0.0.3', 'Address = fd00::3');
    expect(texts(addresses)).toEqual(['10.0.0.2/24', 'fd00::2/64', '10.0.0.3/32', 'fd00::3/128']);
    for (const value of [
      '10.0.0.2/33',
      '10.0.0.2/255.255.255.0',
      '10.0.0.256',
      'fe80::1%eth0/64',
      'example.com',
    ])
      expect(refusal(inInterface(`Address = ${value}`))).toContain(
        `line 3: Address "${value}": write an address`,
      );
  });

  it('refuses_two_commas_in_a_row_and_lets_one_at_the_end_pass_with_a_warning', () => {
    for (const key of ['Address', 'DNS']) {
      expect(refusal(inInterface(`${key} = 10.0.0.2,,10.0.0.3`))).toContain('two commas in a row');
      expect(refusal(inInterface(`${key} = 10.0.0.2, ,10.0.0.3`))).toContain('two commas in a row');
      expect(warningKinds(inInterface(`${key} = 10.0.0.2,`))).toEqual(['empty-value']);
    }
  });

  it('reads_DNS_as_servers_and_search_domains', () => {
    const { dns } = readInterface('DNS = 1.1.1.1, corp.example 2606:4700:4700::1111', 'DNS = ~.');
    expect(texts(dns.servers)).toEqual(['1.1.1.1', '2606:4700:4700::1111']);
    expect(dns.searchDomains).toEqual(['corp.example', '~.']);
    for (const value of ['1.1.1', '256.1.1.1', '1.1.1.1:53', 'fe80::1%eth0', 'https://x/', '-x', '$(id)'])
      expect(refusal(inInterface(`DNS = ${value}`))).toContain(`line 3: DNS "${value}"`);
  });

  it('warns_of_search_domains_without_a_server', () => {
    expect(read(inInterface('DNS = corp.example')).warnings).toMatchObject([
      { kind: 'search-domains-only', line: 3 },
    ]);
    expect(warningKinds(inInterface('DNS = corp.example', 'DNS = 1.1.1.1'))).toEqual([]);
  });

  it('gives_its_warnings_in_the_order_of_their_lines', () => {
    expect(warningKinds(inInterface('DNS = corp.example', 'PostUp = echo'))).toEqual([
      'search-domains-only',
      'hooks-not-run',
    ]);
  });

  it('takes_an_MTU_from_576_to_65535', () => {
    expect(readInterface().mtu).toBeNull();
    expect([readInterface('MTU = 576').mtu, readInterface('MTU = 65535').mtu]).toEqual([576, 65_535]);
    for (const value of ['0', '575', '65536', 'auto', '0x578'])
      expect(refusal(inInterface(`MTU = ${value}`))).toContain(
        `line 3: MTU "${value}": write a number from 576`,
      );
  });

  it('takes_a_Table_as_auto_off_number_or_name', () => {
    const table = (value: string) => readInterface(`Table = ${value}`).table;
    expect(readInterface().table).toEqual({ kind: 'auto' });
    expect([table('auto'), table('OFF'), table('51820'), table('0x10'), table('vpn')]).toEqual([
      { kind: 'auto' },
      { kind: 'off' },
      { kind: 'number', number: 51_820 },
      { kind: 'number', number: 16 },
      { kind: 'name', name: 'vpn' },
    ]);
    for (const value of ['-1', '4294967296', '--help', 'two words', '$(id)'])
      expect(refusal(inInterface(`Table = ${value}`))).toContain(`line 3: Table "${value}": write auto`);
  });

  it('takes_SaveConfig_as_true_or_false_and_does_not_act_on_it', () => {
    expect(readInterface('SaveConfig = FALSE').saveConfig).toBe(false);
    expect(warningKinds(inInterface('SaveConfig = True'))).toEqual(['save-config-ignored']);
    for (const value of ['', 'yes', '1'])
      expect(refusal(inInterface(`SaveConfig = ${value}`))).toContain(
        `line 3: SaveConfig "${value}": write true`,
      );
  });
});

describe('hooks', () => {
  it.each(['true\r[Peer]\rPublicKey = x', 'a\x1bb', 'a\x85b'])(
    'with_a_control_character_are_refused: %j',
    (hook) => {
      expect(refusal(inInterface(`PostUp = ${hook}`))).toMatch(/^line 3: PostUp has a control character/);
      expect(readInterface('PostUp = a\tb\r').hooks.postUp).toEqual(['a\tb']);
    },
  );

  it('keep_their_order_and_what_follows_a_hash', () => {
    const { hooks } = readInterface(
      'PostUp = echo "#1" # one',
      'PreUp = a',
      'PostUp = two',
      'PreDown = b',
      'PostDown = c',
    );
    expect(hooks).toEqual({
      preUp: ['a'],
      postUp: ['echo "#1" # one', 'two'],
      preDown: ['b'],
      postDown: ['c'],
    });
  });

  it('give_one_warning_that_they_are_not_run', () => {
    const { warnings } = read(inInterface('PostUp = echo', 'PreDown = echo'));
    expect(warnings).toMatchObject([{ kind: 'hooks-not-run', line: 3 }]);
  });

  it.each([
    'iptables -I OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT',
    'echo up; /usr/sbin/ip6tables -I OUTPUT ! -o wg0 -m mark ! --mark $(wg show wg0 fwmark) -j REJECT',
    'iptables -A OUTPUT -m mark ! --mark 51820 ! --out-interface %i --jump DROP && true',
  ])('that_are_the_kill_switch_of_the_manual_are_recognised: %s', (hook) => {
    expect(warningKinds(inInterface(`PostUp = ${hook}`))).toContain('kill-switch-recipe');
    expect(warningKinds(inInterface(`PreDown = ${hook}`))).not.toContain('kill-switch-recipe');
    const { warnings } = read(inInterface(`PostUp = ${hook}`));
    expect(warnings.map(({ message }) => message).join()).toContain("Wayfare's own kill switch");
  });

  it.each([
    'iptables -A FORWARD -i %i -j ACCEPT; iptables -t nat -A POSTROUTING -o eth0 -j MASQUERADE',
    'iptables -I OUTPUT -o %i -m mark ! --mark 1 -j REJECT',
    'iptables -I OUTPUT ! -o %i -m mark --mark 1 -j REJECT',
    'iptables -D OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -j REJECT',
    'echo iptables',
  ])('that_are_other_firewall_rules_are_not: %s', (hook) => {
    expect(warningKinds(inInterface(`PostUp = ${hook}`))).toEqual(['hooks-not-run']);
  });
});
