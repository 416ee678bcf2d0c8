import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StepRing } from '../../../../helper/traffic/step-ring.ts';

const STEP = 1_000;
const START = 50_000;

const bytes = (rxBytes: number, txBytes = 0) => ({ rxBytes, txBytes });
const newRing = (steps = 5) => new StepRing(STEP, steps, START);
const sumOf = (values: readonly (number | null)[]) =>
  values.reduce<number>((sum, each) => sum + (each ?? 0), 0);

describe('a ring of steps', () => {
  it('has nulls where nothing was counted, and the steps that have ended', () => {
    const ring = newRing();
    expect(ring.read(START)).toEqual({
      endsAt: START,
      newestMs: STEP,
      rxBytes: [null, null, null, null, null],
      txBytes: [null, null, null, null, null],
    });
    ring.add(START, START + 1_000, bytes(10, 1));
    ring.add(START + 1_000, START + 2_500, bytes(0, 30));
    expect(ring.read(START + 2_999)).toEqual({
      endsAt: START + 2_000,
      newestMs: STEP,
      rxBytes: [null, null, null, 10, 0],
      txBytes: [null, null, null, 1, 20],
    });
  });

  it('has the step that runs as far as it has come, once it has lasted a second', () => {
    const ring = new StepRing(10_000, 3, START);
    ring.add(START, START + 10_500, bytes(2_100));
    const ended = { endsAt: START + 10_000, newestMs: 10_000, rxBytes: [null, null, 2_000] };
    expect(ring.read(START + 10_500)).toMatchObject(ended);
    ring.add(START + 10_500, START + 12_500, bytes(60));
    expect(ring.read(START + 12_500)).toMatchObject({
      endsAt: START + 12_500,
      newestMs: 2_500,
      rxBytes: [null, 2_000, 160],
    });
  });

  it('spreads a reading over the steps that it covers', () => {
    const ring = newRing();
    ring.add(START + 500, START + 3_000, bytes(1_000));
    expect(ring.read(START + 3_000).rxBytes).toEqual([null, null, 200, 400, 400]);
  });

  it('forgets what is older than it is long, and shows a gap of any length as nulls', () => {
    const ring = newRing(3);
    for (let i = 0; i < 10; i++) ring.add(START + i * STEP, START + (i + 1) * STEP, bytes(i));
    expect(ring.read(START + 10_000).rxBytes).toEqual([7, 8, 9]);
    expect(ring.read(START + 12_000).rxBytes).toEqual([9, 0, null]); // the step in which the last reading came
    expect(ring.read(START + 1e9).rxBytes).toEqual([null, null, null]);
    ring.add(START + 1e9, START + 1e9 + STEP, bytes(1));
    expect(ring.read(START + 1e9 + STEP).rxBytes).toEqual([null, null, 1]);
  });

  it('loses no byte and makes none up, however readings and steps meet', () => {
    const reading = fc.record({
      after: fc.integer({ min: 0, max: 4_000 }),
      rxBytes: fc.integer({ min: 0, max: 2 ** 40 }),
      txBytes: fc.integer({ min: 0, max: 2 ** 40 }),
    });
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 20 }), (readings) => {
        const ring = newRing(100);
        let at = START;
        for (const { after, ...counted } of readings) {
          ring.add(at, at + after, counted);
          at += after;
        }
        const { rxBytes, txBytes } = ring.save(at);
        expect(sumOf(rxBytes)).toBe(readings.reduce((sum, each) => sum + each.rxBytes, 0));
        expect(sumOf(txBytes)).toBe(readings.reduce((sum, each) => sum + each.txBytes, 0));
        for (const value of [...rxBytes, ...txBytes]) expect(value === null || value >= 0).toBe(true);
      }),
    );
  });

  it('takes what is told late for the time that it is of', () => {
    const ring = newRing();
    ring.add(START - 2_000, START - 1_000, bytes(10));
    ring.add(START, START + 1_000, bytes(1));
    expect(ring.read(START + 1_000).rxBytes).toEqual([null, null, 10, 0, 1]);
  });

  it('is taken up by another one after a while, which is a gap', () => {
    const ring = newRing();
    for (let i = 0; i < 4; i++) ring.add(START + i * STEP, START + (i + 1) * STEP, bytes(i + 1));
    const savedAt = START + 4_000;
    const saved = ring.save(savedAt);
    const next = new StepRing(STEP, 5, savedAt + 2_000);
    next.restore(saved, savedAt);
    next.add(savedAt + 2_000, savedAt + 3_000, bytes(9));
    expect(next.read(savedAt + 3_000).rxBytes).toEqual([3, 4, 0, null, 9]);
    const late = new StepRing(STEP, 5, savedAt + 1e9);
    late.restore(saved, savedAt);
    expect(late.read(savedAt + 1e9).rxBytes).toEqual([null, null, null, null, null]);
  });

  it('is taken up without a gap where the wall clock was put back meanwhile', () => {
    const ring = newRing();
    for (let i = 0; i < 4; i++) ring.add(START + i * STEP, START + i * STEP + 900, bytes(i + 1));
    const savedAt = START + 3_900;
    const next = new StepRing(STEP, 5, START - 30_000);
    next.restore(ring.save(savedAt), savedAt);
    expect(next.read(START - 29_000).rxBytes).toEqual([null, 1, 2, 3, 4]);
  });
});
