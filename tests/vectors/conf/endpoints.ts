/** Values of `Endpoint`. */
import {
  accepted,
  type ConfCase,
  onlyWayfareAccepts,
  onlyWireguardToolsAccepts,
  peerValues,
  refused,
} from './conf-case.ts';

export const ENDPOINT_CASES: readonly ConfCase[] = [
  ...accepted(
    peerValues('Endpoint', [
      ...[
        '192.0.2.1:51820',
        '192.0.2.1:1',
        '192.0.2.1:65535',
        '192.0.2.1:0',
        '192.0.2.1:051820',
        '192.0.2.1 : 51820',
      ],
      ...[
        '[2001:db8::1]:51820',
        '[2001:DB8:0:0:0:0:0:1]:51820',
        '[::1]:443',
        '[::]:51820',
        '[::ffff:192.0.2.1]:51820',
      ],
      ...[
        'localhost:51820',
        'LOCALHOST:51820',
        '[localhost]:51820',
        '[192.0.2.1]:51820',
        'localhost:51820 # home',
      ],
      ...[
        '2001:db8::1:51820',
        '::1:51820',
        '[fe80::1%lo]:51820',
        'fe80::1%lo:51820',
        ':::1',
        '0.0.0.0:51820',
      ],
    ]),
  ),
  ...refused(
    peerValues('Endpoint', [
      ...[
        '',
        '#',
        ':',
        '192.0.2.1',
        '192.0.2.1:',
        ':51820:',
        '[2001:db8::1]',
        '[2001:db8::1]:',
        '[2001:db8::1]51820',
      ],
      ...[
        '[2001:db8::1:51820',
        '2001:db8::1]:51820',
        '[]:51820x',
        '192.0.2.1:port',
        '192.0.2.1:51820:',
        '[::1]::51820',
      ],
      ...[
        '192.0.2.1:0x1',
        '192.0.2.1:-1',
        ':51820',
        '[]:51820',
        '192.0.2.1:51820a',
        '192.0.2.256:51820',
        '192.0.2.1.1:51820',
        '[2001:db8::g]:51820',
      ],
      ...[
        'http://192.0.2.1:51820',
        'tcp://192.0.2.1:443',
        'udp://192.0.2.1:443',
        '192.0.2.1/24:51820',
        '(none)',
        'off',
      ],
      ...[
        'a b c',
        'user@host.invalid:51820',
        '-host.invalid:51820',
        'host..invalid:51820',
        '192.0.2.1;51820',
      ],
      `${'a'.repeat(64)}.invalid:51820`,
      `${'abcdefgh.'.repeat(40)}invalid:51820`,
    ]),
  ),
  ...onlyWayfareAccepts(
    'a name that does not resolve now may resolve later: it is retried while connecting, never fatal at import',
    peerValues('Endpoint', [
      ...[
        'vpn.invalid:51820',
        'VPN.invalid:51820',
        'vpn.invalid.:51820',
        'vpn_1.invalid:51820',
        'bücher.invalid:51820',
      ],
      ...[
        '[vpn.invalid]:51820',
        'a-b.c-d.invalid:51820',
        '1host.invalid:51820',
        'xn--bcher-kva.invalid:51820',
      ],
    ]),
  ),
  ...onlyWayfareAccepts(
    'the zone is an interface of the machine that connects, which this one need not have',
    peerValues('Endpoint', ['[fe80::1%nosuchif]:51820', '[fe80::1%en0]:51820']),
  ),
  ...onlyWireguardToolsAccepts(
    'getaddrinfo(3) cuts a port at 16 bits and reads signs; another port than was written would be used',
    peerValues('Endpoint', ['192.0.2.1:65536', '192.0.2.1:99999', '192.0.2.1:+51820']),
  ),
  ...onlyWireguardToolsAccepts(
    'inet_aton(3) reads octal, hex and short forms; the author hardly meant the address that comes out',
    peerValues('Endpoint', [
      '192.0.513:51820',
      '0300.0.2.1:51820',
      '0xc0.0.2.1:51820',
      '3221225985:51820',
      '127.1:51820',
    ]),
  ),
  ...onlyWireguardToolsAccepts(
    'a service name means what /etc/services of the machine says; the grammar has numbers only',
    peerValues('Endpoint', ['192.0.2.1:domain']),
  ),
];
