import { describe, expect, it } from 'vitest';
import {
  inInterface,
  inPeer,
  OTHER_PUBLIC_KEY,
  PRESHARED_KEY,
  PUBLIC_KEY,
  peer,
  ZERO_KEY,
} from '../../vectors/conf/conf-case.ts';
import { read, readPeer, refusal, texts, warningKinds } from './read-conf.ts';

describe('[Peer]', () => {
  it('needs_a_PublicKey', () => {
    expect(refusal(`${inInterface()}[Peer]\nAllowedIPs = ::/0\n`)).toMatch(
      /^line 3: \[Peer\] has no PublicKey; add/,
    );
  });

  it('warns_of_an_all_zero_PublicKey', () => {
    expect(warningKinds(`${inInterface()}[Peer]\nPublicKey = ${ZERO_KEY}\n`)).toEqual(['unreachable-peer']);
  });

  it('reads_an_all_zero_PresharedKey_as_none', () => {
    expect(readPeer(`PresharedKey = ${ZERO_KEY}`).presharedKey).toBeNull();
    expect(readPeer(`PresharedKey = ${PRESHARED_KEY}`).presharedKey?.toBase64()).toBe(PRESHARED_KEY);
  });

  it('takes_keys_of_exactly_44_canonical_characters', () => {
    for (const value of [PUBLIC_KEY.slice(1), `A${PUBLIC_KEY}`]) {
      expect(refusal(inPeer(`PresharedKey = ${value}`))).toBe(
        `line 6: PresharedKey: its value has ${value.length} characters, a key has 44 and ends in "="; copy the key anew`,
      );
    }
    for (const value of [`${PUBLIC_KEY.slice(0, 42)}B=`, `*${PUBLIC_KEY.slice(1)}`])
      expect(refusal(inPeer(`PresharedKey = ${value}`))).toContain('its value is no key in base64');
  });

  it('takes_a_PersistentKeepalive_as_off_or_seconds', () => {
    const keepalive = (value: string) => readPeer(`PersistentKeepalive = ${value}`).persistentKeepalive;
    expect([readPeer().persistentKeepalive, keepalive('Off'), keepalive('025'), keepalive('65535')]).toEqual([
      null,
      0,
      25,
      65_535,
    ]);
    for (const value of ['65536', '-1', 'on', '25s'])
      expect(refusal(inPeer(`PersistentKeepalive = ${value}`))).toContain(
        `line 6: PersistentKeepalive "${value}"`,
      );
  });
});

describe('AllowedIPs', () => {
  it('are_hosts_without_a_prefix_length', () => {
    expect(texts(readPeer('AllowedIPs = 10.0.0.1, fd00::1').allowedIps)).toEqual([
      '10.0.0.1/32',
      'fd00::1/128',
    ]);
  });

  it('have_their_host_bits_masked_with_a_warning', () => {
    const { config, warnings } = read(inPeer('AllowedIPs = 10.1.2.3/8, fd00::1/64, 10.0.0.0/9'));
    expect(texts(config.peers[0]!.allowedIps)).toEqual(['10.0.0.0/8', 'fd00::/64', '10.0.0.0/9']);
    expect(warnings.map(({ kind, line, message }) => [kind, line, message])).toEqual([
      ['host-bits-masked', 6, '10.1.2.3/8 was read as 10.0.0.0/8'],
      ['host-bits-masked', 6, 'fd00::1/64 was read as fd00::/64'],
    ]);
  });

  it.each(['10.0.0.0/8,', ',10.0.0.0/8', '10.0.0.0/8,,::/0', ','])(
    'with_a_stray_comma_are_an_error: %s',
    (value) => {
      expect(refusal(inPeer(`AllowedIPs = ${value}`))).toMatch(
        /^line 6: AllowedIPs ".*": a value is missing/,
      );
    },
  );

  it.each([
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/+8',
    '10.0.0.0/255.0.0.0',
    '10.0.0',
    '::ffff:01.2.3.4',
    'x',
  ])('that_are_no_prefix_are_shown: %s', (value) => {
    expect(refusal(inPeer(`AllowedIPs = ::/0, ${value}`))).toContain(
      `line 6: AllowedIPs "${value}": write an address`,
    );
  });

  it('are_added_with_plus_and_removed_with_minus_within_the_file', () => {
    const { config, warnings } = read(
      inPeer('AllowedIPs = 10.0.0.0/8, ::/0', 'AllowedIPs = -10.9.9.9/8, +fd00::/64'),
    );
    expect(texts(config.peers[0]!.allowedIps)).toEqual(['::/0', 'fd00::/64']);
    expect(warnings.map(({ kind }) => kind)).toEqual(['host-bits-masked']);
    expect(warningKinds(inPeer('AllowedIPs = -10.0.0.0/8'))).toEqual(['allowed-ip-not-removed']);
  });

  it('name_no_prefix_twice', () => {
    expect(texts(readPeer('AllowedIPs = ::/0, 10.0.0.0/8', 'AllowedIPs = ::/0').allowedIps)).toEqual([
      '::/0',
      '10.0.0.0/8',
    ]);
  });

  it('at_two_peers_give_a_warning_that_names_the_last', () => {
    const text = `${inPeer('AllowedIPs = ::/0')}${peer(OTHER_PUBLIC_KEY, 'AllowedIPs = ::/0')}`;
    const { config, warnings } = read(text);
    expect(config.peers.map(({ allowedIps }) => texts(allowedIps))).toEqual([['::/0'], ['::/0']]);
    expect(warnings).toMatchObject([{ kind: 'allowed-ip-moved', line: 6 }]);
    expect(warnings[0]?.message).toContain(OTHER_PUBLIC_KEY);
  });
});

describe('two [Peer] with one public key', () => {
  it('are_one_peer_of_which_the_second_says_the_last_word', () => {
    const first = inPeer(
      'Endpoint = 192.0.2.1:1',
      'PersistentKeepalive = 25',
      `PresharedKey = ${PRESHARED_KEY}`,
    );
    const { config, warnings } = read(`${first}${peer(PUBLIC_KEY, 'Endpoint = 192.0.2.2:2')}`);
    expect(config.peers).toHaveLength(1);
    expect(config.peers[0]).toMatchObject({
      endpoint: { host: '192.0.2.2', port: 2 },
      persistentKeepalive: 25,
    });
    expect(config.peers[0]?.presharedKey?.toBase64()).toBe(PRESHARED_KEY);
    expect(warnings).toMatchObject([{ kind: 'repeated-peer', line: 9 }]);
  });

  it('have_the_allowed_IPs_of_the_second_unless_that_adds_to_them', () => {
    const first = inPeer('AllowedIPs = 10.0.0.0/8');
    const allowedIpsAfter = (...lines: string[]) =>
      texts(read(`${first}${peer(PUBLIC_KEY, ...lines)}`).config.peers[0]!.allowedIps);
    expect(allowedIpsAfter('AllowedIPs = ::/0')).toEqual(['::/0']);
    expect(allowedIpsAfter()).toEqual([]);
    expect(allowedIpsAfter('AllowedIPs = +::/0')).toEqual(['10.0.0.0/8', '::/0']);
    expect(allowedIpsAfter('AllowedIPs = -10.0.0.0/8')).toEqual([]);
    expect(allowedIpsAfter('AllowedIPs = +::/0', 'AllowedIPs = fd00::/8')).toEqual(['::/0', 'fd00::/8']);
  });

  it('lose_the_preshared_key_that_the_second_sets_to_zeros', () => {
    const text = `${inPeer(`PresharedKey = ${PRESHARED_KEY}`)}${peer(PUBLIC_KEY, `PresharedKey = ${ZERO_KEY}`)}`;
    expect(read(text).config.peers[0]?.presharedKey).toBeNull();
  });
});

describe('Endpoint', () => {
  it.each([
    ['192.0.2.1:51820', '192.0.2.1', 51_820],
    ['[2001:db8::1]:51820', '2001:db8::1', 51_820],
    ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
    ['vpn.example.com:65535', 'vpn.example.com', 65_535],
    ['bücher.example.:0443', 'bücher.example.', 443],
    ['[vpn.example.com]:1', 'vpn.example.com', 1],
  ])('%s_is_read', (value, host, port) => {
    expect(readPeer(`Endpoint = ${value}`).endpoint).toEqual({ host, port });
    expect(warningKinds(inPeer(`Endpoint = ${value}`))).toEqual([]);
  });

  it('without_brackets_is_split_at_the_last_colon_with_a_warning', () => {
    expect(readPeer('Endpoint = 2001:db8::1:51820').endpoint).toEqual({ host: '2001:db8::1', port: 51_820 });
    expect(warningKinds(inPeer('Endpoint = 2001:db8::1:51820'))).toEqual(['endpoint-without-brackets']);
  });

  it('with_port_0_gives_a_warning', () => {
    expect(warningKinds(inPeer('Endpoint = 192.0.2.1:0'))).toEqual(['unreachable-peer']);
  });

  it.each([
    ['192.0.2.1', 'no port'],
    ['192.0.2.1:', 'no port'],
    ['[2001:db8::1]51820', 'no port'],
    ['[2001:db8::1:51820', 'not closed'],
    ['192.0.2.1:65536', '0 to 65535'],
    ['192.0.2.1:+1', '0 to 65535'],
    [':51820', 'no host'],
    ['[2001:db8::g]:1', 'no IPv6 address'],
    ['192.0.2.256:1', 'no IPv4 address'],
    ['0300.0.2.1:1', 'no IPv4 address'],
    ['127.1:1', 'no IPv4 address'],
    ['vpn.example%eth0:1', 'a zone follows an IPv6 address'],
    ['-x.example:1', 'neither an address nor a name'],
    ['x..example:1', 'neither an address nor a name'],
    ['http://192.0.2.1:1', 'leave out "http://"'],
    ['tcp://192.0.2.1:443', 'TunSafe'],
  ])('%s_is_refused_for_it_has_%s', (value, reason) => {
    const message = refusal(inPeer(`Endpoint = ${value}`));
    expect(message).toContain(`line 6: Endpoint "${value}": `);
    expect(message).toContain(reason);
  });
});
