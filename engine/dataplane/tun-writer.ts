/** Inner packets on their way to TUN, joined into super-packets where they continue each other. */
import type { KernelCipher, KernelMemory } from './kernels.ts';

/** As many as are joined before they are written: each takes an iovec. */
const MAX_PACKETS = 1_024;
const IOVEC_LENGTH = 16;
/** First iovec and count of one write, u32 each. */
const WRITE_LENGTH = 8;

/** Writes `count` buffers, described by iovecs at an offset, as one packet. */
export type WriteVector = (iovecs: number, count: number) => void;

export class TunWriter {
  readonly #exports: KernelCipher['exports'];
  readonly #memory: KernelMemory;
  readonly #iovecs: number;
  readonly #writes: number;
  readonly #write: WriteVector;
  #packets = 0;

  /** @param mergesUdp whether the TUN driver takes UDP super-packets */
  constructor(kernels: KernelCipher, memory: KernelMemory, mergesUdp: boolean, write: WriteVector) {
    this.#exports = kernels.exports;
    this.#memory = memory;
    this.#iovecs = memory.allocate(MAX_PACKETS * IOVEC_LENGTH);
    this.#writes = memory.allocate(MAX_PACKETS * WRITE_LENGTH);
    this.#write = write;
    this.#exports.configureCoalescing(
      BigInt(memory.address(0)),
      this.#iovecs,
      this.#writes,
      mergesUdp ? 1 : 0,
    );
  }

  /** Takes a packet whose bytes stay as they are until {@link flush}, with 16 bytes before it to be overwritten. */
  add(offset: number, length: number): void {
    if (this.#packets === MAX_PACKETS) this.flush();
    this.#packets++;
    this.#exports.coalesce(offset, length);
  }

  /** Writes what was taken. */
  flush(): void {
    if (this.#packets === 0) return;
    this.#packets = 0;
    const writes = this.#exports.flushCoalesced();
    const { view } = this.#memory;
    for (let i = 0; i < writes; i++) {
      const at = this.#writes + i * WRITE_LENGTH;
      this.#write(this.#iovecs + view.getUint32(at, true) * IOVEC_LENGTH, view.getUint32(at + 4, true));
    }
  }
}
