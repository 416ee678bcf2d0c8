/**
 * What the engine asks of the world. The protocol's own code takes times, random bytes and packets as arguments;
 * only `io/` and the tests implement these.
 */

/** Milliseconds on a clock that never jumps. Intervals are measured with it. */
export type MonotonicMs = number;

export interface Clock {
  monotonicMs(): MonotonicMs;
  /** Milliseconds since the Unix epoch by the wall clock, which may jump. */
  wallMs(): number;
}

export interface Random {
  /** @returns `length` fresh bytes from a cryptographic source */
  bytes(length: number): Uint8Array;
}

/** A uniformly random u32, for indices. */
export function randomUint32(random: Random): number {
  const bytes = random.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}
