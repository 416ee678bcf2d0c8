/** How fast threads seal and open side by side without any wire, and what their Atomics cost. */
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import { MAX_RUN } from '../../../engine/ports.ts';
import { TRANSPORT_OVERHEAD } from '../../../engine/wire/messages.ts';
import { plainRun } from '../../../engine/wire/packet-run.ts';
import { kernelCipher } from '../../support/test-memory.ts';
import { TUNNEL_MTU } from '../../support/tunnel-pair.ts';
import { Mutex, OwnSession, type Session, SharedSession } from './session.ts';

const STRIDE = TUNNEL_MTU + TRANSPORT_OVERHEAD;
const MEMORY_BYTES = 1 << 20;
const OPERATIONS_PER_LOOK = 10_000;
const WARM_UP_MS = 200;
const MEASURED_MS = 500;

/** Operations whose time is told in nanoseconds. */
export const OPERATIONS = [
  'none',
  'Atomics.add, 32 bits',
  'Atomics.add, 64 bits',
  'lock and unlock',
] as const;

export interface RateOptions {
  readonly measures: 'sealing' | 'opening' | (typeof OPERATIONS)[number];
  /** Sealing and opening: null where each thread has its own. Operations: what they work on. */
  readonly session: SharedArrayBuffer | null;
  /** Counts the threads that are warm, and so starts them together. */
  readonly warm: Int32Array;
  readonly threads: number;
}

/** @returns operations, or packets of TUNNEL_MTU bytes, a second */
export function measureRate(options: RateOptions): number {
  const work = workOf(options);
  rateFor(WARM_UP_MS, work);
  Atomics.add(options.warm, 0, 1);
  while (Atomics.load(options.warm, 0) < options.threads);
  return rateFor(MEASURED_MS, work);
}

/** @param work does some, and returns how much of it counts, and the milliseconds that it took */
function rateFor(lengthMs: number, work: () => { count: number; ms: number }): number {
  let [done, spent] = [0, 0];
  for (const started = performance.now(); performance.now() - started < lengthMs; ) {
    const { count, ms } = work();
    done += count;
    spent += ms;
  }
  return (done / spent) * 1e3;
}

function workOf({ measures, session }: RateOptions): () => { count: number; ms: number } {
  if (measures === 'sealing' || measures === 'opening') return aeadWork(measures, session);
  const operation = operationOf(measures, session!);
  return () => {
    const started = performance.now();
    for (let i = 0; i < OPERATIONS_PER_LOOK; i++) operation();
    return { count: OPERATIONS_PER_LOOK, ms: performance.now() - started };
  };
}

/** Seals MAX_RUN packets and opens them again, of which one is timed. */
function aeadWork(
  timed: 'sealing' | 'opening',
  shared: SharedArrayBuffer | null,
): () => { count: number; ms: number } {
  const memory = new SharedMemory(MEMORY_BYTES);
  const key = kernelCipher(memory).importKey(new Uint8Array(32).fill(1));
  const session: Session = shared === null ? new OwnSession() : new SharedSession(shared);
  const run = { ...plainRun(), packet: memory.allocate(2_048), length: TUNNEL_MTU };
  const sealed = memory.allocate(MAX_RUN * STRIDE + 64);
  return () => {
    const started = performance.now();
    const first = session.reserve(MAX_RUN);
    for (let i = 0; i < MAX_RUN; i++) {
      const header = { remoteIndex: 0, counterHigh: 0, counterLow: first + i };
      key.sealRun(memory, run, header, TUNNEL_MTU, sealed + i * STRIDE);
    }
    const between = performance.now();
    key.openRun(memory, sealed, STRIDE, MAX_RUN, STRIDE);
    session.withWindow(() => {
      for (let i = 0; i < MAX_RUN; i++) session.accept(first + i);
    });
    const ended = performance.now();
    if (memory.bytes[memory.verdicts] !== 1) throw new Error('what was sealed does not open');
    return { count: MAX_RUN, ms: timed === 'sealing' ? between - started : ended - between };
  };
}

function operationOf(name: (typeof OPERATIONS)[number], shared: SharedArrayBuffer): () => void {
  const [word, long] = [new Int32Array(shared), new BigInt64Array(shared)];
  const mutex = new Mutex(word);
  switch (name) {
    case 'none':
      return () => {};
    case 'Atomics.add, 32 bits':
      return () => Atomics.add(word, 0, 1);
    case 'Atomics.add, 64 bits':
      return () => Atomics.add(long, 0, 1n);
    case 'lock and unlock':
      return () => {
        mutex.lock();
        mutex.unlock();
      };
  }
}
