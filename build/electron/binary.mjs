// @ts-check
/** Where Electron's binary is, if it is. Its package brings none: it is fetched on first use. Needs no node modules. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../setup.mjs';

const { ELECTRON_OVERRIDE_DIST_PATH } = process.env;

/** As Electron's own package has it. */
const PROGRAMS = /** @type {Partial<Record<NodeJS.Platform, string>>} */ ({
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
});

export const ELECTRON_FOLDER = ELECTRON_OVERRIDE_DIST_PATH ?? join(ROOT, 'node_modules', 'electron', 'dist');

/** @returns {string | null} the program, or null where it is not there */
export function electronProgram() {
  const program = join(ELECTRON_FOLDER, PROGRAMS[process.platform] ?? 'electron');
  return existsSync(program) ? program : null;
}

/** @returns {string | null} why Electron cannot be started here, or null */
export function whyNoElectron() {
  if (electronProgram() === null) return "its binary is not here ('npx install-electron' fetches it)";
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) return 'there is no display';
  return null;
}
