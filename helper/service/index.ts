/**
 * `wayfare service install|upgrade|remove`, as root. Each may be interrupted and run again: it goes on from where the
 * machine stands.
 */
import { existsSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HelperClock } from '../clock.ts';
import { errorCode, Failure, notOnThisSystem, toFailure } from '../failure.ts';
import { GROUPS, letIn, makeAccounts, removeAccounts } from './accounts.ts';
import { answers, isListening } from './knock.ts';
import { type Layout, layoutBelow } from './layout.ts';
import { locatePayload, type Source } from './payload.ts';
import { endProcesses } from './processes.ts';
import { currentVersion, makeCurrent, putVersion, removeOtherVersions } from './program.ts';
import {
  disableUnits,
  enableUnits,
  endsOfHelper,
  isRunBySystemd,
  isSocketActive,
  putUnits,
  removeUnits,
  restartHelper,
  runningVersion,
} from './units.ts';

export interface InstallOrder {
  /** `/`, or the folder that stands for it: then nothing is started. */
  readonly root: string;
  readonly source: Source;
  /** The uid of the person who asked through sudo or pkexec, or null. */
  readonly person: number | null;
  readonly clock: HelperClock;
  readonly say: (line: string) => void;
}

export interface RemoveOrder {
  readonly root: string;
  /** Whether the tunnels go too. */
  readonly purge: boolean;
  /** Takes firewall, routes and DNS of ours away, whatever state they are in. */
  readonly reset: () => Promise<void>;
  readonly clock: HelperClock;
  readonly say: (line: string) => void;
}

/** A helper is ready within a second; this is for the slowest of machines. */
const START_TIMEOUT_MS = 15_000;
const START_POLL_MS = 100;
/** By then it will not start any more. */
const MAX_ENDS = 3;
const SEE_JOURNAL = "see 'journalctl -u wayfare'";

/** Installs this very program, in the place of any other version. */
export async function installService(order: InstallOrder): Promise<void> {
  requireRoot();
  const layout = layoutBelow(order.root);
  const payload = await locatePayload(order.source);
  const former = await currentVersion(layout);
  if (isRunBySystemd(layout)) await requireNoOtherHelper(layout);
  await makeAccounts(layout);
  await putVersion(layout, payload);
  if (former === null || former === payload.name) await activate(order, layout, payload.name);
  else await replace(order, layout, payload.name, former);
  await removeOtherVersions(layout, payload.name);
  order.say(
    former === payload.name
      ? `Wayfare ${payload.name} is installed already.`
      : `Installed Wayfare ${payload.name}.`,
  );
  await sayWhoMayUseIt(order, layout);
}

/** Like an installation, where there is one. */
export async function upgradeService(order: InstallOrder): Promise<void> {
  const layout = layoutBelow(order.root);
  if ((await currentVersion(layout)) === null)
    throw new Failure(
      'Wayfare is not installed',
      `in ${layout.programFolder}`,
      "run 'wayfare service install'",
    );
  await installService(order);
}

/** Takes everything away but the tunnels, and ends whatever runs of it. @throws Failure where another program's helper runs */
export async function removeService({ root, purge, reset, clock, say }: RemoveOrder): Promise<void> {
  requireRoot();
  const layout = layoutBelow(root);
  await disableUnits(layout);
  if (layout.root === '/') await endProcesses(layout, clock);
  if (await isListening(layout.socket)) throw helperOfAPerson(layout);
  if (layout.root === '/') await reset();
  await removeUnits(layout);
  await rm(layout.current, { force: true });
  await rm(layout.versions, { recursive: true, force: true });
  await removeIfEmpty(layout.programFolder); // a package may have files of its own there
  await rm(layout.runtimeDir, { recursive: true, force: true });
  await removeState(layout, purge);
  await removeAccounts(layout);
  say(
    purge ? 'Removed Wayfare and its tunnels.' : `Removed Wayfare. Its tunnels stay in ${layout.stateDir}.`,
  );
}

function requireRoot(): void {
  if (process.platform !== 'linux') throw notOnThisSystem('the service');
  if (process.geteuid!() !== 0) throw new Failure('this needs root', '', 'run it with sudo');
}

/** One in the foreground would lose its socket to systemd's. @throws Failure where there is one */
async function requireNoOtherHelper(layout: Layout): Promise<void> {
  const isService = (await isSocketActive()) || (await runningVersion()) !== null;
  if (!isService && (await isListening(layout.socket))) throw helperOfAPerson(layout);
}

function helperOfAPerson({ socket }: Layout): Failure {
  return new Failure('a helper is running that systemd did not start', `at ${socket}`, 'stop it first');
}

/** Makes a version the one that runs. */
async function activate({ clock }: InstallOrder, layout: Layout, name: string): Promise<void> {
  await makeCurrent(layout, name);
  await putUnits(layout);
  await enableUnits(layout);
  if (!isRunBySystemd(layout)) return;
  if ((await runningVersion()) !== name || !(await isSocketActive())) await restartHelper();
  await untilItAnswers(layout, clock);
}

/** Goes back to the former version where the new one does not start: a traveller is never left without a helper. */
async function replace(order: InstallOrder, layout: Layout, name: string, former: string): Promise<void> {
  try {
    await activate(order, layout, name);
  } catch (error) {
    await activate(order, layout, former);
    await removeOtherVersions(layout, former);
    const { what } = toFailure(error).parts;
    throw new Failure(
      `it did not start (${what})`,
      `version ${name}`,
      `${former} runs again; ${SEE_JOURNAL}`,
    );
  }
}

async function untilItAnswers({ socket }: Layout, clock: HelperClock): Promise<void> {
  const { signal } = new AbortController();
  const deadline = clock.monotonicMs() + START_TIMEOUT_MS;
  const endsBefore = await endsOfHelper();
  while (!(await answers(socket))) {
    const ends = (await endsOfHelper()) - endsBefore;
    if (ends >= MAX_ENDS) throw new Failure(`the helper ended ${ends} times`, '', SEE_JOURNAL);
    if (clock.monotonicMs() > deadline)
      throw new Failure(
        `the helper does not answer after ${START_TIMEOUT_MS / 1_000} seconds`,
        '',
        SEE_JOURNAL,
      );
    await clock.sleep(START_POLL_MS, signal);
  }
}

async function sayWhoMayUseIt({ person, say }: InstallOrder, layout: Layout): Promise<void> {
  const name = person === null ? null : await letIn(layout, person);
  if (name !== null) say(`${name} may use it after the next login.`);
  else say(`Who may use it: members of the groups ${GROUPS.join(' and ')}.`);
  if (!isRunBySystemd(layout)) {
    const program = `${layout.current}/node ${layout.current}/wayfare.js`;
    say(`systemd does not run here. Start the helper in the foreground with: sudo ${program} helper`);
  }
}

async function removeState({ stateDir }: Layout, purge: boolean): Promise<void> {
  if (!existsSync(stateDir)) return;
  for (const name of await readdir(stateDir))
    if (purge || name !== 'tunnels') await rm(join(stateDir, name), { recursive: true });
  await removeIfEmpty(join(stateDir, 'tunnels'));
  await removeIfEmpty(stateDir);
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT' && errorCode(error) !== 'ENOTEMPTY') throw error;
  }
}
