// @ts-check
/** Bundles the two programs into dist/ and links them into node_modules/.bin, where npx finds them. */
import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, formatMessages } from 'esbuild';
import { describe, Failure, step } from './report.mjs';
import { ROOT } from './setup.mjs';

/** Each entry exports `main(args)`, which resolves to the exit code. */
const PROGRAMS = [
  { name: 'wayfare', entry: './helper/cli/main.ts' },
  { name: 'wayfare-engine', entry: './engine/main.ts' },
];

/** Commander is CommonJS inside, and asks for node's own modules by `require`. */
const BANNER = `#!/usr/bin/env node
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);`;

/** @param {{ name: string, entry: string }} program */
async function bundleProgram({ name, entry }) {
  const outfile = join(ROOT, 'dist', `${name}.js`);
  await build({
    stdin: {
      contents: `import { main } from '${entry}';\nprocess.exitCode = await main(process.argv.slice(2));\n`,
      resolveDir: ROOT,
      sourcefile: `${name}.ts`,
      loader: 'ts',
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: BANNER },
    sourcemap: true,
    external: ['koffi', '@koromix/*'], // its binary stays beside it, in node_modules
    logLevel: 'silent',
  });
  chmodSync(outfile, 0o755);
  link(name, outfile);
}

/** @param {string} name @param {string} target */
function link(name, target) {
  const directory = join(ROOT, 'node_modules', '.bin');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, name);
  rmSync(path, { force: true });
  symlinkSync(relative(directory, target), path);
}

/** Rejects with what esbuild says against the source. */
export async function bundle() {
  const results = await Promise.allSettled(PROGRAMS.map(bundleProgram));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length === 0) return;
  const messages = errors.flatMap((error) => error.errors ?? [{ text: String(error) }]);
  throw new Failure((await formatMessages(messages, { kind: 'error' })).join('').trimEnd());
}

if (process.argv[1] === import.meta.filename) {
  await step('building', bundle).catch((error) => {
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = 1;
  });
}
