/** Values of the [Peer] keys but the endpoint's. */
import {
  accepted,
  type ConfCase,
  inInterface,
  inPeer,
  OTHER_PUBLIC_KEY,
  onlyWayfareAccepts,
  onlyWireguardToolsAccepts,
  PUBLIC_KEY,
  peer,
  peerValues,
  refused,
} from './conf-case.ts';

const allowedIps = [
  ...accepted(
    peerValues('AllowedIPs', [
      ...[
        '0.0.0.0/0',
        '::/0',
        '0.0.0.0/0, ::/0',
        '0.0.0.0/0,::/0',
        '10.0.0.1',
        '10.0.0.1/32',
        '10.0.0.0/8',
        'fd00::1',
      ],
      ...[
        'fd00::/64',
        '2001:DB8::/32',
        '2001:db8:0:0:0:0:0:0/32',
        '1:2:3:4:5:6:7::/112',
        '::ffff:10.0.0.0/104',
      ],
      ...['64:ff9b::1.2.3.4/128', '0.0.0.0/1, 128.0.0.0/1', '255.255.255.255', '10.0.0.0/08', '10.0.0.0/008'],
      ...[
        '10.0.0.0 / 8',
        '10. 0.0.0/8',
        '10.0.0.0/8 ,\tfd00::/64',
        '10.0.0.0/8 # all',
        '10.0.0.0/8,10.0.0.0/8',
      ],
      ...[
        '10.1.2.3/8',
        'fd00::1/64',
        '1.2.3.4/0',
        'ffff::/1',
        '10.0.0.0/8,10.1.2.3/8',
        '127.0.0.1/31',
        '224.0.0.0/4',
      ],
    ]),
  ),
  ...accepted({
    'AllowedIPs twice adds up': inPeer('AllowedIPs = 10.0.0.0/8', 'AllowedIPs = fd00::/64'),
    'AllowedIPs of 100 prefixes': inPeer(
      `AllowedIPs = ${Array.from({ length: 100 }, (_, i) => `10.0.${i}.0/24`).join(', ')}`,
    ),
    'AllowedIPs a hundred times': inPeer(
      ...Array.from({ length: 100 }, (_, i) => `AllowedIPs = fd00:${i}::/32`),
    ),
    'no AllowedIPs': inPeer(),
    'the same AllowedIPs at two peers': inPeer('AllowedIPs = 10.0.0.0/8, 10.1.0.0/16').concat(
      peer(OTHER_PUBLIC_KEY, 'AllowedIPs = 10.0.0.0/8'),
    ),
  }),
  ...refused(
    peerValues('AllowedIPs', [
      ...[
        '',
        '# none',
        ',',
        '10.0.0.0/8,',
        ',10.0.0.0/8',
        '10.0.0.0/8,,fd00::/64',
        '10.0.0.0/8 fd00::/64',
        '10.0.0.0/',
      ],
      ...[
        '10.0.0.0/33',
        'fd00::/129',
        '10.0.0.0/256',
        '10.0.0.0/-1',
        '10.0.0.0/+8',
        '10.0.0.0/0x8',
        '10.0.0.0/8/8',
      ],
      ...[
        '10.0.0.0/255.0.0.0',
        '10.0.0',
        '10',
        '010.0.0.0/8',
        '10.0.0.256',
        '10.0.0.0.0',
        '0x0a.0.0.0',
        '10.0.0.0/8;',
      ],
      ...[
        ':',
        ':::',
        '1::2::3',
        'fd00::/64/',
        'fd00',
        '12345::',
        'fd00::g',
        '1:2:3:4:5:6:7:8:9',
        '::ffff:010.0.0.1',
      ],
      ...[
        '[fd00::]/64',
        'fe80::1%eth0',
        'fe80::%1/64',
        'example.com',
        '*',
        'any',
        '0/0',
        '/0',
        '10.0.0.0-10.0.0.9',
      ],
      ...['10.0.0.0/8a', '１0.0.0.0/8', '10.0.0.0/99999999999999999999', '(none)'],
    ]),
  ),
  ...onlyWayfareAccepts(
    'signs are new in wireguard-tools 1.0.20250521; this one is older',
    peerValues('AllowedIPs', [
      '+10.0.0.0/8',
      '10.0.0.0/8, -10.0.0.0/8',
      '+10.0.0.0/8, +fd00::/64',
      '-10.0.0.0/8',
    ]),
  ),
  ...refused(
    peerValues('AllowedIPs', ['+', '-', '++10.0.0.0/8', '--10.0.0.0/8', '10.0.0.0/8-', '!10.0.0.0/8']),
  ),
  ...onlyWireguardToolsAccepts(
    'no prefix length has four digits',
    peerValues('AllowedIPs', ['10.0.0.0/0008']),
  ),
];

const persistentKeepalive = [
  ...accepted(
    peerValues('PersistentKeepalive', [
      ...[
        '0',
        '1',
        '25',
        '65535',
        'off',
        'OFF',
        'Off',
        '025',
        '2 5',
        'o f f',
        '25 # seconds',
        '00000000000000000025',
      ],
    ]),
  ),
  ...refused(
    peerValues('PersistentKeepalive', [
      ...[
        '',
        'on',
        'true',
        '-1',
        '+25',
        '65536',
        '25s',
        '0x19',
        '2.5',
        '25,',
        'offf',
        '99999999999999999999',
        '"25"',
      ],
    ]),
  ),
];

const whole = accepted({
  'a peer with everything': inPeer(
    'PresharedKey = FpCyhws9cxwWoV4xELtfJvjJN+zQVRPISllRWgeopVE=',
    'AllowedIPs = 0.0.0.0/0, ::/0',
    'Endpoint = 192.0.2.1:51820',
    'PersistentKeepalive = 25',
  ),
  'keys before the public key': `${inInterface()}[Peer]\nAllowedIPs = 10.0.0.0/8\nEndpoint = 192.0.2.1:1\nPublicKey = ${PUBLIC_KEY}\n`,
  'a hundred peers': inInterface().concat(
    ...Array.from({ length: 100 }, (_, i) =>
      peer(
        Buffer.from(Uint8Array.from({ length: 32 }, (_, j) => (i * 7 + j * 3) & 0x7f)).toString('base64'),
        `AllowedIPs = 10.0.${i}.0/24`,
      ),
    ),
  ),
});

export const PEER_VALUE_CASES: readonly ConfCase[] = [...allowedIps, ...persistentKeepalive, ...whole];
