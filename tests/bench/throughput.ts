/**
 * How fast, beside others: `npm run bench -- [--rounds 5] [--seconds 3] [--rival NAME=PATH]… [--only TCP]`
 *
 * Each engine, at both ends, has two namespaces and a link of its own; raw is a link without any. The rounds interleave
 * them, so that what the machine does meanwhile meets all alike; compare only within one run. Needs root and iperf3.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { cpuMs } from '../support/cpu-time.ts';
import type { EngineKind } from '../support/engine-process.ts';
import { closeNamespaces, connectNamespaces, createNamespace } from '../support/netns.ts';
import { createTunnelPair } from '../support/tunnel-pair.ts';
import { barChart } from './chart.ts';
import { namedEngines, OURS } from './contenders.ts';
import { requirePrograms } from './requirements.ts';
import { type Ends, iperf, median, ping } from './traffic.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    rival: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', default: '' },
  },
});

const RESULTS = fileURLToPath(new URL('../../tests/bench/results/', import.meta.url));

interface Contender extends Ends {
  readonly name: string;
  /** The engines' processes, none for raw. */
  readonly pids: readonly number[];
  close(): Promise<void>;
}

interface Measure {
  readonly name: string;
  readonly unit: string;
  /** Whether less is better. */
  readonly isCost: boolean;
  readonly run: (contender: Contender, seconds: number) => Promise<number>;
}

const MEASURES: readonly Measure[] = [
  { name: 'TCP ×1', unit: 'Gbit/s', isCost: false, run: (c, s) => tcp(c, s, []) },
  { name: 'TCP ×4', unit: 'Gbit/s', isCost: false, run: (c, s) => tcp(c, s, ['-P', '4']) },
  { name: 'TCP reverse', unit: 'Gbit/s', isCost: false, run: (c, s) => tcp(c, s, ['-R']) },
  { name: 'TCP both ways', unit: 'Gbit/s', isCost: false, run: (c, s) => tcp(c, s, ['--bidir']) },
  { name: 'UDP 64 B', unit: 'k packets/s', isCost: false, run: (c, s) => udp(c, s, 64) },
  { name: 'UDP 1372 B', unit: 'k packets/s', isCost: false, run: (c, s) => udp(c, s, 1_372) },
  { name: 'ping mean', unit: 'µs', isCost: true, run: async (c) => (await ping(c)).mean },
  { name: 'ping p99', unit: 'µs', isCost: true, run: async (c) => (await ping(c)).p99 },
  { name: 'CPU per Gbit, TCP ×1', unit: 's', isCost: true, run: cpuPerGigabit },
];

const measures = MEASURES.filter(({ name }) => name.includes(values.only));

async function tcp(contender: Contender, seconds: number, args: readonly string[]): Promise<number> {
  const end = await iperf(contender, seconds, ['-O', '1', ...args]);
  const reverse = end.sum_received_bidir_reverse?.bits_per_second ?? 0;
  return ((end.sum_received?.bits_per_second ?? 0) + reverse) / 1e9;
}

async function udp(contender: Contender, seconds: number, bytes: number): Promise<number> {
  const end = await iperf(contender, seconds, ['-u', '-b', '0', '-l', String(bytes)]);
  const { packets = 0, lost_packets = 0, seconds: took = 1 } = end.sum ?? {};
  return (packets - lost_packets) / took / 1e3;
}

async function cpuPerGigabit(contender: Contender, seconds: number): Promise<number> {
  const before = cpuSecondsOf(contender.pids);
  const gigabits = (await tcp(contender, seconds, [])) * (seconds + 1);
  return (cpuSecondsOf(contender.pids) - before) / gigabits;
}

function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + cpuMs(pid) / 1e3, 0);
}

async function createContender(name: string, kind: EngineKind): Promise<Contender> {
  const pair = await createTunnelPair(kind, kind);
  await pair.configure();
  await pair.establish();
  const { left, right } = pair;
  const pids = [left.engine.child.pid, right.engine.child.pid];
  return {
    name,
    from: left.namespace,
    to: right.namespace,
    target: right.v4,
    pids,
    close: () => pair.close(),
  };
}

async function createRaw(): Promise<Contender> {
  const [from, to] = [await createNamespace('raw-left'), await createNamespace('raw-right')];
  const { b } = await connectNamespaces(from, to);
  return { name: 'raw veth', from, to, target: b.v4, pids: [], close: () => closeNamespaces(from, to) };
}

type Results = Map<string, Map<string, number[]>>;

async function measureAll(
  contenders: readonly Contender[],
  rounds: number,
  seconds: number,
): Promise<Results> {
  const results: Results = new Map(measures.map(({ name }) => [name, new Map()]));
  for (let round = 1; round <= rounds; round++) {
    for (const measure of measures) {
      process.stderr.write(`\r\x1b[Kround ${round} of ${rounds}: ${measure.name}`);
      for (const contender of contenders) {
        const figures = results.get(measure.name)!;
        const value = await measure.run(contender, seconds);
        figures.set(contender.name, [...(figures.get(contender.name) ?? []), value]);
      }
    }
  }
  process.stderr.write('\r\x1b[K');
  return results;
}

/** The median, round by round, of ours against another's in the same round. */
function ratio(figures: Map<string, number[]>, other: string): number {
  const ours = figures.get(OURS)!;
  return median(figures.get(other)!.map((value, round) => ours[round]! / value));
}

function printTable(results: Results, contenders: readonly Contender[]): void {
  const rivals = contenders.filter(({ pids, name }) => pids.length > 0 && name !== OURS);
  const header = ['', ...contenders.map(({ name }) => name), ...rivals.map(({ name }) => `ours / ${name}`)];
  const rows = measures.map(({ name, unit }) => {
    const figures = results.get(name)!;
    const medians = contenders.map((contender) => median(figures.get(contender.name)!));
    const ratios = rivals.map((rival) => ratio(figures, rival.name));
    return [`${name}, ${unit}`, ...medians.map(digits), ...ratios.map(digits)];
  });
  const widths = header.map((_, i) => Math.max(...[header, ...rows].map((row) => row[i]!.length)));
  for (const row of [header, ...rows]) {
    console.log(
      row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
    );
  }
}

function digits(value: number): string {
  return Number.isFinite(value) ? value.toPrecision(3) : '–';
}

function save(results: Results, contenders: readonly Contender[]): void {
  const names = contenders.map(({ name }) => name);
  const charts = measures.map(({ name, unit, isCost }) => ({
    title: `${name}, ${unit}${isCost ? ' (less is better)' : ''}`,
    bars: names.map((contender) => ({ label: contender, value: median(results.get(name)!.get(contender)!) })),
  }));
  const json = Object.fromEntries([...results].map(([name, figures]) => [name, Object.fromEntries(figures)]));
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(`${RESULTS}throughput.json`, `${JSON.stringify(json, null, 2)}\n`);
  writeFileSync(`${RESULTS}throughput.svg`, barChart(charts));
}

requirePrograms('ip', 'iperf3', 'ping', 'sysctl', 'wg');
const contenders = [await createRaw()];
try {
  for (const { name, kind } of namedEngines(values.rival)) contenders.push(await createContender(name, kind));
  const results = await measureAll(contenders, Number(values.rounds), Number(values.seconds));
  printTable(results, contenders);
  // A part of the measures takes no whole run's place.
  if (values.only === '') save(results, contenders);
} finally {
  for (const contender of contenders) await contender.close();
}
