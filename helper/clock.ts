/** The helper's clock: the engine's, and a sleep. Tests hand in one that they turn by hand. */
import { uptime } from 'node:os';
import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Clock } from '../engine/ports.ts';

export interface HelperClock extends Clock {
  /** Rejects with the signal's reason as soon as it aborts. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: HelperClock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  async sleep(milliseconds, signal) {
    signal.throwIfAborted();
    try {
      await sleepFor(milliseconds, undefined, { signal });
    } catch {
      throw signal.reason;
    }
  },
};

/** Milliseconds since this machine has started, asleep or awake, to 10: the monotonic clock stands still while it sleeps. */
export function bootMs(): number {
  return uptime() * 1_000;
}
