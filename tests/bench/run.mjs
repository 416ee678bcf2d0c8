// @ts-check
/** Runs a benchmark written in TypeScript: `node tests/bench/run.mjs NAME [ARGUMENT…]`. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const directory = import.meta.dirname;
const names = readdirSync(directory).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -3)] : []));
const [name, ...args] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`usage: node tests/bench/run.mjs ${names.join('|')} [ARGUMENT…]`);
  process.exit(2);
}
const outfile = join(directory, '../../dist/bench', `${name}.mjs`);
await build({
  entryPoints: [join(directory, `${name}.ts`)],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'error',
});
process.exitCode =
  spawnSync(process.execPath, ['--expose-gc', outfile, ...args], { stdio: 'inherit' }).status ?? 1;
