/**
 * The kernels, as the engine calls them: what touches every byte of every packet, in WebAssembly with SIMD. Their source
 * is in kernels/, in AssemblyScript; which peer, which key and whether at all is decided before they are called.
 */
import type { PacketMemory, PacketRun, TransportCipher, TransportHeader, TransportKey } from '../ports.ts';

/** Packet memory that kernels can run in. */
export interface KernelMemory extends PacketMemory {
  readonly wasm: WebAssembly.Memory;
  allocate(size: number): number;
  address(offset: number): number;
}

/** What kernels/index.ts exports. Offsets and lengths are bytes in packet memory. */
interface KernelExports {
  setKey(key: number): void;
  startRun(receiverIndex: number, counterLow: number, counterHigh: number, mtu: number): void;
  sealPacket(packet: number, length: number, to: number): number;
  sealSegments(
    packet: number,
    protocol: number,
    networkLength: number,
    headersLength: number,
    payloadLength: number,
    segmentPayload: number,
    to: number,
  ): number;
  openRun(first: number, stride: number, count: number, lastLength: number, opened: number): void;
  configureCoalescing(nativeBase: bigint, iovecs: number, writes: number, mergesUdp: number): void;
  coalesce(packet: number, length: number): void;
  flushCoalesced(): number;
}

const KEY_LENGTH = 32;

/** Seals and opens by the kernels. */
export class KernelCipher implements TransportCipher {
  readonly exports: KernelExports;
  readonly #memory: KernelMemory;
  readonly #keyAt: number;
  #latest: KernelKey | null = null;

  /** @param wasm the module's bytes @param memory whose first KERNEL_BYTES are the kernels' own */
  constructor(wasm: Uint8Array, memory: KernelMemory) {
    const abort = () => {
      throw new Error('a kernel aborted');
    };
    const imports = { env: { memory: memory.wasm, abort } };
    const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), imports);
    this.exports = instance.exports as unknown as KernelExports;
    this.#memory = memory;
    this.#keyAt = memory.allocate(KEY_LENGTH);
  }

  importKey(key: Uint8Array): TransportKey {
    return new KernelKey(this, key);
  }

  /** Makes a key the kernels' own, unless it is. */
  use(key: KernelKey): void {
    if (this.#latest === key) return;
    this.#latest = key;
    this.#memory.bytes.set(key.bytes, this.#keyAt);
    this.exports.setKey(this.#keyAt);
  }

  /** Leaves nothing of a key that is wiped. */
  forget(key: KernelKey): void {
    if (this.#latest !== key) return;
    this.#latest = null;
    this.#memory.bytes.fill(0, this.#keyAt, this.#keyAt + KEY_LENGTH);
    this.exports.setKey(this.#keyAt);
  }
}

class KernelKey implements TransportKey {
  readonly bytes: Uint8Array;
  readonly #cipher: KernelCipher;

  constructor(cipher: KernelCipher, key: Uint8Array) {
    this.#cipher = cipher;
    this.bytes = Uint8Array.from(key);
  }

  sealRun(_memory: PacketMemory, run: PacketRun, header: TransportHeader, mtu: number, to: number): void {
    const { exports } = this.#cipher;
    this.#cipher.use(this);
    exports.startRun(header.remoteIndex, header.counterLow, header.counterHigh, mtu);
    if (run.segmentPayload === 0) {
      exports.sealPacket(run.packet, run.length, to);
      return;
    }
    const { packet, protocol, networkLength, headersLength, segmentPayload } = run;
    const payloadLength = run.length - headersLength;
    exports.sealSegments(packet, protocol, networkLength, headersLength, payloadLength, segmentPayload, to);
  }

  openRun(memory: PacketMemory, first: number, stride: number, count: number, lastLength: number): void {
    this.#cipher.use(this);
    this.#cipher.exports.openRun(first, stride, count, lastLength, memory.verdicts);
  }

  wipe(): void {
    this.bytes.fill(0);
    this.#cipher.forget(this);
  }
}
