/**
 * The memory that system calls, kernels and TypeScript share: a WebAssembly memory whose size never changes, so that
 * its buffer is never detached and its native address stays what it is.
 */
import koffi from 'koffi';
import { MAX_RUN, type PacketMemory } from '../ports.ts';

const WASM_PAGE = 65_536;
/** The first bytes are the kernels' own: their static data (build/kernels.mjs). */
const KERNEL_BYTES = 8_192;

export class SharedMemory implements PacketMemory {
  readonly wasm: WebAssembly.Memory;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly verdicts: number;
  readonly #base: number;
  #used = KERNEL_BYTES;

  /** @param size bytes, rounded up to WebAssembly pages */
  constructor(size: number) {
    const pages = Math.ceil(size / WASM_PAGE);
    this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    this.bytes = new Uint8Array(this.wasm.buffer);
    this.view = new DataView(this.wasm.buffer);
    this.#base = Number(koffi.address(this.bytes));
    this.verdicts = this.allocate(MAX_RUN);
  }

  /** Takes `size` zeroed bytes for good. @returns their offset, a multiple of 64 */
  allocate(size: number): number {
    const offset = this.#used;
    this.#used = Math.ceil((offset + size) / 64) * 64;
    if (this.#used > this.bytes.length) throw new RangeError('packet memory is too small for its parts');
    return offset;
  }

  /** The native address of an offset, for system calls. */
  address(offset: number): number {
    return this.#base + offset;
  }

  /** Stores the native address of `target` at `offset`, as a C pointer. */
  setPointer(offset: number, target: number): void {
    this.setUint64(offset, this.address(target));
  }

  /** @param value below 2^53 */
  setUint64(offset: number, value: number): void {
    this.view.setUint32(offset, value >>> 0, true);
    this.view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
  }
}
