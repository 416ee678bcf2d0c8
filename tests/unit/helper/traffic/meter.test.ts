import { describe, expect, it } from 'vitest';
import { TrafficMeter } from '../../../../helper/traffic/meter.ts';

const peer = (publicKey: string, rxBytes: number, txBytes: number) => ({ publicKey, rxBytes, txBytes });

describe('a meter', () => {
  it('tells what came since the last reading, of all peers', () => {
    const meter = new TrafficMeter();
    expect(meter.observe([peer('a', 10, 1), peer('b', 5, 0)])).toEqual({ rxBytes: 15, txBytes: 1 });
    expect(meter.observe([peer('a', 12, 4), peer('b', 5, 0)])).toEqual({ rxBytes: 2, txBytes: 3 });
  });

  it('takes a new engine to count from nothing, whether it has counted less or more by then', () => {
    const meter = new TrafficMeter();
    for (const first of [3, 300]) {
      meter.observe([peer('a', 100, 100)]);
      meter.restart();
      expect(meter.observe([peer('a', first, 7)])).toEqual({ rxBytes: first, txBytes: 7 });
      meter.restart();
    }
  });

  it('never tells a negative number, also where nobody said that the engine is a new one', () => {
    const meter = new TrafficMeter();
    meter.observe([peer('a', 100, 100)]);
    expect(meter.observe([peer('a', 40, 160)])).toEqual({ rxBytes: 40, txBytes: 160 });
  });

  it('counts nobody twice where another peer is removed', () => {
    const meter = new TrafficMeter();
    meter.observe([peer('a', 100, 100), peer('b', 1_000, 1_000)]);
    expect(meter.observe([peer('a', 101, 100)])).toEqual({ rxBytes: 1, txBytes: 0 });
    expect(meter.observe([peer('a', 101, 100), peer('b', 2_000, 1_008)])).toEqual({
      rxBytes: 2_000,
      txBytes: 1_008,
    });
  });

  it('keeps to numbers that JSON can carry, whatever an engine says', () => {
    const huge = Number.MAX_SAFE_INTEGER;
    const { rxBytes } = new TrafficMeter().observe([peer('a', huge, 0), peer('b', huge, 0)]);
    expect(rxBytes).toBe(huge);
  });
});
