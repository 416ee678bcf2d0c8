/**
 * Milliseconds since boot, time asleep included (clock_gettime(2), CLOCK_BOOTTIME): a key that a suspended laptop wakes
 * up with is as old as the world takes it to be.
 */
import koffi from 'koffi';
import { libc } from './libc.ts';

const CLOCK_BOOTTIME = 7;

/** struct timespec: seconds and nanoseconds, 64 bits each. */
const timespec = new DataView(new ArrayBuffer(16));
const address = Number(koffi.address(new Uint8Array(timespec.buffer)));

export function bootTimeMs(): number {
  libc.clockGettime(CLOCK_BOOTTIME, address);
  const seconds = timespec.getUint32(4, true) * 2 ** 32 + timespec.getUint32(0, true);
  return seconds * 1_000 + timespec.getUint32(8, true) / 1_000_000;
}
