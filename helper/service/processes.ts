/** What runs from the installed program's folder: helpers that a person started, engines, the command line (proc(5)). */
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import type { HelperClock } from '../clock.ts';
import { errorCode } from '../failure.ts';
import type { Layout } from './layout.ts';

/** As wayfare.service has it: by then a helper has taken its tunnels down. */
const PATIENCE_MS = 15_000;
const POLL_MS = 50;

interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
}

/** Each as by Ctrl-C, on which a helper takes all of its own away, in whichever network it is; what does not end is killed. */
export async function endProcesses(layout: Layout, clock: HelperClock): Promise<void> {
  const running = await processesOf(layout);
  const pids = new Set(running.map(({ pid }) => pid));
  // Engines are their helper's to end: it would start them again.
  for (const { pid, parent } of running) if (!pids.has(parent)) signalTo(pid, 'SIGINT');
  if (await haveEnded(layout, clock)) return;
  for (const { pid } of await processesOf(layout)) signalTo(pid, 'SIGKILL');
  await haveEnded(layout, clock);
}

async function haveEnded(layout: Layout, clock: HelperClock): Promise<boolean> {
  const { signal } = new AbortController();
  const deadline = clock.monotonicMs() + PATIENCE_MS;
  while ((await processesOf(layout)).length > 0) {
    if (clock.monotonicMs() > deadline) return false;
    await clock.sleep(POLL_MS, signal);
  }
  return true;
}

/** All but this one. */
async function processesOf({ root, programFolder }: Layout): Promise<RunningProcess[]> {
  const processes: RunningProcess[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue;
    try {
      if (!(await readlink(`/proc/${name}/exe`)).startsWith(`${programFolder}/`)) continue;
      if (!(await isSameFolder(`/proc/${name}/root`, root))) continue; // a container's own
      const [, parent] = /^.*\) \S (\d+) /s.exec(await readFile(`/proc/${name}/stat`, 'utf8')) ?? [];
      processes.push({ pid: Number(name), parent: Number(parent) });
    } catch {} // it has ended
  }
  return processes;
}

async function isSameFolder(one: string, other: string): Promise<boolean> {
  const [a, b] = [await stat(one), await stat(other)];
  return a.dev === b.dev && a.ino === b.ino;
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error; // it has ended
  }
}
