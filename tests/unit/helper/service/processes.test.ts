/** How what runs of an installed program is ended, with programs of its own. Linux only. */
import { linkSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { layoutBelow } from '../../../../helper/service/layout.ts';
import { endProcesses } from '../../../../helper/service/processes.ts';
import { BackgroundProcess, waitFor } from '../../../support/processes.ts';

let folder = '';
let node = '';
let started: BackgroundProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-processes-'));
  node = join(folder, 'node');
  try {
    linkSync(process.execPath, node);
  } catch {
    await copyFile(process.execPath, node); // on another disk
  }
  started = [];
});
afterEach(async () => {
  for (const each of started) await each.stop('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** @param script says `ready` */
async function start(script: string, program = node): Promise<BackgroundProcess> {
  const child = new BackgroundProcess(program, ['-e', script]);
  started.push(child);
  await waitFor(() => child.stdout.includes('ready'), { what: 'the program to start' });
  return child;
}

const WAIT = "console.log('ready'); setInterval(() => {}, 1_000);";
const DEAF = `process.on('SIGINT', () => console.log('heard')); ${WAIT}`;

/** Time passes as fast as the processes are looked at. */
function impatient() {
  let now = 0;
  return {
    monotonicMs: () => now,
    wallMs: () => now,
    async sleep(milliseconds: number) {
      now += milliseconds * 10;
      await sleep(10);
    },
  };
}

const end = () => endProcesses({ ...layoutBelow('/'), programFolder: folder }, impatient());

describe.runIf(process.platform === 'linux')('what runs of the program', () => {
  it('ends_as_by_Ctrl_C_and_what_runs_of_others_goes_on', async () => {
    const other = await start(WAIT, process.execPath);
    symlinkSync(process.execPath, join(folder, 'link'));
    const linked = await start(WAIT, join(folder, 'link'));
    const ours = await start(`process.on('SIGINT', () => process.exit(7)); ${WAIT}`);
    await end();
    expect(await ours.exited).toEqual({ code: 7, signal: null });
    for (const { pid } of [other, linked]) expect(process.kill(pid, 0)).toBe(true);
  });

  it('is_killed_where_it_does_not_end', async () => {
    const deaf = await start(DEAF);
    await end();
    expect(await deaf.exited).toEqual({ code: null, signal: 'SIGKILL' });
    expect(deaf.stdout).toContain('heard');
  });

  it('ends_its_own_children_itself', async () => {
    const child = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(DEAF)}], { stdio: ['ignore', 'inherit', 'ignore'] })`;
    const parent = await start(
      `const child = ${child}; process.on('SIGINT', () => { child.kill('SIGTERM'); child.on('exit', () => process.exit(0)); });`,
    );
    await end();
    expect(await parent.exited).toEqual({ code: 0, signal: null });
    expect(parent.stdout).not.toContain('heard');
  });
});
