/** The operating system's clock and random source: the only place that the engine reads them. */
import { randomBytes } from 'node:crypto';
import type { Clock, Random } from '../ports.ts';
import { bootTimeMs } from './linux/boot-clock.ts';

export const systemClock: Clock = {
  monotonicMs: bootTimeMs,
  wallMs: () => Date.now(),
};

export const systemRandom: Random = { bytes: (length) => randomBytes(length) };
