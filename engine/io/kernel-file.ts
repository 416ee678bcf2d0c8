/** The compiled kernels, which lie beside the bundled program. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { KernelCipher } from '../dataplane/kernels.ts';
import { SystemError } from '../errors.ts';
import type { SharedMemory } from './packet-memory.ts';

const KERNELS = new URL('./kernels.wasm', import.meta.url);

/** @returns null on a processor without SIMD, where plain code takes over. Throws SystemError where the file is missing. */
export function loadKernels(memory: SharedMemory): KernelCipher | null {
  const wasm = readKernels();
  return WebAssembly.validate(wasm) ? new KernelCipher(wasm, memory) : null;
}

function readKernels(): Buffer {
  try {
    return readFileSync(KERNELS);
  } catch (error) {
    const { code = 'EIO' } = error as NodeJS.ErrnoException;
    throw new SystemError(
      `read ${fileURLToPath(KERNELS)}`,
      code,
      'install Wayfare anew: a part of it is missing',
    );
  }
}
