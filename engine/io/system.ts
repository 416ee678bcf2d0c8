/** The operating system's clock and random source: the only place that the engine reads them. */
import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../ports.ts';
import { bootTimeMs } from './linux/boot-clock.ts';

/** Times count from here, in whole milliseconds: V8 then keeps them as small integers, and makes no objects of them. */
const STARTED = bootTimeMs();

export const systemClock: Clock = {
  monotonicMs: () => Math.floor(bootTimeMs() - STARTED),
  wallMs: () => Date.now(),
};

export const systemRandom: Random = { bytes: (length) => randomBytes(length) };
