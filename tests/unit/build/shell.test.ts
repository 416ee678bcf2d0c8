/** What the app is shown in. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { chooseShell } from '../../../build/shell.mjs';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'wayfare-shell-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function installElectron(): string {
  const folder = join(root, 'node_modules', 'electron', 'dist');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'electron'), '');
  return join(folder, 'electron');
}

it('is_the_browser_where_no_binary_of_Electron_is_and_says_so', () => {
  const reason = "Electron's binary is not in node_modules/electron/dist";
  for (const asRoot of [true, false])
    expect(chooseShell(root, { asRoot })).toEqual({ kind: 'browser', reason });
});

it('is_Electron_where_its_binary_is', () => {
  const binary = installElectron();
  expect(chooseShell(root, { asRoot: false })).toEqual({ kind: 'electron', binary });
});

it('is_the_browser_for_root_in_any_case', () => {
  installElectron();
  const reason = "Electron's sandbox does not work as root";
  expect(chooseShell(root, { asRoot: true })).toEqual({ kind: 'browser', reason });
});
