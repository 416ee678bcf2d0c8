/**
 * Tunnels' files as somebody writes them who wants a program run: a `.conf` that connects, with edits. Those of {@link TAKEN}
 * the grammar reads, so that their text goes its way through the helper; those of {@link REFUSED} it mostly does not.
 */
import {
  ALLOWED_IPS,
  COMMAND_WORDS,
  DNS_INJECTIONS,
  DNS_LISTS,
  ENDPOINT_INJECTIONS,
  FILE_NAMES,
  NAMES,
  payloads,
  TABLES,
  ZONED_HOSTS,
} from './hostile-words.ts';
import type { SeededRandom } from './virtual-clock.ts';

export interface HostileConfig {
  readonly fileName: string;
  /** What it is to be called, null to leave that to its file's name. */
  readonly name: string | null;
  readonly content: Buffer;
}

/** What makes it a tunnel that connects. */
export interface Connection {
  readonly privateKey: string;
  readonly publicKey: string;
  readonly presharedKey: string;
  readonly endpoint: string;
  /** Host names without a domain that are the endpoint's. */
  readonly hostNames: readonly string[];
  /** Interfaces that exist. */
  readonly interfaces: readonly string[];
}

interface Draft {
  readonly interfaceLines: string[];
  readonly peerLines: string[];
  encode: (text: string) => Buffer;
}

interface Means {
  readonly connection: Connection;
  /** A file that comes into being where one of the payloads is executed. */
  readonly marker: string;
  readonly pick: <T>(choices: readonly T[]) => T;
}

type Edit = (draft: Draft, means: Means) => void;

const CHANCE_OF_REFUSAL = 0.5;
const MAX_TAKEN_EDITS = 3;

const HOOKS = ['PreUp', 'PostUp', 'PreDown', 'PostDown'] as const;
const INTERFACE_KEYS = ['PrivateKey', 'ListenPort', 'FwMark', 'Address', 'DNS', 'MTU', 'Table', 'SaveConfig'];
const PEER_KEYS = ['PublicKey', 'PresharedKey', 'AllowedIPs', 'Endpoint', 'PersistentKeepalive'];
const TAKEN: readonly Edit[] = [
  addHook,
  addHook,
  (draft, means) => addInterface(draft, 'DNS', means.pick(DNS_LISTS)),
  (draft, means) => addInterface(draft, 'DNS', means.pick(DNS_LISTS)),
  (draft, means) => addInterface(draft, 'Table', means.pick([...COMMAND_WORDS, ...TABLES])),
  (draft, means) =>
    addInterface(draft, 'FwMark', means.pick(['0xffffffff', 'off', 'OFF', '87', '4294967295'])),
  (draft, means) => addInterface(draft, 'MTU', means.pick(['1280', '1420', '65535', '  1400\t', '01300'])),
  (draft, means) => addInterface(draft, 'SaveConfig', means.pick(['true', 'FALSE'])),
  (draft, { pick, marker }) => draft.interfaceLines.push(`#${pick(payloads(marker))}`),
  (draft, { pick, marker }) => draft.peerLines.push(`PersistentKeepalive = 25 # ${pick(payloads(marker))}`),
  (draft, { pick, connection }) => {
    const port = /\d+$/.exec(connection.endpoint)?.[0];
    addPeer(draft, 'Endpoint', `${pick([...connection.hostNames, ...ZONED_HOSTS])}:${port}`);
  },
  (draft, means) => addPeer(draft, 'AllowedIPs', means.pick(ALLOWED_IPS)),
  (draft) => {
    draft.encode = (text) => Buffer.from(text.replaceAll('\n', '\r\n'));
  },
  (draft) => {
    draft.encode = (text) => Buffer.from(`\ufeff${text}`, 'utf16le');
  },
  (draft) => {
    draft.encode = (text) => Buffer.from(text.replaceAll(' = ', '\t\v\f=\u00a0\t'));
  },
  ({ interfaceLines }) => interfaceLines.push('[ INTERFACE ]', `ExcludedIPs = 10.0.0.0/8`),
];

const REFUSED: readonly Edit[] = [
  ...INTERFACE_KEYS.map(
    (key): Edit =>
      (draft, { pick, marker }) =>
        addInterface(draft, key, pick(payloads(marker))),
  ),
  ...PEER_KEYS.map(
    (key): Edit =>
      (draft, { pick, marker }) =>
        addPeer(draft, key, pick(payloads(marker))),
  ),
  (draft, { pick, marker }) => addInterface(draft, 'DNS', `1.1.1.1, ${pick(payloads(marker))}`),
  (draft, { pick }) => addInterface(draft, 'DNS', pick(DNS_INJECTIONS)),
  (draft, { pick }) => addInterface(draft, 'DNS', pick(DNS_INJECTIONS)),
  (draft, { pick }) =>
    addInterface(draft, 'Table', pick(['main; flush', '-1', '--', '-batch', '$(id)', 'a b', '../x'])),
  (draft, { pick }) =>
    addInterface(draft, 'MTU', pick(['-1', '1400; id', '0x578', '9'.repeat(400), '1e3', '70000'])),
  (draft, { pick }) =>
    addInterface(draft, 'FwMark', pick(['-1', '0x', '0X1', '1 or 1', '$((1))', '4294967296'])),
  (draft, { pick }) => addPeer(draft, 'Endpoint', pick(ENDPOINT_INJECTIONS)),
  (draft, { pick, marker }) => draft.interfaceLines.push(pick(payloads(marker))),
  (draft, { pick, marker }) => draft.interfaceLines.push(`${pick(payloads(marker))} = 1`),
  (draft, { pick, marker }) => draft.interfaceLines.push(`[${pick(payloads(marker))}]`),
  (draft, { marker }) => draft.interfaceLines.push(`PostUp = true\n touch ${marker}`),
  (draft, { marker }) => draft.interfaceLines.push(`PostUp = true\0; touch ${marker}`),
  (draft, { marker }) => draft.interfaceLines.push(`; PostUp = touch ${marker}`),
  (draft, { marker }) => {
    draft.encode = (text) =>
      Buffer.concat([Buffer.from([0xff, 0xc0, 0x80]), Buffer.from(`${text}$(touch ${marker})`)]);
  },
];

function addHook(draft: Draft, { pick, marker }: Means): void {
  addInterface(draft, pick(HOOKS), pick(payloads(marker)));
}

function addInterface({ interfaceLines }: Draft, key: string, value: string): void {
  interfaceLines.push(`${key} = ${value}`);
}

function addPeer({ peerLines }: Draft, key: string, value: string): void {
  peerLines.push(`${key} = ${value}`);
}

/** @param index below 65,536: its addresses are those of no other */
export function hostileConfig(
  random: SeededRandom,
  index: number,
  connection: Connection,
  marker: string,
): HostileConfig {
  const pick = <T>(choices: readonly T[]): T => choices[random.below(choices.length)]!;
  const means = { connection, marker, pick };
  const network = `10.${100 + (index >> 8)}.${index & 255}`;
  const draft: Draft = {
    interfaceLines: [`PrivateKey = ${connection.privateKey}`, `Address = ${network}.2/24`],
    peerLines: [
      `PublicKey = ${connection.publicKey}`,
      `PresharedKey = ${connection.presharedKey}`,
      `AllowedIPs = ${network}.0/24`,
      `Endpoint = ${connection.endpoint}`,
    ],
    encode: (text) => Buffer.from(text),
  };
  for (let i = random.below(MAX_TAKEN_EDITS) + 1; i > 0; i--) pick(TAKEN)(draft, means);
  if (random.chance(CHANCE_OF_REFUSAL)) pick(REFUSED)(draft, means);
  const lines = ['[Interface]', ...draft.interfaceLines, '[Peer]', ...draft.peerLines, ''];
  const fileNames = [...FILE_NAMES, ...connection.interfaces.map((name) => `${name}.conf`)];
  return {
    fileName: random.chance(0.5) ? pick(fileNames) : `h${index}.conf`,
    name: random.chance(0.2) ? pick([...NAMES, ...connection.interfaces]) : null,
    content: draft.encode(lines.join('\n')),
  };
}
