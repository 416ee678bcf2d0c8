/** Time and randomness that a test decides: nothing sleeps, and a seed repeats a run exactly. */
import type { Clock, MonotonicMs, Random } from '../../engine/ports.ts';

/** Where every simulation's wall clock starts, unless its test moves it. */
export const SIMULATION_START_MS = Date.UTC(2026, 2, 1, 12);

export class VirtualClock implements Clock {
  #nowMs: MonotonicMs = 1_000;
  #wallOffsetMs = SIMULATION_START_MS - 1_000;

  get now(): MonotonicMs {
    return this.#nowMs;
  }

  monotonicMs(): MonotonicMs {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  /** Moves both clocks forward; a time that has passed changes nothing. */
  advanceTo(ms: MonotonicMs): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
  }

  advanceBy(ms: number): void {
    this.advanceTo(this.#nowMs + ms);
  }

  /** Somebody sets the wall clock: the monotonic one does not notice. */
  jumpWallBy(ms: number): void {
    this.#wallOffsetMs += ms;
  }
}

/** xorshift128 (Marsaglia 2003): quick, repeatable, and nothing to do with cryptography. */
export class SeededRandom implements Random {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    this.#state.set([seed ^ 0x9e3779b9, seed ^ 0x243f6a88, seed ^ 0xb7e15162, seed ^ 0xdeadbeef]);
    for (let i = 0; i < 32; i++) this.uint32();
  }

  uint32(): number {
    const state = this.#state;
    let t = state[3]!;
    const s = state[0]!;
    state[3] = state[2]!;
    state[2] = state[1]!;
    state[1] = s;
    t ^= t << 11;
    t ^= t >>> 8;
    state[0] = t ^ s ^ (s >>> 19);
    return state[0]!;
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.uint32() >>> 24;
    return bytes;
  }

  /** At least 0, below 1. */
  fraction(): number {
    return this.uint32() / 2 ** 32;
  }

  /** An integer at least 0, below `limit`. */
  below(limit: number): number {
    return Math.floor(this.fraction() * limit);
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)]!;
  }
}
