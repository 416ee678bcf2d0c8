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

/**
 * One block of memory that packets live in, addressed by byte offset. On Linux it is a WebAssembly memory of fixed
 * size, so that system calls, kernels and TypeScript share it without a copy.
 */
export interface PacketMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/**
 * Seals and opens transport data in packet memory. This is what the fast kernels replace.
 * A counter is a u64 in two u32 halves, which costs no BigInt a packet.
 */
export interface TransportCipher {
  /** @param key 32 bytes, copied */
  importKey(key: Uint8Array): TransportKey;
}

/** One direction's session key: AEAD(key, counter, plaintext, ε) of paper §5.4.6. */
export interface TransportKey {
  /** Encrypts `length` bytes at `offset` in place; the 16-byte tag follows them. */
  seal(memory: PacketMemory, counterHigh: number, counterLow: number, offset: number, length: number): void;
  /** Decrypts `length` bytes at `offset` in place, whose tag follows them. @returns false, and the bytes as they were, for a wrong tag */
  open(
    memory: PacketMemory,
    counterHigh: number,
    counterLow: number,
    offset: number,
    length: number,
  ): boolean;
  wipe(): void;
}
