/** The store is killed at each step of a write: the old tunnel is there or the new one, and never a part of either. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTunnelStore, type TunnelStore } from '../../helper/tunnel/store.ts';
import { BackgroundProcess } from '../support/processes.ts';

const OLD = 'old'.repeat(2_000);
const NEW = 'new!'.repeat(3_000);
/** No action has as many. */
const NEVER = 100;

type Action = 'create' | 'change' | 'remove';

let folder = '';
let stateDir = '';
let runs = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-crash-'));
  await build({
    entryPoints: [join(import.meta.dirname, '../support/store-writer.ts')],
    outfile: join(folder, 'store-writer.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
});

beforeEach(() => {
  stateDir = join(folder, String(++runs));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function storeBefore(action: Action): Promise<TunnelStore> {
  const store = await openTunnelStore(stateDir);
  if (action !== 'create') await store.create('home', OLD);
  return store;
}

async function write(action: Action, step: number): Promise<BackgroundProcess> {
  const child = new BackgroundProcess(process.execPath, [
    join(folder, 'store-writer.mjs'),
    stateDir,
    action,
    NEW,
    String(step),
  ]);
  await child.exited;
  return child;
}

async function stepsOf(action: Action): Promise<string[]> {
  await storeBefore(action);
  const child = await write(action, NEVER);
  expect(child.exit).toEqual({ code: 0, signal: null });
  return JSON.parse(child.stdout);
}

describe('a write to the store', () => {
  it('syncs the file before it is put into its place, and the folder after', async () => {
    const reading = ['open'];
    const writing = ['open', 'write', 'write half', 'sync'];
    const placing = ['rename', 'unlink'];
    const syncingFolder = ['open', 'sync'];
    expect(await stepsOf('change')).toEqual([...reading, ...writing, ...placing, ...syncingFolder]);
  });

  it.each([
    ['create', 'link', 'nothing'],
    ['change', 'rename', OLD],
    ['remove', 'unlink', OLD],
  ] as const)('that is killed at a step of %s leaves all or nothing of it', async (action, decisive, old) => {
    const steps = await stepsOf(action);
    const done = action === 'remove' ? 'nothing' : NEW;
    for (let step = 1; step <= steps.length; step++) {
      stateDir = join(folder, String(++runs));
      await storeBefore(action);
      expect((await write(action, step)).exit).toEqual({ code: null, signal: 'SIGKILL' });

      const store = await openTunnelStore(stateDir);
      const found = await store.read('home').then(
        ({ config }) => config,
        (error) => (/no such tunnel/.test(error.message) ? 'nothing' : error.message),
      );
      expect(found, `killed at ${steps[step - 1]}`).toBe(step <= steps.indexOf(decisive) + 1 ? old : done);
      expect(await store.foreignFiles()).toEqual([]);
      expect(readdirSync(join(stateDir, 'tunnels'))).toEqual(found === 'nothing' ? [] : ['home.conf']);
    }
  });
});
