/** `wayfare service …`: needs root, and no helper. */
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { systemClock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { InstallOrder } from '../service/index.ts';
import { DEFAULT_SOCKET, DEFAULT_STATE_DIR } from './defaults.ts';

export function addServiceCommands(program: Command): void {
  const service = program
    .command('service')
    .description('install the helper as a service of this machine, upgrade or remove it; needs root');
  service
    .command('install')
    .description('install this very program, and start its helper where systemd runs')
    .option('--root <dir>', 'install below DIR, the root of a system that is not running', '/')
    .action(async ({ root }) => (await import('../service/index.ts')).installService(installOrder(root)));
  service
    .command('upgrade')
    .description('put this very program in the place of the one that is installed, and restart the helper')
    .option('--root <dir>', 'upgrade below DIR, the root of a system that is not running', '/')
    .action(async ({ root }) => (await import('../service/index.ts')).upgradeService(installOrder(root)));
  service
    .command('remove')
    .description('remove everything but the tunnels, and end whatever runs of it')
    .option('--purge', 'remove the tunnels and their keys too')
    .option('--root <dir>', 'remove below DIR, the root of a system that is not running', '/')
    .action(async ({ root, purge = false }) => {
      const { removeService } = await import('../service/index.ts');
      await removeService({ root, purge, reset: resetHere, clock: systemClock, say });
    });
}

/** @throws Failure for the first of what could not be removed */
async function resetHere(): Promise<void> {
  const [leftover] = await (await import('../main.ts')).resetMachine({
    socketPath: DEFAULT_SOCKET,
    stateDir: DEFAULT_STATE_DIR,
  });
  if (leftover !== undefined) throw Failure.from(leftover);
}

/** The bundle that this file is part of, with the node that runs it. */
function installOrder(root: string): InstallOrder {
  const bundle = fileURLToPath(new URL('.', import.meta.url));
  return {
    root,
    source: { node: process.execPath, bundle },
    person: personAsking(),
    clock: systemClock,
    say,
  };
}

/** sudo(8) and pkexec(1) tell who asked. */
function personAsking(): number | null {
  const { SUDO_UID, PKEXEC_UID } = process.env;
  const uid = Number(SUDO_UID ?? PKEXEC_UID ?? 0);
  return Number.isInteger(uid) && uid > 0 ? uid : null;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
