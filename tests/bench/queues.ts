/**
 * Whether more threads than one make the data path faster: `node tests/bench/run.mjs queues [--rounds 5] [--seconds 2]
 * [--only TCP]`; the evidence behind docs/decisions/0009. No round, `--rounds 0`, measures sealing, opening and Atomics alone.
 *
 * Each arrangement has two namespaces and a link of its own, at both ends the same data plane with fixed keys
 * (queues/plane.ts). The rounds interleave them; compare only within one run. Needs root and iperf3.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { cpuMs } from '../support/cpu-time.ts';
import { closeNamespaces, connectNamespaces, createNamespace, type Namespace } from '../support/netns.ts';
import { type BackgroundProcess, waitFor } from '../support/processes.ts';
import { TUNNEL_MTU } from '../support/tunnel-pair.ts';
import { type Arrangement, type EndOptions, runEnd } from './queues/end.ts';
import { COUNTED, Plane } from './queues/plane.ts';
import { measureRate, OPERATIONS, type RateOptions } from './queues/rates.ts';
import { SharedSession } from './queues/session.ts';
import { requirePrograms } from './requirements.ts';
import { type Ends, type IperfEnd, iperf, median, ping } from './traffic.ts';

const SCRIPT = fileURLToPath(import.meta.url);
const PORT = 51_820;
const RATE_REPEATS = 3;
const IPERF_TRIES = 5;

const own = [
  { tun: 0, socket: 0, reads: 'both' },
  { tun: 1, socket: 1, reads: 'both' },
] as const;
const directions = [
  { tun: 0, socket: 0, reads: 'tun' },
  { tun: 0, socket: 0, reads: 'wire' },
] as const;
const oneSocket = [own[0], { ...own[1], socket: 0 }];
const ARRANGEMENTS: readonly Arrangement[] = [
  { name: 'one loop', tuns: 1, sockets: 1, steering: 'hash', threads: [own[0]] },
  { name: 'out | in', tuns: 1, sockets: 1, steering: 'hash', threads: directions },
  { name: '2×2 by hash', tuns: 2, sockets: 2, steering: 'hash', threads: own },
  { name: '2×2 by counter', tuns: 2, sockets: 2, steering: 'counter', threads: own },
  { name: '2×1 socket', tuns: 2, sockets: 1, steering: 'hash', threads: oneSocket },
  { name: '2×2 by port', tuns: 2, sockets: 2, steering: 'port', threads: own },
];

interface Contender extends Ends {
  readonly name: string;
  readonly ends: readonly [BackgroundProcess, BackgroundProcess];
}

type Figures = Readonly<Record<string, number>>;

const MEASURES: Readonly<Record<string, (contender: Contender, seconds: number) => Promise<Figures>>> = {
  'TCP ×1': (c, s) => tcp(c, s, 'TCP ×1', []),
  'TCP ×4': (c, s) => tcp(c, s, 'TCP ×4', ['-P', '4']),
  'TCP reverse': (c, s) => tcp(c, s, 'TCP reverse', ['-R']),
  'UDP 64 B': (c, s) => udp(c, s, 'UDP 64 B', []),
  'UDP 64 B ×4': (c, s) => udp(c, s, 'UDP 64 B ×4', ['-P', '4']),
  ping: pingFigures,
};

/** Where packets overtake the one that opens its UDP stream, iperf3 gives up: then it is asked again. */
async function stubbornIperf(
  contender: Contender,
  seconds: number,
  args: readonly string[],
): Promise<IperfEnd> {
  for (let tries = 1; ; tries++) {
    try {
      return await iperf(contender, seconds, args);
    } catch (error) {
      if (tries === IPERF_TRIES || !String(error).includes('unable to read from stream socket')) throw error;
    }
  }
}

async function tcp(contender: Contender, seconds: number, name: string, args: readonly string[]) {
  const before = await observe(contender);
  const end = await stubbornIperf(contender, seconds, args);
  const after = await observe(contender);
  const { bytes, bits_per_second } = end.sum_received!;
  const gigabits = (bytes * 8) / 1e9;
  const [sealing, opening] = args.includes('-R') ? ([1, 0] as const) : ([0, 1] as const);
  return {
    [`${name}, Gbit/s`]: bits_per_second / 1e9,
    [`${name}, retransmits a Gbit`]: (end.sum_sent?.retransmits ?? Number.NaN) / gigabits,
    [`${name}, CPU ms a Gbit, sealing end`]: (after.cpuMs[sealing] - before.cpuMs[sealing]) / gigabits,
    [`${name}, CPU ms a Gbit, opening end`]: (after.cpuMs[opening] - before.cpuMs[opening]) / gigabits,
    [`${name}, cores idle`]: (after.idleMs - before.idleMs) / (after.atMs - before.atMs),
    [`${name}, by the busier sealing thread, %`]: busiestShare(before, after, sealing, 'sealed'),
    [`${name}, by the busier opening thread, %`]: busiestShare(before, after, opening, 'opened'),
  };
}

/** Towards the client, which alone tells of packets out of order. */
async function udp(contender: Contender, seconds: number, name: string, args: readonly string[]) {
  const before = await observe(contender);
  const end = await stubbornIperf(contender, seconds, ['-u', '-b', '0', '-l', '64', '-R', ...args]);
  const after = await observe(contender);
  const sum = end.sum!;
  const received = sum.packets - sum.lost_packets;
  const outOfOrder = end.streams!.reduce((total, { udp }) => total + (udp?.out_of_order ?? 0), 0);
  return {
    [`${name}, k packets/s`]: received / sum.seconds / 1e3,
    [`${name}, out of order, %`]: (outOfOrder / received) * 100,
    [`${name}, by the busier sealing thread, %`]: busiestShare(before, after, 1, 'sealed'),
    [`${name}, by the busier opening thread, %`]: busiestShare(before, after, 0, 'opened'),
  };
}

async function pingFigures(contender: Contender): Promise<Figures> {
  const { mean, p99 } = await ping(contender);
  return { 'ping mean, µs': mean, 'ping p99, µs': p99 };
}

interface Observation {
  readonly atMs: number;
  /** Of all cores together. */
  readonly idleMs: number;
  /** Of each end's process. */
  readonly cpuMs: readonly [number, number];
  /** Of each end's threads, by the order of COUNTED. */
  readonly counts: readonly (readonly number[])[][];
}

async function observe({ ends }: Contender): Promise<Observation> {
  const idleMs = cpus().reduce((sum, { times }) => sum + times.idle, 0);
  const atMs = performance.now();
  return {
    atMs,
    idleMs,
    cpuMs: [cpuMs(ends[0].pid), cpuMs(ends[1].pid)],
    counts: await Promise.all(ends.map(counts)),
  };
}

async function counts(end: BackgroundProcess): Promise<number[][]> {
  const linesBefore = end.stdout.split('\n').length;
  end.signal('SIGUSR2');
  await waitFor(() => end.stdout.split('\n').length > linesBefore, { what: 'what an end has counted' });
  return JSON.parse(end.stdout.trimEnd().split('\n').at(-1)!) as number[][];
}

/** How much of one end's packets the busiest of its threads took: 100 where the others had nothing to do. */
function busiestShare(
  before: Observation,
  after: Observation,
  end: 0 | 1,
  counted: (typeof COUNTED)[number],
): number {
  const column = COUNTED.indexOf(counted);
  const each = after.counts[end]!.map((row, i) => row[column]! - before.counts[end]![i]![column]!);
  return (Math.max(...each) / each.reduce((sum, count) => sum + count, 0)) * 100;
}

async function createContender(arrangement: Arrangement): Promise<Contender> {
  const namespaces = [await createNamespace('left'), await createNamespace('right')] as const;
  const link = await connectNamespaces(...namespaces);
  const start = async (namespace: Namespace, side: 1 | 2, remote: string) => {
    const name = `queues${side}`;
    const keys = { sending: side, receiving: 3 - side };
    const options: EndOptions = { arrangement, name, remote, port: PORT, ...keys };
    const end = namespace.spawn(process.execPath, [SCRIPT, 'end', JSON.stringify(options)]);
    await waitFor(() => end.stdout.includes('ready'), { what: `an end of ${arrangement.name}` });
    await namespace.ip(`addr add 10.7.0.${side}/24 dev ${name}`);
    await namespace.ip(`link set ${name} mtu ${TUNNEL_MTU} up`);
    return end;
  };
  const ends = [await start(namespaces[0], 1, link.b.v4), await start(namespaces[1], 2, link.a.v4)] as const;
  const [from, to] = namespaces;
  await waitFor(async () => (await from.ping('10.7.0.2', { count: 1 })).received === 1, {
    what: `a first answer by ${arrangement.name}`,
  });
  return { name: arrangement.name, from, to, target: '10.7.0.2', ends };
}

/** @returns rows of figures by contender, a value a round */
async function measureRounds(contenders: readonly Contender[], rounds: number, seconds: number) {
  const rows = new Map<string, number[][]>();
  for (let round = 1; round <= rounds; round++) {
    for (const [name, measure] of Object.entries(MEASURES)) {
      if (!name.includes(values.only)) continue;
      for (const [i, contender] of contenders.entries()) {
        process.stderr.write(`\r\x1b[Kround ${round} of ${rounds}: ${name}, ${contender.name}`);
        for (const [row, value] of Object.entries(await measure(contender, seconds))) {
          if (!rows.has(row))
            rows.set(
              row,
              contenders.map(() => []),
            );
          rows.get(row)![i]!.push(value);
        }
      }
    }
  }
  process.stderr.write('\r\x1b[K');
  return rows;
}

/** @returns the rate of so many threads together */
async function rateOf(threads: number, fields: Pick<RateOptions, 'measures' | 'session'>): Promise<number> {
  const warm = new Int32Array(new SharedArrayBuffer(4));
  const data: RateOptions = { ...fields, warm, threads };
  const one = () =>
    new Promise<number>((resolve, reject) => {
      new Worker(SCRIPT, { workerData: data }).on('message', resolve).on('error', reject);
    });
  const rates = await Promise.all(Array.from({ length: threads }, one));
  return rates.reduce((sum, rate) => sum + rate, 0);
}

async function printRates(): Promise<void> {
  const measured = async (threads: number, fields: Pick<RateOptions, 'measures' | 'session'>) => {
    const rates = [];
    for (let i = 0; i < RATE_REPEATS; i++) rates.push(await rateOf(threads, fields));
    return median(rates);
  };
  const gigabits = (rate: number) => ((rate * TUNNEL_MTU * 8) / 1e9).toFixed(2);
  printRow('', ['1 thread', '2 threads', '2, one session']);
  for (const measures of ['sealing', 'opening'] as const) {
    printRow(`${measures}, Gbit/s`, [
      gigabits(await measured(1, { measures, session: null })),
      gigabits(await measured(2, { measures, session: null })),
      gigabits(await measured(2, { measures, session: SharedSession.create() })),
    ]);
  }
  for (const measures of OPERATIONS) {
    const ns = async (threads: number) =>
      ((1e9 * threads) / (await measured(threads, { measures, session: new SharedArrayBuffer(64) }))).toFixed(
        1,
      );
    printRow(`${measures}, ns`, [await ns(1), '', await ns(2)]);
  }
}

function printRow(name: string, cells: readonly string[]): void {
  console.log(name.padEnd(46) + cells.map((cell) => cell.padStart(16)).join(''));
}

async function printRounds(rounds: number, seconds: number): Promise<void> {
  const contenders: Contender[] = [];
  try {
    for (const arrangement of ARRANGEMENTS) contenders.push(await createContender(arrangement));
    const rows = await measureRounds(contenders, rounds, seconds);
    printRow(
      '',
      contenders.map(({ name }) => name),
    );
    for (const [name, figures] of rows)
      printRow(
        name,
        figures.map((all) => median(all).toPrecision(3)),
      );
  } finally {
    for (const { from, to } of contenders) await closeNamespaces(from, to);
  }
}

const { values, positionals } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
  allowPositionals: true,
});
if (!isMainThread) {
  if ('measures' in workerData) parentPort!.postMessage(measureRate(workerData as RateOptions));
  else new Plane(workerData).serve();
} else if (positionals[0] === 'end') {
  runEnd(JSON.parse(positionals[1]!) as EndOptions, SCRIPT);
} else if (values.rounds === '0') {
  await printRates();
} else {
  requirePrograms('ip', 'iperf3', 'ping', 'sysctl');
  await printRounds(Number(values.rounds), Number(values.seconds));
}
