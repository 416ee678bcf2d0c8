/**
 * The sliding window of paper §5.4.6, by the algorithm of RFC 6479: a ring of bits in which a jump forward clears
 * whole words, so that nothing is ever shifted. Counters are u64 in two u32 halves.
 */
import { REJECT_AFTER_MESSAGES, REPLAY_WINDOW_BITS, REPLAY_WINDOW_USABLE_BITS } from '../constants.ts';

const WORD_BITS = 32;
const WORDS = REPLAY_WINDOW_BITS / WORD_BITS;
const REJECT_HIGH = Number(REJECT_AFTER_MESSAGES >> 32n);
const REJECT_LOW = Number(REJECT_AFTER_MESSAGES & 0xffffffffn);

/** @returns whether a counter is at or past REJECT_AFTER_MESSAGES */
export function isPastLimit(high: number, low: number): boolean {
  return high > REJECT_HIGH || (high === REJECT_HIGH && low >= REJECT_LOW);
}

export class ReplayWindow {
  readonly #ring = new Uint32Array(WORDS);
  #greatestHigh = 0;
  #greatestLow = 0;

  /** @returns true, once, for each counter that is new and not too old. Call it only for authenticated packets. */
  accept(high: number, low: number): boolean {
    if (isPastLimit(high, low)) return false;
    // Differences are exact below 2^53 and keep their sign above, which is all that is asked of them.
    const ahead = (high - this.#greatestHigh) * 2 ** 32 + (low - this.#greatestLow);
    if (ahead < -REPLAY_WINDOW_USABLE_BITS) return false;
    if (ahead > 0) this.#advance(high, low);
    const word = (low >>> 5) % WORDS;
    const bit = 1 << (low % WORD_BITS);
    if ((this.#ring[word]! & bit) !== 0) return false;
    this.#ring[word]! |= bit;
    return true;
  }

  #advance(high: number, low: number): void {
    const firstWord = this.#greatestLow >>> 5;
    const words = (high - this.#greatestHigh) * 2 ** 27 + ((low >>> 5) - firstWord);
    for (let i = 1; i <= Math.min(words, WORDS); i++) this.#ring[(firstWord + i) % WORDS] = 0;
    this.#greatestHigh = high;
    this.#greatestLow = low;
  }
}
