import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeerConfig, TunnelConfig } from '../../../engine/config/tunnel-config.ts';
import { parseWgQuick, writeWgQuick } from '../../../engine/config/wg-quick.ts';
import { PresharedKey, PrivateKey, PublicKey } from '../../../engine/crypto/keys.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { IpAddress, IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { inInterface, inPeer } from '../../vectors/conf/conf-case.ts';
import { CONF_CORPUS } from '../../vectors/conf/corpus.ts';
import { read } from './read-conf.ts';

const keyBytes = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .filter((bytes) => bytes.some((byte) => byte !== 0));
const address = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map((bytes) => new IpAddress(bytes));
const prefix = fc
  .tuple(address, fc.nat(128))
  .map(([ip, length]) => new IpPrefix(ip, Math.min(length, ip.bytes.length * 8)));
const port = fc.nat(65_535);
const label = fc.stringMatching(/^[a-z0-9_]([a-z0-9-]{0,10}[a-z0-9])?$/);
const hostName = fc.tuple(label, fc.constantFrom('example', 'bücher', 'x-y')).map((parts) => parts.join('.'));
const host = fc.oneof(hostName, address.map(String), fc.constantFrom('fe80::1%eth0', 'fe80::a%wlp3s0.1'));
const hook = fc
  .string({ unit: 'grapheme' })
  .map((text) => text.replace(/[\n\0]/g, ' ').trim())
  .filter((text) => text !== '');

const peerConfig: fc.Arbitrary<PeerConfig> = fc.record({
  publicKey: keyBytes.map((bytes) => new PublicKey(bytes)),
  presharedKey: fc.option(keyBytes.map((bytes) => new PresharedKey(bytes))),
  allowedIps: fc.uniqueArray(
    prefix.map((ip) => ip.masked()),
    { selector: String, maxLength: 6 },
  ),
  endpoint: fc.option(fc.record({ host, port })),
  persistentKeepalive: fc.option(port),
});

const tunnelConfig: fc.Arbitrary<TunnelConfig> = fc.record({
  interface: fc.record({
    privateKey: fc.option(keyBytes.map((bytes) => new PrivateKey(bytes))),
    listenPort: fc.option(port),
    fwMark: fc.option(fc.nat(0xffff_ffff)),
    addresses: fc.array(prefix, { maxLength: 4 }),
    dns: fc.record({
      servers: fc.array(address, { maxLength: 3 }),
      searchDomains: fc.array(fc.oneof(hostName, fc.constantFrom('~.', '~corp.example', 'lan')), {
        maxLength: 3,
      }),
    }),
    mtu: fc.option(fc.integer({ min: 576, max: 65_535 })),
    table: fc.oneof(
      fc.constantFrom({ kind: 'auto' } as const, { kind: 'off' } as const),
      fc.record({ kind: fc.constant('number' as const), number: fc.nat(0xffff_ffff) }),
      fc.record({ kind: fc.constant('name' as const), name: fc.constantFrom('main', 'vpn_table', 'Ü') }),
    ),
    hooks: fc.record({
      preUp: fc.array(hook, { maxLength: 2 }),
      postUp: fc.array(hook, { maxLength: 2 }),
      preDown: fc.array(hook, { maxLength: 2 }),
      postDown: fc.array(hook, { maxLength: 2 }),
    }),
    saveConfig: fc.option(fc.boolean()),
  }),
  peers: fc.uniqueArray(peerConfig, { selector: ({ publicKey }) => publicKey.toBase64(), maxLength: 4 }),
});

describe('a written .conf', () => {
  it('reads_back_as_the_configuration_it_was_written_from', () => {
    fc.assert(
      fc.property(tunnelConfig, (config) => {
        expect(parseWgQuick(Buffer.from(writeWgQuick(config))).config).toEqual(config);
      }),
      { numRuns: 300 },
    );
  });

  it('reads_back_the_same_for_every_accepted_file_of_the_corpus', () => {
    for (const { bytes, verdict } of CONF_CORPUS) {
      if (verdict === 'refused') continue;
      const { config } = parseWgQuick(bytes);
      expect(parseWgQuick(Buffer.from(writeWgQuick(config))).config).toEqual(config);
    }
  });

  it('has_one_Interface_canonical_order_and_numbers_in_place_of_words', () => {
    const { config } = read(
      `${inPeer('PersistentKeepalive = off', 'Endpoint = 2001:db8::1:7', 'allowedips=10.1.1.1/8,::/0')}[Interface]
       Table = OFF # comment
       PostUp = echo # kept
       dns = corp.example 1.1.1.1
       Address = 10.0.0.2
       FwMark = 0x10\n[interface]\nListenPort = 007\n`,
    );
    expect(writeWgQuick(config)).toBe(
      [
        '[Interface]',
        'PrivateKey = yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=',
        'ListenPort = 7',
        'FwMark = 16',
        'Address = 10.0.0.2/32',
        'DNS = 1.1.1.1, corp.example',
        'Table = off',
        'PostUp = echo # kept',
        '',
        '[Peer]',
        'PublicKey = xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=',
        'AllowedIPs = 10.0.0.0/8, ::/0',
        'Endpoint = [2001:db8::1]:7',
        'PersistentKeepalive = 0',
        '',
      ].join('\n'),
    );
  });

  it('says_nothing_of_what_is_not_set', () => {
    expect(writeWgQuick(read('[Interface]').config)).toBe('[Interface]\n');
  });

  it.each(['a\nPublicKey = x', ' a', 'a ', '', 'a\0'])(
    'refuses_a_hook_that_would_not_be_read_back: %j',
    (text) => {
      const { config } = read(inInterface());
      const hooks = { ...config.interface.hooks, postUp: [text] };
      expect(() => writeWgQuick({ ...config, interface: { ...config.interface, hooks } })).toThrow(
        ConfigError,
      );
    },
  );

  it.each(['a b', 'a,b', 'a\n[Peer]', '1.1.1', ''])('refuses_the_search_domain %j', (domain) => {
    const { config } = read(inInterface());
    const dns = { servers: [], searchDomains: [domain] };
    expect(() => writeWgQuick({ ...config, interface: { ...config.interface, dns } })).toThrow(ConfigError);
  });

  it.each(['a b', 'a\n[Peer]', '[::1]', '', '1.2.3', 'a#b', '::1%\n'])(
    'refuses_the_endpoint_host %j',
    (name) => {
      const { config } = read(inPeer());
      const peers = config.peers.map((peer) => ({ ...peer, endpoint: { host: name, port: 1 } }));
      expect(() => writeWgQuick({ ...config, peers })).toThrow(ConfigError);
    },
  );
});
