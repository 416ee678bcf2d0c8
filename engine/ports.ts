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
  /** The offset of MAX_RUN bytes, in which {@link TransportKey.openRun} tells what it found. */
  readonly verdicts: number;
}

/**
 * Inner packets of one flow: a packet, or a TCP or UDP super-packet that stands for many (see wire/packet-run.ts). One
 * object serves many runs, one after the other. Offsets are in packet memory, lengths in bytes.
 */
export interface PacketRun {
  packet: number;
  /** Of the packet or super-packet. */
  length: number;
  version: 4 | 6;
  /** How many packets it is on the wire. */
  count: number;
  /** Payload of each packet but the last; 0 for a packet that is whole as it stands, and has none of what follows. */
  segmentPayload: number;
  /** PROTOCOL_TCP or PROTOCOL_UDP. */
  protocol: number;
  /** Bytes of the IP header and its extensions. */
  networkLength: number;
  /** Bytes of all headers. */
  headersLength: number;
}

/** The most datagrams that are opened in one call: the kernel's UDP GRO joins no more. */
export const MAX_RUN = 64;

/** The most bytes that one run is sealed into: room for the longest super-packet in segments of a few dozen bytes. */
export const MAX_SEALED_RUN = 512 * 1024;

/** Where sealed datagrams go, and what numbers they bear. A counter is a u64 in two u32 halves, which costs no BigInt. */
export interface TransportHeader {
  /** The peer's index of the session, which datagrams bear as their receiver index. */
  readonly remoteIndex: number;
  readonly counterHigh: number;
  readonly counterLow: number;
}

/** Seals and opens transport data in packet memory, many at a time: what the fast kernels do, and the plain code. */
export interface TransportCipher {
  /** @param key 32 bytes, copied */
  importKey(key: Uint8Array): TransportKey;
}

/** One direction's session key: AEAD(key, counter, plaintext, ε) of paper §5.4.6. */
export interface TransportKey {
  /**
   * Writes the run's packets as datagrams, one behind the other, with counters from `header`'s on. The run's bytes may
   * be overwritten. A single packet may already stand where it is sealed, 16 bytes behind `to`.
   * @param mtu bytes of the longest inner packet, where padding stops
   */
  sealRun(memory: PacketMemory, run: PacketRun, header: TransportHeader, mtu: number, to: number): void;
  /**
   * Opens `count` datagrams in place, `stride` bytes apart and as long, but for the last. Byte `i` of `memory.verdicts`
   * becomes 1 where the tag of datagram `i` was right, else 0, and its bytes are as they were.
   */
  openRun(memory: PacketMemory, first: number, stride: number, count: number, lastLength: number): void;
  wipe(): void;
}
