/** The clock that intervals are measured with: it counts from boot on, sleep included, and never goes back. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bootTimeMs } from '../../../engine/io/linux/boot-clock.ts';

const READINGS = 200_000;
/** /proc/uptime counts hundredths of a second; the rest is for a busy machine. */
const TOLERANCE_MS = 50;
const ATTEMPTS = 5;

/** Seconds since boot, sleep included (proc_uptime(5)). */
function uptimeMs(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]) * 1_000;
}

describe.runIf(process.platform === 'linux')('the boot clock', () => {
  it('agrees_with_the_kernel_s_uptime', () => {
    const differences = Array.from({ length: ATTEMPTS }, () => Math.abs(bootTimeMs() - uptimeMs()));
    // Of several, since this process may be put aside between two readings.
    expect(Math.min(...differences)).toBeLessThan(TOLERANCE_MS);
  });

  it('never_goes_back', () => {
    let latest = bootTimeMs();
    let stepsBack = 0;
    for (let i = 0; i < READINGS; i++) {
      const now = bootTimeMs();
      if (now < latest) stepsBack++;
      latest = now;
    }
    expect(stepsBack).toBe(0);
  });

  it('keeps_time_with_a_timer', async () => {
    const [started, startedByNode] = [bootTimeMs(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, 100));
    const difference = bootTimeMs() - started - (performance.now() - startedByNode);
    expect(Math.abs(difference)).toBeLessThan(TOLERANCE_MS);
  });

  it('has_a_finer_grain_than_a_millisecond', () => {
    const readings = Array.from({ length: 1_000 }, bootTimeMs);
    expect(readings.some((reading) => reading % 1 !== 0)).toBe(true);
  });
});
