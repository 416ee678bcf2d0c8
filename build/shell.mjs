// @ts-check
/** What the app is shown in: Electron where it can be started, else the browser. */
import { electronProgram, whyNoElectron } from './electron/binary.mjs';
import { isRoot } from './prerequisites.mjs';

/** @returns {{ kind: 'electron', binary: string } | { kind: 'browser', reason: string }} */
export function chooseShell({ asRoot = isRoot(), binary = electronProgram(), why = whyNoElectron() } = {}) {
  if (binary === null || why !== null)
    return { kind: 'browser', reason: `Electron cannot be started: ${why}` };
  if (asRoot) return { kind: 'browser', reason: "Electron's sandbox does not work as root" };
  return { kind: 'electron', binary };
}
