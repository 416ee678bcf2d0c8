import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeTai64n, isLater, TimestampSource } from '../../../engine/crypto/tai64n.ts';
import { readVectors, toHex } from '../../vectors/vectors.ts';

const vectors = readVectors('tai64n');
const GRANULARITY_NS = 2n ** 24n;
const NS_PER_S = 1_000_000_000n;

describe('encodeTai64n', () => {
  it('labels_are_as_the_format_defines_them', () => {
    expect(vectors.tests).toHaveLength(8);
    for (const { unixSeconds, nanoseconds, label } of vectors.tests)
      expect(toHex(encodeTai64n(BigInt(unixSeconds) * NS_PER_S + BigInt(nanoseconds)))).toBe(label);
  });

  it('wireguard_go_whitening_hides_10_ms_and_shows_20_ms', () => {
    const start = BigInt(vectors.whitening.startNanoseconds);
    for (const { afterNanoseconds, later } of vectors.whitening.cases)
      expect(isLater(encodeTai64n(start + BigInt(afterNanoseconds)), encodeTai64n(start))).toBe(later);
  });

  it('nanoseconds_are_below_a_second_and_a_multiple_of_2_to_the_24', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 63n }), (unixNs) => {
        const nanoseconds = Buffer.from(encodeTai64n(unixNs)).readUInt32BE(8);
        expect(nanoseconds).toBeLessThan(1_000_000_000);
        expect(BigInt(nanoseconds) % GRANULARITY_NS).toBe(0n);
      }),
    );
  });

  it('a_later_time_never_encodes_as_an_earlier_one', () => {
    const time = fc.bigInt({ min: 0n, max: 2n ** 62n });
    fc.assert(
      fc.property(time, fc.bigInt({ min: 0n, max: 2n * NS_PER_S }), (unixNs, delta) => {
        expect(isLater(encodeTai64n(unixNs), encodeTai64n(unixNs + delta))).toBe(false);
      }),
    );
  });
});

describe('TimestampSource', () => {
  it('timestamps_strictly_increase_whatever_the_wall_clock_does', () => {
    const wallClock = fc.array(fc.integer({ min: -1e15, max: 1e15 }), { minLength: 2, maxLength: 50 });
    fc.assert(
      fc.property(wallClock, (readings) => {
        const source = new TimestampSource();
        const timestamps = readings.map((wallMs) => source.next(wallMs));
        for (let i = 1; i < timestamps.length; i++)
          expect(isLater(timestamps[i]!, timestamps[i - 1]!)).toBe(true);
      }),
    );
  });

  it('timestamps_strictly_increase_over_a_stopped_clock_and_across_seconds', () => {
    const source = new TimestampSource();
    let previous = source.next(Date.UTC(2026, 0, 1) + 990);
    for (let i = 0; i < 200; i++) {
      const next = source.next(Date.UTC(2026, 0, 1) + 990);
      expect(isLater(next, previous)).toBe(true);
      previous = next;
    }
  });

  it('a_clock_far_in_the_future_is_never_sent', () => {
    const label = toHex(new TimestampSource().next(Date.UTC(2500, 0, 1)));
    const bound = toHex(encodeTai64n(BigInt(Date.UTC(2100, 0, 1)) * 1_000_000n));
    expect(label).toBe(bound);
  });
});
