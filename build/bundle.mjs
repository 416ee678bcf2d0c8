// @ts-check
/** Bundles the programs, the page and Electron's part into dist/ and links them into node_modules/.bin, where npx finds them. */
import { chmodSync, copyFileSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { build, formatMessages } from 'esbuild';
import { compileKernels } from './kernels.mjs';
import { UNITS } from './linux/units.mjs';
import { compileMessages } from './messages.mjs';
import { buildPage } from './page.mjs';
import { describe, Failure, step } from './report.mjs';
import { ROOT } from './setup.mjs';

/** Each entry exports `main(args)`, which resolves to the exit code. */
const PROGRAMS = [
  { name: 'wayfare', entry: './helper/cli/main.ts' },
  { name: 'wayfare-engine', entry: './engine/main.ts' },
  { name: 'wayfare-ui', entry: './electron/shells/ui.ts' },
];

/** Commander and sudo-prompt are CommonJS inside, and ask for node's own modules by `require`. */
const REQUIRE = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);`;

/** The package `ws` would look for native addons wherever node finds modules. */
const NO_ADDONS = {
  'process.env.WS_NO_BUFFER_UTIL': '"1"',
  'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
};

/**
 * Koffi's binary stays in node_modules. An import of it would stand at the head of the bundle and load it for every
 * command; so it is required where the first file that needs it begins.
 *
 * @type {import('esbuild').Plugin}
 */
const KOFFI_WHEN_NEEDED = {
  name: 'koffi-when-needed',
  setup(bundle) {
    bundle.onResolve({ filter: /^koffi$/ }, ({ kind }) =>
      kind === 'import-statement'
        ? { path: 'koffi', namespace: 'when-needed' }
        : { path: 'koffi', external: true },
    );
    bundle.onLoad({ filter: /^koffi$/, namespace: 'when-needed' }, () => ({
      contents: "module.exports = require('koffi');",
    }));
  },
};

/** @param {{ name: string, entry: string }} program @param {string} folder */
async function bundleProgram({ name, entry }, folder) {
  const outfile = join(folder, `${name}.js`);
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
    banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
    minifyWhitespace: true, // every command reads all of it
    minifySyntax: true,
    sourcemap: true,
    define: NO_ADDONS,
    plugins: [KOFFI_WHEN_NEEDED],
    logLevel: 'silent',
  });
  chmodSync(outfile, 0o755);
}

/** Electron's main process, and the preload, which its sandbox takes as one CommonJS file. @param {string} folder */
async function bundleElectron(folder) {
  /** @type {import('esbuild').BuildOptions} */
  const common = { bundle: true, target: 'node24', external: ['electron'], logLevel: 'silent' };
  await build({
    ...common,
    stdin: {
      contents: "import { main } from './electron/main/main.ts';\nvoid main(process.argv);\n",
      resolveDir: ROOT,
      sourcefile: 'electron-main.ts',
      loader: 'ts',
    },
    outfile: join(folder, 'main.js'),
    platform: 'node',
    format: 'esm',
    banner: { js: REQUIRE },
    sourcemap: true,
  });
  await build({
    ...common,
    entryPoints: [join(ROOT, 'electron', 'preload', 'electron.ts')],
    outfile: join(folder, 'preload.cjs'),
    platform: 'browser',
    format: 'cjs',
    minify: true,
  });
}

/** @param {string} name */
function link(name) {
  const directory = join(ROOT, 'node_modules', '.bin');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, name);
  rmSync(path, { force: true });
  symlinkSync(relative(directory, join(ROOT, 'dist', `${name}.js`)), path);
}

/** Rejects with what esbuild says against the source. */
export async function bundle() {
  await bundleInto(join(ROOT, 'dist'));
  for (const { name } of PROGRAMS) link(name);
}

/** The units, which `wayfare service install` takes from beside the programs. @param {string} folder */
function copyUnits(folder) {
  mkdirSync(join(folder, 'linux'), { recursive: true });
  for (const unit of UNITS) copyFileSync(unit, join(folder, 'linux', basename(unit)));
}

/** @param {string} folder where the programs, the page, Electron's part, the kernels and the units go, side by side */
export async function bundleInto(folder) {
  await compileMessages(); // which the page has, and Electron's part
  await inWords([
    bundlePrograms(folder),
    buildPage(join(folder, 'page')),
    bundleElectron(join(folder, 'electron')),
  ]);
}

/** All but the app's window. @param {string} folder */
export async function bundlePrograms(folder) {
  copyUnits(folder);
  const programs = PROGRAMS.map((program) => bundleProgram(program, folder));
  await inWords([...programs, compileKernels(join(folder, 'kernels.wasm'))]);
}

/** Waits for all of them, and fails with what esbuild says against the source. @param {readonly Promise<void>[]} works */
async function inWords(works) {
  const results = await Promise.allSettled(works);
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  if (errors.length === 0) return;
  const messages = errors.flatMap((error) => error.errors ?? [{ text: describe(error) }]);
  throw new Failure((await formatMessages(messages, { kind: 'error' })).join('').trimEnd());
}

if (process.argv[1] === import.meta.filename) {
  await step('building', bundle).catch((error) => {
    process.stderr.write(`${describe(error)}\n`);
    process.exitCode = 1;
  });
}
