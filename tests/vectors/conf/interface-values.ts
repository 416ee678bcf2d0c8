/** Values of the [Interface] keys. */
import {
  accepted,
  type ConfCase,
  inInterface,
  interfaceValues,
  onlyWireguardToolsAccepts,
  refused,
} from './conf-case.ts';

const NOT_READ_BY_STRIP =
  'wg-quick strip does not look at the values of its own keys; the grammar says what they may be';

const listenPort = [
  ...accepted(interfaceValues('ListenPort', ['0', '1', '51820', '65535', '00051820', '5 1 8 2 0', '443#8'])),
  ...refused(
    interfaceValues('ListenPort', [
      '',
      '#',
      'fifty',
      '0x10',
      '51820/udp',
      '51820;',
      '1e4',
      '12,13',
      '-1',
      '１',
    ]),
  ),
  ...onlyWireguardToolsAccepts(
    'getaddrinfo(3) cuts a port at 16 bits and reads signs; another port than was written would be used',
    interfaceValues('ListenPort', ['65536', '70000', '4294967296', '+51820']),
  ),
  ...onlyWireguardToolsAccepts(
    'a service name means what /etc/services of the machine says; the grammar has digits only',
    interfaceValues('ListenPort', ['domain']),
  ),
];

const fwMark = [
  ...accepted(
    interfaceValues('FwMark', [
      ...['0', 'off', 'OFF', 'oFf', '1', '51820', '4294967295', '0x0', '0xca6c', '0xCA6C', '0xffffffff'],
      ...['010', '0x00000000ca6c', '0 x c a 6 c', '000000000000000000001'],
    ]),
  ),
  ...refused(
    interfaceValues('FwMark', [
      ...[
        '',
        'on',
        'none',
        '-1',
        '+1',
        '4294967296',
        '0x100000000',
        '0x',
        '0X10',
        'ca6c',
        '0xg',
        '1.0',
        '0b1',
        '٣',
      ],
      '99999999999999999999999',
    ]),
  ),
];

const address = [
  ...accepted(
    interfaceValues('Address', [
      ...[
        '10.0.0.2/24',
        '10.0.0.2',
        '10.0.0.2/32',
        '0.0.0.0/0',
        '255.255.255.255/32',
        'fd00::2/64',
        'fd00::2',
      ],
      ...['FD00:0:0:0:0:0:0:2/128', '::/0', '::ffff:10.0.0.2/96', '2001:db8::1.2.3.4'],
      ...[
        '10.0.0.2/24, fd00::2/64',
        '10.0.0.2/24,fd00::2/64',
        '10.0.0.2/24 fd00::2/64',
        '10.0.0.2/24 , fd00::2/64',
      ],
      ...['', '10.0.0.2/24,', ',10.0.0.2/24', '10.0.0.2/024', '10.0.0.2 # office'],
    ]),
  ),
  ...onlyWireguardToolsAccepts(
    NOT_READ_BY_STRIP,
    interfaceValues('Address', [
      ...[
        '10.0.0.256/24',
        '10.0.0/24',
        '10.0.0.2/33',
        'fd00::2/129',
        'fd00::g/64',
        '10.0.0.2/',
        '10.0.0.2/24/24',
      ],
      ...[
        '10.0.0.2/255.255.255.0',
        '10.0.0.2/0x18',
        '10.0.0.2/-1',
        '10.0.0.2/+24',
        '010.0.0.2/24',
        '1:2',
        'example.com',
      ],
      ...[
        'fe80::1%eth0/64',
        '[fd00::2]/64',
        '10.0.0.2;10.0.0.3',
        '10.0.0.2/24,,fd00::2/64',
        '10.0.0.2/24, ,10.0.0.3',
      ],
      ...['10.0.0.2/24 /24', '"10.0.0.2/24"', '$(id)'],
    ]),
  ),
];

const dns = [
  ...accepted(
    interfaceValues('DNS', [
      ...[
        '1.1.1.1',
        '1.1.1.1, 8.8.8.8',
        '1.1.1.1 8.8.8.8',
        '2606:4700:4700::1111',
        '1.1.1.1,2606:4700:4700::1111',
      ],
      ...[
        '1.1.1.1, corp.example',
        'corp.example',
        'corp.example, office.example',
        '10.0.0.1, ~corp.example',
        '10.0.0.1, ~.',
      ],
      ...['1.1.1.1#one', '', '1.1.1.1,', 'localdomain', '_tcp.example', 'example.com.', 'bücher.example'],
    ]),
  ),
  ...onlyWireguardToolsAccepts(
    NOT_READ_BY_STRIP,
    interfaceValues('DNS', [
      ...[
        '1.1.1',
        '1.1.1.1.1',
        '256.1.1.1',
        '1.1.1.1:53',
        '[2606:4700:4700::1111]',
        'fe80::1%eth0',
        '2606:::1',
      ],
      ...[
        '1.1.1.1,,8.8.8.8',
        'https://dns.example/query',
        'a;reboot',
        '$(reboot)',
        '-option',
        '.',
        '1.1.1.1/32',
      ],
    ]),
  ),
];

const mtu = [
  ...accepted(interfaceValues('MTU', ['576', '1280', '1420', '65535', '01420', '', '1420 # DSL'])),
  ...onlyWireguardToolsAccepts(
    NOT_READ_BY_STRIP,
    interfaceValues('MTU', [
      '0',
      '575',
      '65536',
      '-1420',
      '+1420',
      '1420.0',
      '0x58c',
      'auto',
      '1 420',
      '1420 bytes',
    ]),
  ),
];

const table = [
  ...accepted(
    interfaceValues('Table', [
      'auto',
      'off',
      'OFF',
      '',
      'main',
      'vpn_table',
      '0',
      '51820',
      '4294967295',
      '0x1234',
    ]),
  ),
  ...onlyWireguardToolsAccepts(
    NOT_READ_BY_STRIP,
    interfaceValues('Table', [
      '-1',
      '4294967296',
      '0x100000000',
      'two words',
      '--help',
      'a;b',
      '1.5',
      '$(id)',
    ]),
  ),
];

const saveConfig = [
  ...accepted(interfaceValues('SaveConfig', ['true', 'false', 'TRUE', 'False', 'true # on'])),
  ...refused(interfaceValues('SaveConfig', ['', 'yes', 'no', '1', '0', 'on', 'truefalse', 'true,'])),
];

const hooks = accepted({
  'every kind of hook': inInterface(
    'PreUp = echo 1',
    'PostUp = echo 2',
    'PreDown = echo 3',
    'PostDown = echo 4',
  ),
  'a hook with # inside': inInterface('PostUp = echo "#1" # and more'),
  'a hook with = inside': inInterface('PostUp = FOO=bar baz --x=y'),
  'a hook twice': inInterface('PostUp = one', 'PostUp = two'),
  'an empty hook': inInterface('PostUp ='),
  'a hook that is only a comment': inInterface('PostUp = # nothing'),
  'a hook in another case': inInterface('POSTUP = echo'),
  'a hook of other alphabets': inInterface('PreUp = echo "Grüße, 你好, 🧳"'),
  'a hook with brackets and quotes': inInterface('PostUp = [ -e /run/x ] && echo "[Peer]" \'\\\''),
  'the kill switch of the manual': inInterface(
    'PostUp = iptables -I OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT',
    'PreDown = iptables -D OUTPUT ! -o %i -m mark ! --mark $(wg show %i fwmark) -m addrtype ! --dst-type LOCAL -j REJECT',
  ),
  'a hook of 1,500 characters': inInterface(`PostUp = ${'x '.repeat(750)}`),
});

export const INTERFACE_VALUE_CASES: readonly ConfCase[] = [
  ...listenPort,
  ...fwMark,
  ...address,
  ...dns,
  ...mtu,
  ...table,
  ...saveConfig,
  ...hooks,
];
