/** Lines for the helper's socket that are requests, nearly requests, or nothing of the kind. A seed repeats them. */
import type { SeededRandom } from './virtual-clock.ts';

const NEWLINE = 0x0a;
const SPACE = 0x20;

const REQUESTS: readonly object[] = [
  { verb: 'import', request: { fileName: 'home.conf', content: 'W0ludGVyZmFjZV0K', name: null } },
  { verb: 'list', request: {} },
  { verb: 'export', request: { name: 'home' } },
  { verb: 'remove', request: { name: 'home' } },
  { verb: 'up', request: { name: 'home', timeoutSeconds: 1 } },
  { verb: 'down', request: { name: null } },
  { verb: 'status', request: { name: 'home' } },
  { verb: 'logs', request: { since: 0, limit: 100 } },
  { verb: 'subscribe', request: { topics: ['tunnels', 'traffic'] } },
  { verb: 'subscribe', request: { topics: [] } },
];

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  -1,
  0.5,
  1e308,
  2 ** 53,
  '',
  '\0',
  '../../etc/shadow',
  '$(reboot)',
  '__proto__',
  'constructor',
  '\ud800',
  'x'.repeat(5_000),
  [],
  {},
  [[[[[[]]]]]],
  { name: { name: { name: 'home' } } },
  Array.from({ length: 500 }, (_, i) => i),
];

/** @returns one line, its newline the last byte and the only one */
export function fuzzedLine(random: SeededRandom): Buffer {
  const line = Buffer.from(random.pick(KINDS)(random));
  for (let i = 0; i < line.length; i++) if (line[i] === NEWLINE) line[i] = SPACE;
  return Buffer.concat([line, Buffer.of(NEWLINE)]);
}

const KINDS: readonly ((random: SeededRandom) => string | Uint8Array)[] = [
  (random) => JSON.stringify(request(random)),
  (random) => JSON.stringify(odd(request(random), random)),
  (random) => JSON.stringify(odd(request(random), random)),
  (random) => damaged(Buffer.from(JSON.stringify(request(random))), random),
  (random) => JSON.stringify(request(random)).slice(0, random.below(80)),
  (random) => `${JSON.stringify(request(random))}${JSON.stringify(request(random))}`,
  (random) => JSON.stringify(random.pick(ODD_VALUES)),
  (random) => random.bytes(random.below(200)),
  (random) => '['.repeat(random.below(5_000)),
];

function request(random: SeededRandom): object {
  return { id: random.below(1_000), ...random.pick(REQUESTS) };
}

/** One of its values, at any depth, is another, is gone, or has company. */
function odd(value: object, random: SeededRandom): object {
  const copy: Record<string, unknown> = { ...value };
  const key = random.pick(Object.keys(copy));
  const inner = copy[key];
  if (key === 'request' && Object.keys(inner as object).length > 0 && random.chance(0.5)) {
    copy[key] = odd(inner as object, random);
    return copy;
  }
  switch (random.below(5)) {
    case 0:
      delete copy[key];
      break;
    case 1:
      copy[String(random.pick(ODD_VALUES))] = random.pick(ODD_VALUES);
      break;
    default:
      copy[key] = random.pick(ODD_VALUES);
  }
  return copy;
}

/** Some of its bytes are others, are gone, or are there twice. */
function damaged(bytes: Buffer, random: SeededRandom): Uint8Array {
  let line = bytes;
  for (let damage = 1 + random.below(4); damage > 0; damage--) {
    const at = random.below(line.length);
    const left = line.subarray(0, at);
    if (random.chance(0.4)) line = Buffer.concat([left, random.bytes(1), line.subarray(at + 1)]);
    else if (random.chance(0.5)) line = Buffer.concat([left, line.subarray(at + 1)]);
    else line = Buffer.concat([line, line.subarray(at)]);
  }
  return line;
}
