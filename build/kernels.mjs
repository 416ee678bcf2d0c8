// @ts-check
/** Compiles the data plane's kernels, written in AssemblyScript, to WebAssembly. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from './report.mjs';
import { ROOT } from './setup.mjs';

/** Its exports are what dataplane/kernels.ts calls. */
const SOURCE = 'engine/dataplane/kernels/index.ts';
/** Static data lies from here up, below KERNEL_BYTES of engine/io/packet-memory.ts. */
const MEMORY_BASE = 1_024;

/**
 * @param {string} outfile
 * @param {readonly string[]} sources paths from the root; what they export, the module exports
 */
export async function compileKernels(outfile, sources = [SOURCE]) {
  mkdirSync(join(outfile, '..'), { recursive: true });
  // Not by a plain import: the compiler's types would redefine `console` for the whole tree.
  const compiler = 'assemblyscript/asc';
  const { default: asc } = await import(compiler);
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--importMemory'];
  const memory = ['--initialMemory', '1', '--maximumMemory', '65536', '--memoryBase', `${MEMORY_BASE}`];
  const { error, stderr } = await asc.main([
    ...sources,
    '--baseDir',
    ROOT,
    '-o',
    outfile,
    ...options,
    ...memory,
  ]);
  if (error) throw new Failure(`${sources.join(', ')}: ${stderr.toString() || error.message}`);
}
