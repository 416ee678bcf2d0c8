// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startClock, tick, useClock } from '../../../renderer/store/clock.ts';

let ticks = 0;
useClock.subscribe(() => {
  ticks += 1;
});

beforeEach(() => {
  vi.useFakeTimers();
  startClock();
  ticks = 0;
});
afterEach(() => {
  vi.clearAllTimers();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

describe('the clock of the page', () => {
  it('goes by itself, about once a second', () => {
    vi.advanceTimersByTime(11_000);
    expect(ticks).toBe(10);
  });

  it('goes with whoever else ticks each second, and wakes nobody in between', () => {
    for (let second = 0; second < 10; second++) {
      vi.advanceTimersByTime(1_050);
      tick();
    }
    expect(ticks).toBe(10);
  });

  it('stands still while nobody sees the page', () => {
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    vi.advanceTimersByTime(10_000);
    expect(ticks).toBe(0);
    expect(vi.getTimerCount()).toBe(0);
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event('visibilitychange'));
    expect(ticks).toBeGreaterThan(0);
  });
});
