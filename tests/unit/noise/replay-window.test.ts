import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REJECT_AFTER_MESSAGES, REPLAY_WINDOW_USABLE_BITS } from '../../../engine/constants.ts';
import { isPastLimit, ReplayWindow } from '../../../engine/noise/replay-window.ts';

const halves = (counter: bigint) => [Number(counter >> 32n), Number(counter & 0xffffffffn)] as const;
const accept = (window: ReplayWindow, counter: bigint) => window.accept(...halves(counter));

const L = BigInt(REPLAY_WINDOW_USABLE_BITS) + 1n;
const R = REJECT_AFTER_MESSAGES;

/** The Linux driver's selftest, as the checklist has it, in order. */
const CASES: readonly (readonly [string, bigint, boolean])[] = [
  ['0', 0n, true],
  ['1', 1n, true],
  ['1', 1n, false],
  ['9', 9n, true],
  ['8', 8n, true],
  ['7', 7n, true],
  ['7', 7n, false],
  ['L', L, true],
  ['L-1', L - 1n, true],
  ['L-1', L - 1n, false],
  ['L-2', L - 2n, true],
  ['2', 2n, true],
  ['2', 2n, false],
  ['L+16', L + 16n, true],
  ['3', 3n, false],
  ['L+16', L + 16n, false],
  ['4L', 4n * L, true],
  ['4L-(L-1)', 4n * L - (L - 1n), true],
  ['10', 10n, false],
  ['4L-L', 4n * L - L, false],
  ['4L-(L+1)', 4n * L - (L + 1n), false],
  ['4L-(L-2)', 4n * L - (L - 2n), true],
  ['4L+1-L', 4n * L + 1n - L, false],
  ['0', 0n, false],
  ['R', R, false],
  ['R-1', R - 1n, true],
  ['R', R, false],
  ['R-1', R - 1n, false],
  ['R-2', R - 2n, true],
  ['R+1', R + 1n, false],
  ['R+2', R + 2n, false],
  ['R-2', R - 2n, false],
  ['R-3', R - 3n, true],
  ['0', 0n, false],
];

/** Remembers every counter: correct, and without bound. */
class NaiveWindow {
  readonly #seen = new Set<bigint>();
  #greatest = 0n;

  accept(counter: bigint): boolean {
    if (counter >= R || this.#seen.has(counter)) return false;
    if (counter + BigInt(REPLAY_WINDOW_USABLE_BITS) < this.#greatest) return false;
    this.#seen.add(counter);
    if (counter > this.#greatest) this.#greatest = counter;
    return true;
  }
}

describe('the replay window', () => {
  it('L_is_8129_and_R_is_2_to_the_64_minus_8193', () => {
    expect(L).toBe(8129n);
    expect(R).toBe(2n ** 64n - 8193n);
  });

  describe('the_checklist_cases_in_order', () => {
    const window = new ReplayWindow();
    it.each(
      CASES.map(([name, counter, accepted], i) => [i + 1, name, accepted ? 'accepted' : 'refused', counter]),
    )('case_%i_counter_%s_is_%s', (_, __, expected, counter) => {
      expect(accept(window, counter as bigint) ? 'accepted' : 'refused').toBe(expected);
    });
  });

  it('the_window_holds_8128_counters_behind_the_greatest_and_no_more', () => {
    const greatest = 100_000n;
    const oldest = greatest - BigInt(REPLAY_WINDOW_USABLE_BITS);
    const window = new ReplayWindow();
    expect(accept(window, greatest)).toBe(true);
    expect(accept(window, oldest - 1n)).toBe(false);
    const accepted = (): number => {
      let count = 0;
      for (let counter = oldest; counter <= greatest; counter++) if (accept(window, counter)) count++;
      return count;
    };
    expect(accepted()).toBe(REPLAY_WINDOW_USABLE_BITS);
    expect(accepted()).toBe(0);
  });

  it('every_counter_in_order_is_accepted_once_over_many_turns_of_the_ring', () => {
    const window = new ReplayWindow();
    let [once, twice] = [0, 0];
    for (let counter = 0; counter < 50_000; counter++) {
      if (window.accept(0, counter)) once++;
      if (window.accept(0, counter)) twice++;
    }
    expect([once, twice]).toEqual([50_000, 0]);
  });

  it.each([
    ['zero', 0n],
    ['2_to_the_32', 2n ** 32n],
    ['2_to_the_53', 2n ** 53n],
    ['2_to_the_60', 2n ** 60n],
    ['the_limit', R],
  ])('it_agrees_with_a_set_around_%s', (_, around) => {
    const near = fc
      .bigInt({ min: -20_000n, max: 20_000n })
      .map((step) => around + step)
      .filter((counter) => counter >= 0n && counter < 2n ** 64n);
    fc.assert(
      fc.property(fc.array(near, { maxLength: 300 }), (counters) => {
        const window = new ReplayWindow();
        const naive = new NaiveWindow();
        for (const counter of counters) expect(accept(window, counter)).toBe(naive.accept(counter));
      }),
    );
  });

  it('it_agrees_with_a_set_under_steps_of_every_size', () => {
    const step = fc.oneof(
      fc.bigInt({ min: -8_300n, max: 100n }),
      fc.bigInt({ min: 0n, max: 8_300n }),
      fc.bigInt({ min: 0n, max: 2n ** 59n }),
      fc.constantFrom(0n, 1n, 31n, 32n, 8_127n, 8_128n, 8_129n, 8_191n, 8_192n, 2n ** 32n, 2n ** 32n - 1n),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const window = new ReplayWindow();
        const naive = new NaiveWindow();
        let counter = 0n;
        for (const by of steps) {
          counter = BigInt.asUintN(64, counter + by < 0n ? 0n : counter + by);
          expect(accept(window, counter)).toBe(naive.accept(counter));
        }
      }),
    );
  });

  it('a_counter_is_past_the_limit_from_R_on', () => {
    for (const below of [0n, 2n ** 32n, 2n ** 60n, R - 1n]) expect(isPastLimit(...halves(below))).toBe(false);
    for (const past of [R, R + 1n, 2n ** 64n - 1n]) expect(isPastLimit(...halves(past))).toBe(true);
  });
});
