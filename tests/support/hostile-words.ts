/** What somebody writes into a tunnel's file, and calls it, who wants a program run. */

/** Words that the programs of the helper have a meaning for. */
export const COMMAND_WORDS = [
  'exec',
  'netns',
  'flush',
  'delete',
  'vrf',
  'group',
  'dev',
  'include',
  'options',
  'search',
];

/** Each would leave the marker if a shell, or a program that runs programs, met it as what it is. */
export function payloads(marker: string): string[] {
  return [
    `touch ${marker}`,
    `$(touch ${marker})`,
    `\`touch ${marker}\``,
    `; touch ${marker} ;`,
    `| touch ${marker}`,
    `& touch ${marker} &`,
    `'; touch ${marker}; '`,
    `"; touch ${marker}; "`,
    `a\rtouch ${marker}\r`,
    `a\u2028touch ${marker}\u2029`,
    `a\u0085touch ${marker}`,
    `%i$(touch ${marker})%i`,
    `$\{IFS}$(touch$\{IFS}${marker})`,
    `-oProxyCommand=touch\t${marker}`,
    `--eval=touch ${marker}`,
    `-batch ${marker}`,
    `-exec touch ${marker} ;`,
    `netns exec / touch ${marker}`,
    `\u001b]0;touch ${marker}\u0007\u001b[2J`,
    `\u009b31mtouch ${marker}`,
    `(){ :;}; touch ${marker}`,
    `LD_PRELOAD=${marker} touch ${marker}`,
    `../../../../../usr/bin/touch ${marker}`,
    `<(touch ${marker}) > ${marker} # touch ${marker}`,
    `\\\\touch ${marker}\\`,
    `"" flush ruleset; include "${marker}"`,
    `${'A'.repeat(5_000)}$(touch ${marker})`,
  ];
}

export const DNS_LISTS = [
  '10.70.0.1, options, nameserver, search',
  '10.70.0.1, ~., ~exec',
  '10.70.0.1, fd70::1, _-_.._, a.-.b, x..',
  `10.70.0.1,${'\t \u00a0'}домен.example,ﬁ.example,İ.example`,
  `10.70.0.1, ${'a'.repeat(253)}`,
  `10.70.0.1, ${Array.from({ length: 300 }, (_, i) => `d${i}.example`).join(' ')}`,
  '127.0.0.53, 0.0.0.0, ::, 255.255.255.255, PATH, LD_PRELOAD, IFS',
  Array.from({ length: 60 }, (_, i) => `10.70.1.${i + 1}`).join(' '),
];
export const DNS_INJECTIONS = [
  '-a, $(id), ;reboot, ../../x, a b',
  '10.70.0.1, -d',
  '10.70.0.1, --help',
  '10.70.0.1, a;reboot',
  '10.70.0.1, ../../etc/passwd',
  '10.70.0.1, a\\nnameserver 6.6.6.6',
  '10.70.0.1, a\u2028nameserver',
  '10.70.0.1, "a', // and nothing that ends it
  "10.70.0.1, 'a'",
  '10.70.0.1, {', // which opens a block of nft(8), and a section of no other
  '10.70.0.1, $DOMAIN',
  '10.70.0.1%lo',
  '10.70.0.1:53',
  '10.70.0.1, *',
  '10.70.0.1, \u202egro.elpmaxe',
];
export const TABLES = [
  'all',
  'default',
  'unspec',
  '_',
  'x.-.x',
  '0xffffffff',
  '4294967295',
  '51820',
  'off',
  'auto',
  'таблица',
];
export const ZONED_HOSTS = [
  '[fe80::1%-batch]',
  '[fe80::1%exec]',
  '[fe80::1%..]',
  '[fe80::1%lo]',
  '[fe80::1%=+=]',
];
export const ENDPOINT_INJECTIONS = [
  '-oProxyCommand=id:1',
  '--help:1',
  '$(id):1',
  '`id`:1',
  'a;id:1',
  'a b:51820x',
  '[fe80::1%$(id)]:1',
  '[fe80::1%eth0;id]:1',
  '[::1]:1;id',
  '../../x:1',
  '@/etc/passwd:1',
  'tcp://10.0.0.1:1',
  'exec:-1',
  `${'a.'.repeat(200)}a:1`,
  '0x7f000001:1',
];
export const ALLOWED_IPS = [
  '0.0.0.0/0, ::/0',
  '0.0.0.0/1, 128.0.0.0/1',
  '+10.250.1.0/24, -10.250.1.0/24',
  'fd71::1',
  '::ffff:10.0.0.1',
];
export const FILE_NAMES = [
  [
    '../../../../etc/cron.d/exec.conf',
    '/etc/passwd.conf',
    '..\\..\\exec.conf',
    '..conf',
    '....conf',
    '.conf',
  ],
  ['-rf.conf', '--help.conf', '-.conf', '-batch.conf', '$(id).conf', '`id`.conf', 'a;id;.conf', 'a|id.conf'],
  [
    'a\n.conf',
    'a\0.conf',
    'a\r\n.conf',
    '\u001b[2J.conf',
    '\u009b31m.conf',
    '\u007f\u2028\u202e.conf',
    '\ud800.conf',
  ],
  [
    '%i.conf',
    'wg%d.conf',
    '*.conf',
    '"x".conf',
    "'x'.conf",
    'x'.repeat(255),
    '.hidden.conf',
    'exec.conf',
    '😀.conf',
  ],
].flat();
export const NAMES = [
  [
    '-x',
    '--help',
    '.',
    '..',
    '../x',
    'a/b',
    '',
    'a b',
    'x;id',
    '$(id)',
    'x\n',
    'x\0',
    'wg%d',
    'x'.repeat(16),
    'é',
  ],
  ['...', '.x', '=+=', '_._', '+', 'a=b', 'x.-', 'default', 'all', ...COMMAND_WORDS],
].flat();
