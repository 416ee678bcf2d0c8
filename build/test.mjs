// @ts-check
/**
 * `npm test [-- PATTERN]`: set-up, types, lint, import rules, build, then vitest. A step that fails does not keep the
 * later ones from running. The last line counts every test and check: `Total: N passed, N failed, N skipped`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whyNoElectron } from './electron/binary.mjs';
import { whyNoNamespaceTests } from './prerequisites.mjs';
import { describe, Failure, say, step } from './report.mjs';
import { capture, show } from './run.mjs';
import { ROOT, setUp } from './setup.mjs';
import { readResults } from './test-results.mjs';

const { CI } = process.env;
const REFUSE_SKIPS = CI === 'true' || CI === '1';

const counts = { passed: 0, failed: 0, skipped: 0 };

/** @param {string} what @param {() => unknown} work @returns {Promise<boolean>} whether it passed */
async function check(what, work) {
  try {
    await step(what, work);
    counts.passed++;
    return true;
  } catch (error) {
    say(describe(error));
    counts.failed++;
    return false;
  }
}

/**
 * Runs a tool from the node modules, and fails with all that it said.
 *
 * @param {string} script
 * @param {readonly string[]} args
 */
async function runTool(script, ...args) {
  const options = { cwd: ROOT };
  const { code, stdout, stderr } = await capture(process.execPath, [nodeModule(script), ...args], options);
  if (code !== 0) throw new Failure(`${stdout}${stderr}`.trimEnd());
}

/** @param {string} path */
function nodeModule(path) {
  return join(ROOT, 'node_modules', path);
}

/** @param {readonly string[]} args for vitest */
async function runVitest(args) {
  const directory = mkdtempSync(join(tmpdir(), 'wayfare-test-'));
  const report = join(directory, 'results.json');
  try {
    const reporters = ['default', join(ROOT, 'build', 'results-reporter.mjs')].map(
      (name) => `--reporter=${name}`,
    );
    const code = await show(
      process.execPath,
      [nodeModule('vitest/vitest.mjs'), 'run', ...reporters, ...args],
      {
        cwd: ROOT,
        env: { WAYFARE_TEST_RESULTS: report },
      },
    );
    const results = readResults(report, ROOT);
    counts.passed += results.passed;
    // Vitest also fails for what belongs to no test, such as an error after the last one.
    counts.failed += code !== 0 && results.failed === 0 ? 1 : results.failed;
    return results.skipped;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** @param {readonly string[]} names @param {string | null} reason */
function reportSkipped(names, reason) {
  counts.skipped += names.length;
  if (names.length === 0) return;
  say(`\nSkipped${reason === null ? '' : ` (${reason})`}:`);
  for (const name of names) say(`  ${name}`);
  if (!REFUSE_SKIPS) return;
  counts.failed++;
  say('✗ CI is set: a skipped test is a failure.');
}

async function main() {
  const advice = await setUp('test');
  const { compileMessages } = await import('./messages.mjs');
  await check('messages', compileMessages);
  await check('types', async () => {
    await runTool('typescript/bin/tsc', '--noEmit');
    await runTool('typescript/bin/tsc', '--noEmit', '-p', 'renderer');
  });
  await check('lint', () =>
    runTool('@biomejs/biome/bin/biome', 'check', '--colors=off', '--error-on-warnings', '.'),
  );
  const { checkImports } = await import('./check-imports.mjs');
  await check('import rules', checkImports);
  const { bundle } = await import('./bundle.mjs');
  const built = await check('building', bundle);
  if (!built) say('· only the unit tests will run: the others need what did not build');
  const projects = built ? [] : ['--project=unit', '--project=page'];
  const reason = await whyNoNamespaceTests();
  if (reason !== null)
    say(`· the namespace tests will be skipped: ${reason}${advice === null ? '' : `; ${advice}`}`);
  const noElectron = whyNoElectron();
  if (noElectron !== null) say(`· the Electron suite is not run: ${noElectron}`);
  const filters = process.argv.slice(2);
  const skipped = await runVitest([...projects, ...filters]);
  // With a filter by test name, vitest calls all other tests skipped.
  if (!filters.some((filter) => /^(?:-t|--testNamePattern)\b/.test(filter))) reportSkipped(skipped, reason);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  counts.failed++;
}
say(`\nTotal: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exitCode = counts.failed === 0 ? 0 : 1;
