/** The traffic that benchmarks measure with, iperf3's and ping(8)'s, and the median of what they tell. */
import type { Namespace } from '../support/netns.ts';
import { waitFor } from '../support/processes.ts';

const PINGS = 500;

/** Two ends between which traffic goes. */
export interface Ends {
  readonly from: Namespace;
  readonly to: Namespace;
  readonly target: string;
}

/** What iperf3 tells at the end, by the kind of traffic. */
export interface IperfEnd {
  readonly sum_sent?: { retransmits?: number };
  readonly sum_received?: { bits_per_second: number; bytes: number };
  readonly sum_received_bidir_reverse?: { bits_per_second: number };
  readonly sum?: { packets: number; lost_packets: number; seconds: number };
  readonly streams?: readonly { udp?: { out_of_order: number } }[];
}

/** @throws Error with iperf3's own words */
export async function iperf({ from, to, target }: Ends, seconds: number, args: readonly string[]) {
  const server = to.spawn('iperf3', ['-s', '-1', '--forceflush']);
  await waitFor(() => server.stdout.includes('listening'), { what: 'iperf3 to listen' });
  const options = ['-c', target, '-t', String(seconds), '-J', ...args];
  const { stdout } = await from.run('iperf3', options, { timeoutMs: (seconds + 30) * 1_000 });
  await server.stop();
  const { end, error } = JSON.parse(stdout) as { end: IperfEnd; error?: string };
  if (error !== undefined) throw new Error(`iperf3: ${error}`);
  return end;
}

/** Round trips of 500 pings, 2 ms apart, in µs. */
export async function ping({ from, target }: Ends): Promise<{ mean: number; p99: number }> {
  const args = ['-n', '-c', String(PINGS), '-i', '0.002', target];
  const { stdout } = await from.run('ping', args, { timeoutMs: 60_000 });
  const times = [...stdout.matchAll(/time=([0-9.]+) ms/g)]
    .map(([, ms]) => Number(ms) * 1e3)
    .sort((a, b) => a - b);
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
  return { mean, p99: times[Math.floor(times.length * 0.99)] ?? Number.NaN };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
