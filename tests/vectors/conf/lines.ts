/** Lines, sections, white space, comments, encodings, and the keys of other clients. */
import {
  accepted,
  type ConfCase,
  inInterface,
  inPeer,
  onlyWayfareAccepts,
  onlyWireguardToolsAccepts,
  PRIVATE_KEY,
  PUBLIC_KEY,
  peer,
  refused,
} from './conf-case.ts';

const USUAL = inPeer('AllowedIPs = 0.0.0.0/0, ::/0', 'Endpoint = 192.0.2.1:51820');

const lines = [
  ...accepted({
    'only [Interface]': '[Interface]',
    'a usual tunnel': USUAL,
    CRLF: USUAL.replaceAll('\n', '\r\n'),
    'CRLF and LF mixed': USUAL.replace('\n', '\r\n'),
    'no final newline': USUAL.trimEnd(),
    'blank lines everywhere': USUAL.replaceAll('\n', '\n\n \t\n'),
    'tabs for blanks': USUAL.replaceAll(' ', '\t'),
    'form feeds and vertical tabs': USUAL.replaceAll(' ', '\f\v'),
    'indented lines': USUAL.replace(/^/gm, '    '),
    'no blanks': USUAL.replaceAll(' ', ''),
    'many blanks around =': USUAL.replaceAll(' = ', '     =      '),
    'a carriage return inside a line': USUAL.replaceAll(' = ', ' =\r '),
    'all in lower case but the keys': USUAL.replace(/^(\[?\w+)/gm, (name) => name.toLowerCase()),
    'all in upper case but the keys': USUAL.replace(/^(\[?\w+\]?)/gm, (name) => name.toUpperCase()),
    'a key with a blank inside': `[Interface]\nPrivate Key = ${PRIVATE_KEY}\nListen Port = 5\n`,
    'blanks inside the brackets of [Peer]': `${inInterface()}[ Peer ]\nPublicKey = ${PUBLIC_KEY}\n`,
    'a comment after each line': USUAL.replaceAll('\n', ' # comment\n'),
    'a comment right after each line': USUAL.replaceAll('\n', '#comment = 1\n'),
    'comments with sections in them': `#[Peer]\n# [Peer]\n${USUAL}#[Foo]\n#Bar\n`,
    'a comment of other alphabets': `# Büro 事務所 🧳\n${USUAL}`,
    'a comment of 500,000 characters': `# ${'x'.repeat(500_000)}\n${USUAL}`,
    'a comment with a NUL-free control character': `# \u0007\u001b[31m\n${USUAL}`,
    'a thousand blanks before a value': inInterface(`ListenPort =${' '.repeat(1_000)}51820`),
    'two sections of [Interface]': `${inInterface('ListenPort = 1')}[Interface]\nFwMark = 2\nListenPort = 3\n`,
    'an [Interface] after the peers': `${peer(PUBLIC_KEY, 'AllowedIPs = 10.0.0.0/8')}${inInterface('MTU = 1400')}`,
    'an [Interface] between the keys of a peer': `${inPeer()}[Interface]\nListenPort = 9\n`,
  }),
  ...refused({
    'a key before any section': `ListenPort = 51820\n${USUAL}`,
    'Address before any section': `Address = 10.0.0.2/24\n${USUAL}`,
    'a word before any section': `hello\n${USUAL}`,
    'a line without =': inInterface('ListenPort 51820'),
    'a line with : for =': inInterface('ListenPort: 51820'),
    'a line of only =': inInterface('='),
    'a value without key': inInterface('= 51820'),
    'two = in a row': inInterface('ListenPort == 51820'),
    'two settings on a line': inInterface('ListenPort = 51820, FwMark = 1'),
    'a comment with ;': `; a comment\n${USUAL}`,
    'a comment with //': `// a comment\n${USUAL}`,
    'a comment with ; after a value': inInterface('ListenPort = 51820 ; the usual one'),
    '; before a key': inInterface(';ListenPort = 51820'),
    'only carriage returns': USUAL.replaceAll('\n', '\r'),
    'a continued line': inInterface('ListenPort = \\', '51820'),
    'a key in quotes': inInterface('"ListenPort" = 51820'),
    'a word of 1,500 characters': inInterface('x'.repeat(1_500)),
    'an HTML page': '<!DOCTYPE html>\n<html><head><title>Log in</title></head></html>\n',
    JSON: `{ "interface": { "privateKey": "${PRIVATE_KEY}" } }\n`,
    OpenVPN: 'client\ndev tun\nremote vpn.example 1194\n',
    'a private key alone': `${PRIVATE_KEY}\n`,
    'a private key without section': `PrivateKey = ${PRIVATE_KEY}\n`,
  }),
  ...onlyWireguardToolsAccepts(
    'wg-quick strip takes the word itself for the value of its key; a line without = says nothing (wireguard-windows)',
    {
      'Address without =': inInterface('Address'),
      'MTU without =': inInterface('MTU'),
      'PostUp with # before its =': inInterface('PostUp # = echo'),
    },
  ),
];

const nothing = onlyWireguardToolsAccepts(
  'a file without [Interface] and [Peer] sets up nothing: whoever imports one has picked the wrong file',
  {
    'an empty file': '',
    'only line breaks': '\n\n\n',
    'only a comment': '# nothing here',
  },
);

const sections = [
  ...refused({
    'an unknown section': `[Foo]\n${USUAL}`,
    'an unknown section at the end': `${USUAL}[Foo]\nBar = 1\n`,
    '[Peers]': `${inInterface()}[Peers]\nPublicKey = ${PUBLIC_KEY}\n`,
    '[Interfaces]': USUAL.replace('[Interface]', '[Interfaces]'),
    '[]': `[]\n${USUAL}`,
    '[': `[\n${USUAL}`,
    '[Interface without ]': USUAL.replace('[Interface]', '[Interface'),
    'Interface without [': USUAL.replace('[Interface]', 'Interface'),
    '[[Interface]]': USUAL.replace('[Interface]', '[[Interface]]'),
    '(Interface)': USUAL.replace('[Interface]', '(Interface)'),
    '[Interface] with a word behind it': USUAL.replace('[Interface]', '[Interface] home'),
    '[Peer] with a name': USUAL.replace('[Peer]', '[Peer "home"]'),
    '[Interface] with = behind it': USUAL.replace('[Interface]', '[Interface] = home'),
    '[Interface] with a key behind it': USUAL.replace('[Interface]\n', '[Interface] '),
    '[Interface] and [Peer] on a line': `[Interface][Peer]\n${USUAL}`,
    ...Object.fromEntries(
      ['PublicKey', 'PresharedKey', 'AllowedIPs', 'Endpoint', 'PersistentKeepalive'].map((key) => [
        `${key} in [Interface]`,
        inInterface(`${key} = 1`),
      ]),
    ),
    ...Object.fromEntries(
      ['PrivateKey', 'ListenPort', 'FwMark', 'Address', 'DNS', 'MTU', 'Table', 'PostUp', 'SaveConfig'].map(
        (key) => [`${key} in [Peer]`, inPeer(`${key} = 1`)],
      ),
    ),
  }),
  ...onlyWayfareAccepts(
    'wg takes white space out of section names, wg-quick does not: read what either reads',
    {
      'blanks inside the brackets of [Interface]': `[ Interface ]\nAddress = 10.0.0.2/24\n${peer(PUBLIC_KEY)}`,
    },
  ),
];

const unknownKeys = refused(
  Object.fromEntries(
    [
      ...[
        'Foo = 1',
        'Port = 51820',
        'ListenPorts = 51820',
        'Listen-Port = 51820',
        'Private_Key = x',
        'Addresses = 1',
      ],
      ...[
        'Name = home',
        'Description = home',
        'PostUp2 = echo',
        'AllowedIP = 10.0.0.0/8',
        'Keepalive = 25',
        'Add ress = 1',
      ],
      ...[
        'Ｍtu = 1400',
        'Jc = 4',
        'Jmin = 40',
        'Jmax = 70',
        'S1 = 0',
        'S2 = 0',
        'H1 = 1',
        'h4 = 4',
        'I1 = <b 0x00>',
      ],
      'ObfuscateKey = secret',
    ].map((line) => [`[Interface] ${line}`, inInterface(line)]),
  ),
);

const foreignKeys = onlyWayfareAccepts(
  'a setting of another client that standard WireGuard can do without: it is named in a warning and left out',
  {
    ...Object.fromEntries(
      [
        ...[
          'IncludedApplications = org.example.app',
          'ExcludedApplications = org.example.app',
          'BlockDNS = true',
        ],
        ...['BlockInternet = route, firewall', 'ExcludedIPs = 192.168.0.0/16'],
      ].map((line) => [`[Interface] ${line}`, inInterface(line)]),
    ),
    ...Object.fromEntries(
      ['AllowedApps = firefox', 'DisallowedApps = steam', 'DisallowedIPs = 192.168.0.0/16'].map((line) => [
        `[Peer] ${line}`,
        inPeer(line),
      ]),
    ),
  },
);

function utf16(text: string, order: 'le' | 'be'): Uint8Array {
  const bytes = Buffer.from(text, 'utf16le');
  return order === 'le' ? bytes : bytes.swap16();
}

const encodings = [
  ...onlyWayfareAccepts(
    'byte order marks and UTF-16 are what Windows editors save, and wireguard-windows reads',
    {
      'UTF-8 with byte order mark': `\ufeff${USUAL}`,
      'UTF-16LE with byte order mark': utf16(`\ufeff${USUAL}`, 'le'),
      'UTF-16BE with byte order mark': utf16(`\ufeff${USUAL}`, 'be'),
      'UTF-16LE with byte order mark and CRLF': utf16(`\ufeff${USUAL.replaceAll('\n', '\r\n')}`, 'le'),
    },
  ),
  ...accepted({
    'UTF-16LE without byte order mark': utf16(USUAL, 'le'),
    'UTF-16BE without byte order mark': utf16(USUAL, 'be'),
    'Latin-1 in a comment': Buffer.concat([Buffer.from('# B\xfcro\n', 'latin1'), Buffer.from(USUAL)]),
    'Latin-1 in a hook': Buffer.from(inInterface('PostUp = echo B\xfcro'), 'latin1'),
  }),
  ...onlyWayfareAccepts('white space of Unicode, as copied from web pages, is trimmed by wireguard-windows', {
    'no-break spaces around a value': inInterface('ListenPort =\u00a051820\u00a0'),
    'an ideographic space before a key': inInterface('\u3000ListenPort = 51820'),
  }),
  ...refused({
    'Latin-1 in a value': Buffer.from(inPeer('AllowedIPs = 10.0.0.0/8\xa0'), 'latin1'),
    'a no-break space inside a value': inInterface('ListenPort = 51\u00a0820'),
    'a zero-width space in a value': inInterface('ListenPort = 51820\u200b'),
    'a zero-width space in a key': inInterface('Listen\u200bPort = 51820'),
    'a Cyrillic letter in a key': inInterface('Listen\u0420ort = 51820'),
    'two byte order marks': `\ufeff\ufeff[Foo]\n${USUAL}`,
    'a file of random bytes': Buffer.from(Array.from({ length: 600 }, (_, i) => (i * i * 31 + 128) & 0xff)),
    'a gzip file': Buffer.from('1f8b0800000000000003cb48cdc9c9070086a6103605000000', 'hex'),
  }),
  ...onlyWireguardToolsAccepts('bash drops NUL characters; a file with them is damaged or no text', {
    'a NUL in a value': inInterface('ListenPort = 518\u000020'),
    'a NUL in a comment': inInterface('# \u0000'),
    'NULs at the end': `${USUAL}\u0000\u0000`,
  }),
];

export const LINE_CASES: readonly ConfCase[] = [
  ...lines,
  ...nothing,
  ...sections,
  ...unknownKeys,
  ...foreignKeys,
  ...encodings,
];
