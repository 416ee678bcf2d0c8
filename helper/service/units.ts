/** The units in systemd: put into place, enabled, started (systemctl(1)). */
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readlink, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Layout } from './layout.ts';
import { findProgram, runSystemCommand } from './system-command.ts';

const HELPER_UNIT = 'wayfare.service';
const SOCKET_UNIT = 'wayfare.socket';
export const UNITS = [HELPER_UNIT, SOCKET_UNIT, 'wayfare-lockdown.service'] as const;

/** sd_booted(3): whether this machine, and not a folder that stands for one, is run by systemd. */
export function isRunBySystemd({ root }: Layout): boolean {
  return root === '/' && existsSync('/run/systemd/system');
}

/** Takes the units of the current version. */
export async function putUnits(layout: Layout): Promise<void> {
  await mkdir(layout.units, { recursive: true, mode: 0o755 });
  for (const unit of UNITS) {
    const place = join(layout.units, unit);
    const temporary = `${place}.new`;
    await copyFile(join(layout.current, 'linux', unit), temporary);
    await chmod(temporary, 0o644);
    await rename(temporary, place);
  }
  if (isRunBySystemd(layout)) await runSystemCommand('systemctl', ['daemon-reload']);
}

/** Where this system has systemd. */
export async function enableUnits(layout: Layout): Promise<void> {
  if (findProgram('systemctl') === null) return;
  await runSystemCommand('systemctl', [...offline(layout), '--quiet', 'enable', ...UNITS]);
}

/** Where this system has systemd; stops them too where it runs, all at once: nobody's question starts one again. */
export async function disableUnits(layout: Layout): Promise<void> {
  if (findProgram('systemctl') === null) return;
  const installed = UNITS.filter((unit) => existsSync(join(layout.units, unit)));
  if (installed.length === 0) return;
  if (isRunBySystemd(layout)) await runSystemCommand('systemctl', ['stop', ...installed]);
  await runSystemCommand('systemctl', [...offline(layout), '--quiet', 'disable', ...installed]);
}

export async function removeUnits(layout: Layout): Promise<void> {
  for (const unit of UNITS) await rm(join(layout.units, unit), { force: true });
  if (isRunBySystemd(layout)) await runSystemCommand('systemctl', ['daemon-reload']);
}

/** @returns whether systemd listens for the helper, and starts it for whoever connects */
export async function isSocketActive(): Promise<boolean> {
  return (await property(SOCKET_UNIT, 'ActiveState')) === 'active';
}

/** @returns the name of the version that runs now, which is not the current one where an upgrade was interrupted */
export async function runningVersion(): Promise<string | null> {
  const pid = await property(HELPER_UNIT, 'MainPID');
  if (pid === '0') return null;
  return basename(dirname(await readlink(`/proc/${pid}/exe`)));
}

/**
 * Or starts it, and its socket where that is not active. By the unit's RestartKillSignal: what stands of tunnels and
 * firewall stays meanwhile, and whoever connects waits at the socket.
 */
export async function restartHelper(): Promise<void> {
  await runSystemCommand('systemctl', ['restart', HELPER_UNIT]);
}

/** @returns how often systemd has started it again since somebody did */
export async function endsOfHelper(): Promise<number> {
  return Number(await property(HELPER_UNIT, 'NRestarts'));
}

async function property(unit: string, name: string): Promise<string> {
  return (await runSystemCommand('systemctl', ['show', '--property', name, '--value', unit])).trim();
}

function offline(layout: Layout): string[] {
  return isRunBySystemd(layout) ? [] : [`--root=${layout.root}`];
}
