/** A ping that goes on while a test changes things under it, and then tells what it missed. */
import type { Namespace } from './netns.ts';
import { type BackgroundProcess, waitFor } from './processes.ts';

export interface PingRecord {
  received: number;
  /** Requests before the last answered one that had no answer. */
  lost: number;
  /** The longest time between two answers. */
  longestGapMs: number;
  /** Each round trip, in the order of the answers. */
  rttsMs: number[];
}

const ANSWER = /^\[(\d+\.\d+)\] \d+ bytes from .*icmp_seq=(\d+) .*time=([\d.]+) ms( \(DUP!\))?/gm;

export class ContinuousPing {
  readonly #child: BackgroundProcess;

  constructor(namespace: Namespace, target: string, { intervalMs = 20 } = {}) {
    this.#child = namespace.spawn('ping', ['-n', '-D', '-i', String(intervalMs / 1_000), target]);
  }

  /** Resolves after `count` more answers than there are now. */
  async answers(count = 5, timeoutMs = 20_000): Promise<void> {
    const goal = this.#answered() + count;
    await waitFor(() => this.#answered() >= goal, { what: `${count} more answers to a ping`, timeoutMs });
  }

  async stop(): Promise<PingRecord> {
    await this.#child.stop('SIGINT');
    return readRecord(this.#child.stdout);
  }

  #answered(): number {
    return this.#child.stdout.split(' bytes from ').length - 1;
  }
}

/** @param output of `ping -D`; its sequence numbers wrap at 65,536 */
export function readRecord(output: string): PingRecord {
  const record: PingRecord = { received: 0, lost: 0, longestGapMs: 0, rttsMs: [] };
  let latestAt = 0;
  let firstSequence = 0;
  let latestSequence = 0;
  for (const [, at, sequenceField, rtt, duplicate] of output.matchAll(ANSWER)) {
    if (duplicate !== undefined) continue;
    const sequence = unwrap(Number(sequenceField), latestSequence);
    const atMs = Number(at) * 1_000;
    if (record.received++ === 0) firstSequence = sequence;
    else record.longestGapMs = Math.max(record.longestGapMs, atMs - latestAt);
    record.rttsMs.push(Number(rtt));
    latestAt = atMs;
    latestSequence = Math.max(latestSequence, sequence);
  }
  if (record.received > 0) record.lost = latestSequence - firstSequence + 1 - record.received;
  return record;
}

/** The number nearest to `latest` that ends in `field`. */
function unwrap(field: number, latest: number): number {
  return field + Math.round((latest - field) / 65_536) * 65_536;
}
