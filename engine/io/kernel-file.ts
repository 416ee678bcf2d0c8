/** The compiled kernels, which lie beside the bundled program. */
import { readFileSync } from 'node:fs';
import { KernelCipher } from '../dataplane/kernels.ts';
import type { SharedMemory } from './packet-memory.ts';

const KERNELS = new URL('./kernels.wasm', import.meta.url);

/** @returns null on a processor without SIMD, where plain code takes over */
export function loadKernels(memory: SharedMemory): KernelCipher | null {
  const wasm = readFileSync(KERNELS);
  return WebAssembly.validate(wasm) ? new KernelCipher(wasm, memory) : null;
}
