// @ts-check
/** What the app is shown in: Electron where its binary is, which no install script has fetched, else the browser. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isRoot } from './prerequisites.mjs';

/** Below node_modules/electron/dist, as Electron's own index.js has it. */
const BINARIES = /** @type {Readonly<Record<string, string>>} */ ({
  linux: 'electron',
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
});

/**
 * @param {string} root the folder of package.json
 * @returns {{ kind: 'electron', binary: string } | { kind: 'browser', reason: string }}
 */
export function chooseShell(root, { asRoot = isRoot() } = {}) {
  const folder = join('node_modules', 'electron', 'dist');
  const binary = join(root, folder, BINARIES[process.platform] ?? 'electron');
  if (!existsSync(binary)) return { kind: 'browser', reason: `Electron's binary is not in ${folder}` };
  if (asRoot) return { kind: 'browser', reason: "Electron's sandbox does not work as root" };
  return { kind: 'electron', binary };
}
