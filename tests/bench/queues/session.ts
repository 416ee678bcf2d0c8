/** What packets change of a keypair, its sending counter and its replay window: as one loop has it, and as threads share it. */
import { REPLAY_WINDOW_BITS, REPLAY_WINDOW_USABLE_BITS } from '../../../engine/constants.ts';
import { ReplayWindow } from '../../../engine/noise/replay-window.ts';

/** Counters are numbers below 2^53, which no bench exhausts. */
export interface Session {
  /** Takes `count` sending counters. @returns the first */
  reserve(count: number): number;
  /** Calls `judge`, in which alone {@link accept} may be called: once a run, not once a packet. */
  withWindow(judge: () => void): void;
  /** @returns true, once, for each counter that is new and not too old */
  accept(counter: number): boolean;
}

export class OwnSession implements Session {
  readonly #window = new ReplayWindow();
  #next = 0;

  reserve(count: number): number {
    this.#next += count;
    return this.#next - count;
  }

  withWindow(judge: () => void): void {
    judge();
  }

  accept(counter: number): boolean {
    return this.#window.accept(Math.floor(counter / 2 ** 32), counter >>> 0);
  }
}

/** A lock that threads sleep on, by Atomics.wait, where another holds it: spinning would take the holder's core. */
export class Mutex {
  /** 0 free, 1 held, 2 held and awaited. */
  readonly #state: Int32Array;

  constructor(state: Int32Array) {
    this.#state = state;
  }

  lock(): void {
    if (Atomics.compareExchange(this.#state, 0, 0, 1) === 0) return;
    while (Atomics.exchange(this.#state, 0, 2) !== 0) Atomics.wait(this.#state, 0, 2);
  }

  unlock(): void {
    if (Atomics.exchange(this.#state, 0, 0) === 2) Atomics.notify(this.#state, 0, 1);
  }
}

const WORDS = REPLAY_WINDOW_BITS / 32;
/** Each on a cache line of its own: the sending counter, the lock, the window's greatest counter, its bits. */
const COUNTER_AT = 0;
const LOCK_AT = 64;
const GREATEST_AT = 128;
const RING_AT = 192;

/**
 * One counter and one window for all threads. The counter is reserved for exactly the run at hand, so that no thread
 * holds numbers that the other end's window has left behind by the time they are sent. The window is one, under a lock:
 * split by thread it would take a datagram a second time where a copy reaches another thread's socket.
 */
export class SharedSession implements Session {
  readonly #counter: BigInt64Array;
  readonly #mutex: Mutex;
  readonly #greatest: Float64Array;
  readonly #ring: Int32Array;

  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer(RING_AT + 4 * WORDS);
  }

  constructor(shared: SharedArrayBuffer) {
    this.#counter = new BigInt64Array(shared, COUNTER_AT, 1);
    this.#mutex = new Mutex(new Int32Array(shared, LOCK_AT, 1));
    this.#greatest = new Float64Array(shared, GREATEST_AT, 1);
    this.#ring = new Int32Array(shared, RING_AT, WORDS);
  }

  reserve(count: number): number {
    return Number(Atomics.add(this.#counter, 0, BigInt(count)));
  }

  withWindow(judge: () => void): void {
    this.#mutex.lock();
    judge();
    this.#mutex.unlock();
  }

  /** RFC 6479, as the engine's ReplayWindow. */
  accept(counter: number): boolean {
    const greatest = this.#greatest[0]!;
    if (counter < greatest - REPLAY_WINDOW_USABLE_BITS) return false;
    const word = Math.floor(counter / 32);
    if (counter > greatest) {
      const greatestWord = Math.floor(greatest / 32);
      const words = Math.min(word - greatestWord, WORDS);
      for (let i = 1; i <= words; i++) this.#ring[(greatestWord + i) % WORDS] = 0;
      this.#greatest[0] = counter;
    }
    const bit = 1 << (counter % 32);
    if ((this.#ring[word % WORDS]! & bit) !== 0) return false;
    this.#ring[word % WORDS]! |= bit;
    return true;
  }
}
