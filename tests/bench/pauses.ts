/**
 * What the engine's garbage collector does at full rate, and how often an idle engine wakes up:
 * `node tests/bench/run.mjs pauses [--seconds 60]`. Needs root and iperf3.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { waitFor } from '../support/processes.ts';
import { createTunnelPair, TUNNEL_MTU, type TunnelPair } from '../support/tunnel-pair.ts';
import { requirePrograms } from './requirements.ts';
import { iperf } from './traffic.ts';

const OBSERVER = fileURLToPath(new URL('../../tests/bench/observe-engine.cjs', import.meta.url));
const BUCKETS_MS = [0.25, 0.5, 1, 2, 5, Number.POSITIVE_INFINITY];
/** Of a TCP segment with timestamps in the tunnel. */
const SEGMENT_PAYLOAD = TUNNEL_MTU - 52;
const WARM_UP_SECONDS = 10;
/** Long enough to sample what is allocated, which slows the engine down. */
const SAMPLED_SECONDS = 5;
/** After the last packet: what the protocol still has to do, such as a passive keepalive after 10 s, is done by then. */
const SETTLE_SECONDS = 30;

/** What an engine tells in turn. */
interface Observation {
  /** Milliseconds of each collection, and its kind. */
  readonly pauses: readonly (readonly [number, string])[];
  readonly allocatedBytes: number;
}

async function createObservedPair(): Promise<TunnelPair> {
  process.env.NODE_OPTIONS = `--require ${OBSERVER}`;
  try {
    return await createTunnelPair('wayfare', 'wayfare');
  } finally {
    delete process.env.NODE_OPTIONS;
  }
}

/** Lets both engines observe while `action` runs, and returns what each saw. */
async function observe(pair: TunnelPair, action: () => Promise<void>): Promise<Observation[]> {
  const children = [pair.left, pair.right].map(({ engine }) => engine.child);
  const starts = children.map((child) => child.stdout.length);
  for (const { pid } of children) process.kill(pid, 'SIGUSR2');
  await action();
  for (const { pid } of children) process.kill(pid, 'SIGUSR2');
  return Promise.all(
    children.map(async (child, i) => {
      const told = () => child.stdout.slice(starts[i]!);
      await waitFor(() => told().endsWith('\n'), { what: 'the engine’s observation', timeoutMs: 30_000 });
      return JSON.parse(told()) as Observation;
    }),
  );
}

async function traffic(
  { left, right }: TunnelPair,
  seconds: number,
  args: readonly string[],
): Promise<number> {
  const ends = { from: left.namespace, to: right.namespace, target: right.v4 };
  const end = await iperf(ends, seconds, args);
  const packets = end.sum?.packets ?? (end.sum_received?.bytes ?? 0) / SEGMENT_PAYLOAD;
  const rate = (end.sum_received?.bits_per_second ?? 0) / 1e9;
  console.log(`  ${(packets / seconds / 1e3).toFixed(0)} k packets/s, ${rate.toFixed(2)} Gbit/s`);
  return packets;
}

async function observeTraffic(pair: TunnelPair, name: string, seconds: number, args: readonly string[]) {
  console.log(`${name}, ${seconds} s`);
  const collected = await observe(pair, async () => {
    await traffic(pair, seconds, args);
  });
  let packets = 0;
  const sampled = await observe(pair, async () => {
    packets = await traffic(pair, SAMPLED_SECONDS, args);
  });
  for (const [i, end] of ['sender', 'receiver'].entries()) {
    const { pauses } = collected[i]!;
    const [longest, kind] = pauses.reduce((a, b) => (b[0] > a[0] ? b : a), [0, 'none']);
    const bytes = sampled[i]!.allocatedBytes / packets;
    console.log(
      `  ${end.padEnd(8)} ${pauses.length} collections, longest ${longest.toFixed(2)} ms (${kind}): ` +
        `${histogram(pauses.map(([ms]) => ms))}; ${bytes.toFixed(1)} bytes allocated a packet`,
    );
  }
}

function histogram(pauses: readonly number[]): string {
  return BUCKETS_MS.map((limit, i) => {
    const from = BUCKETS_MS[i - 1] ?? 0;
    const count = pauses.filter((pause) => pause >= from && pause < limit).length;
    return `${Number.isFinite(limit) ? `< ${limit}` : `≥ ${from}`} ms: ${count}`;
  }).join('   ');
}

/** How often the process' threads went to sleep, and so were woken (proc_pid_status(5)). */
function sleeps(pid: number): { main: number; others: number } {
  const counts = { main: 0, others: 0 };
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    const count = Number(/^voluntary_ctxt_switches:\s+(\d+)$/m.exec(status)![1]);
    if (Number(thread) === pid) counts.main += count;
    else counts.others += count;
  }
  return counts;
}

async function observeIdle(pair: TunnelPair, seconds: number): Promise<void> {
  await sleep(SETTLE_SECONDS * 1_000);
  const pids = [pair.left, pair.right].map(({ engine }) => engine.child.pid);
  const before = pids.map(sleeps);
  await sleep(seconds * 1_000);
  for (const [i, pid] of pids.entries()) {
    const after = sleeps(pid);
    const perMinute = (count: number) => ((count / seconds) * 60).toFixed(1);
    const [main, others] = [after.main - before[i]!.main, after.others - before[i]!.others];
    console.log(
      `idle, ${seconds} s: ${perMinute(main)} wake-ups a minute of the engine's thread, ${perMinute(others)} of V8's others`,
    );
  }
}

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const seconds = Number(values.seconds);
requirePrograms('ip', 'iperf3', 'ping', 'sysctl', 'wg');
const pair = await createObservedPair();
try {
  await pair.configure();
  await pair.establish();
  console.log(`warming up, ${WARM_UP_SECONDS} s`);
  await traffic(pair, WARM_UP_SECONDS, []);
  await observeTraffic(pair, 'TCP', seconds, []);
  await observeTraffic(pair, 'UDP of 64 bytes', seconds, ['-u', '-b', '0', '-l', '64']);
  await observeIdle(pair, seconds);
} finally {
  await pair.close();
}
