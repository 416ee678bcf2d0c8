/** Bytes in steps of one length, of which the newest are kept. Pure; times are milliseconds on a Timeline. */
import { plus, type TrafficBytes } from './bytes.ts';

/** The oldest first; null where nothing was counted. */
export interface Steps {
  readonly rxBytes: (number | null)[];
  readonly txBytes: (number | null)[];
}

interface ReadSteps extends Steps {
  /** Of the newest step, so far. */
  readonly endsAt: number;
  readonly newestMs: number;
}

const LEAST_RATE_MS = 1_000;

export class StepRing {
  readonly stepMs: number;
  readonly #steps: number;
  /** One more than are read: the step that runs. NaN where nothing was counted. */
  readonly #rx: Float64Array;
  readonly #tx: Float64Array;
  /** The step that runs, by its number on the timeline. */
  #newest: number;

  constructor(stepMs: number, steps: number, now: number) {
    this.stepMs = stepMs;
    this.#steps = steps;
    this.#rx = new Float64Array(steps + 1).fill(Number.NaN);
    this.#tx = new Float64Array(steps + 1).fill(Number.NaN);
    this.#newest = Math.floor(now / stepMs);
  }

  /** Spreads what was counted between two times evenly over the steps between them; not a byte is lost. */
  add(from: number, to: number, { rxBytes, txBytes }: TrafficBytes): void {
    const last = Math.floor(to / this.stepMs);
    this.#advanceTo(last);
    let [rxBefore, txBefore] = [0, 0];
    for (let step = Math.floor(from / this.stepMs); step <= last; step++) {
      const share = step === last ? 1 : ((step + 1) * this.stepMs - from) / (to - from);
      const [rx, tx] = [Math.floor(rxBytes * share), Math.floor(txBytes * share)];
      if (this.#isKept(step)) {
        const slot = this.#slotOf(step);
        this.#rx[slot] = plus(this.#rx[slot] || 0, rx - rxBefore);
        this.#tx[slot] = plus(this.#tx[slot] || 0, tx - txBefore);
      }
      [rxBefore, txBefore] = [rx, tx];
    }
  }

  /** The steps until then: those that had ended, and the one that ran, where it has lasted long enough for a rate. */
  read(until: number): ReadSteps {
    const end = Math.floor(until / this.stepMs);
    const newestMs = until - end * this.stepMs;
    return newestMs < LEAST_RATE_MS
      ? { endsAt: end * this.stepMs, newestMs: this.stepMs, ...this.#between(end - this.#steps, end) }
      : { endsAt: until, newestMs, ...this.#between(end + 1 - this.#steps, end + 1) };
  }

  /** All there is, the step that runs included. */
  save(now: number): Steps {
    this.#advanceTo(Math.floor(now / this.stepMs));
    return this.#between(this.#newest - this.#steps, this.#newest + 1);
  }

  /** Takes up what another ring has saved. @param savedAt when; later than now where the wall clock was put back */
  restore({ rxBytes, txBytes }: Steps, savedAt: number): void {
    const newest = Math.min(Math.floor(savedAt / this.stepMs), this.#newest);
    for (const [i, rx] of rxBytes.entries()) {
      const step = newest - (rxBytes.length - 1 - i);
      if (!this.#isKept(step)) continue;
      this.#rx[this.#slotOf(step)] = rx ?? Number.NaN;
      this.#tx[this.#slotOf(step)] = txBytes[i] ?? Number.NaN;
    }
  }

  #between(first: number, end: number): Steps {
    const steps = Array.from({ length: end - first }, (_, i) => first + i);
    const valuesIn = (ring: Float64Array) => steps.map((step) => this.#valueIn(ring, step));
    return { rxBytes: valuesIn(this.#rx), txBytes: valuesIn(this.#tx) };
  }

  #valueIn(ring: Float64Array, step: number): number | null {
    const value = this.#isKept(step) ? ring[this.#slotOf(step)]! : Number.NaN;
    return Number.isNaN(value) ? null : value;
  }

  #advanceTo(step: number): void {
    const first = Math.max(this.#newest + 1, step - this.#steps);
    for (let each = first; each <= step; each++) {
      this.#rx[this.#slotOf(each)] = Number.NaN;
      this.#tx[this.#slotOf(each)] = Number.NaN;
    }
    this.#newest = Math.max(this.#newest, step);
  }

  #isKept(step: number): boolean {
    return step > this.#newest - this.#rx.length && step <= this.#newest;
  }

  #slotOf(step: number): number {
    const { length } = this.#rx;
    return ((step % length) + length) % length;
  }
}
