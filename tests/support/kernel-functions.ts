/** The functions inside the kernels, which the engine never calls by themselves: the same source, compiled with other exports. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileKernels } from '../../build/kernels.mjs';
import type { SharedMemory } from '../../engine/io/packet-memory.ts';

const SOURCES = ['chacha20', 'poly1305', 'checksum'].map((name) => `engine/dataplane/kernels/${name}.ts`);

/** Offsets and lengths are bytes in packet memory. */
export interface KernelFunctions {
  /** @param key 32 bytes, for the keystream */
  setKey(key: number): void;
  /** Writes 256 bytes of keystream from block `block` on. */
  keystream(block: number, counterLow: number, counterHigh: number, to: number): void;
  /** Encrypts 256 bytes. */
  xorKeystream(block: number, counterLow: number, counterHigh: number, to: number, from: number): void;
  /** @param key r and s, 32 bytes @param blocks whole blocks of 16 bytes @param tag 16 bytes */
  poly1305(key: number, message: number, blocks: number, tag: number): void;
  /** @returns the sum of little-endian 16-bit words */
  sumWords(at: number, length: number): bigint;
  fold(sum: bigint): number;
}

export async function compileKernelFunctions(memory: SharedMemory): Promise<KernelFunctions> {
  const folder = mkdtempSync(join(tmpdir(), 'wayfare-kernels-'));
  try {
    const file = join(folder, 'functions.wasm');
    await compileKernels(file, SOURCES);
    const wasm = new WebAssembly.Module(readFileSync(file));
    const instance = new WebAssembly.Instance(wasm, { env: { memory: memory.wasm } });
    return instance.exports as unknown as KernelFunctions;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
