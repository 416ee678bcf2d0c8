// @ts-check
/**
 * What must be there before anything else: Node, node modules in step with package-lock.json, Debian packages.
 * Runs before the node modules exist, so it imports nothing but node's own.
 */
import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRoot, missingPrograms } from './prerequisites.mjs';
import { describe, Failure, say, step } from './report.mjs';
import { hasProgram, run } from './run.mjs';

/** @import { Purpose } from './prerequisites.mjs' */

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
const OLDEST_NODE = [20, 18];

/** @param {string} version such as `20.18.1` */
export function checkNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  throw new Failure(
    `Node ${OLDEST_NODE.join('.')} or newer is needed, and this is ${version} (${process.execPath}): install a newer one`,
  );
}

/**
 * npm writes what it installed to `node_modules/.package-lock.json`. Optional packages, such as other platforms'
 * binaries, may be absent, but not of another version.
 *
 * @param {string} root the folder of package.json
 */
export function nodeModulesInStep(root) {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = readPackages(join(root, 'package-lock.json'));
  const installed = readPackages(installedFile);
  delete wanted['']; // the repository itself
  return (
    Object.keys(installed).every((path) => path in wanted) &&
    Object.entries(wanted).every(([path, { version, optional }]) => {
      const found = installed[path];
      if (found === undefined) return optional === true;
      return found.version === version && existsSync(join(root, path, 'package.json'));
    })
  );
}

/** @param {string} file @returns {Record<string, { version: string, optional?: boolean }>} */
function readPackages(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages;
}

async function installNodeModules() {
  if (nodeModulesInStep(ROOT)) return;
  if (lstatSync(join(ROOT, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Failure(
      'node_modules is a link, and out of step with package-lock.json: npm ci would empty what it points to',
    );
  // No package's install script is needed, and this may be running as root.
  await step('installing node modules', () => run('npm', ['ci', '--ignore-scripts'], { cwd: ROOT }));
}

/** @param {readonly string[]} packages */
export function installCommand(packages) {
  return `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

/**
 * @param {Purpose} purpose
 * @returns {Promise<string | null>} a sentence about what is missing and cannot be installed from here, or null
 */
async function installDebianPackages(purpose) {
  const packages = [...new Set(missingPrograms(purpose).map(({ debianPackage }) => debianPackage))];
  if (packages.length === 0) return null;
  const list = packages.join(', ');
  const command = installCommand(packages);
  if (!hasProgram('apt-get')) return `install what Debian calls ${list}`;
  if (!isRoot()) return `run: sudo ${command}`;
  try {
    await step('refreshing the Debian package lists', () => aptGet('update'));
    await step(`installing ${list}`, () => aptGet(...command.split(' ').slice(1)));
    return null;
  } catch (error) {
    say(describe(error));
    return `run: ${command}`;
  }
}

/** @param {readonly string[]} args */
function aptGet(...args) {
  return run('apt-get', ['-o', 'DPkg::Lock::Timeout=120', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
  });
}

/**
 * @param {Purpose} purpose
 * @returns {Promise<string | null>} what a person still has to do for the Debian packages, or null
 */
export async function setUp(purpose) {
  checkNode(process.versions.node);
  await installNodeModules();
  return installDebianPackages(purpose);
}
