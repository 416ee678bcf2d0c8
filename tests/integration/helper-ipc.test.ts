import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../helper/failure.ts';
import { connectToHelper } from '../../helper/ipc/client.ts';
import { lookUpGroups, systemGroup } from '../../helper/ipc/groups.ts';
import { BackgroundProcess, waitFor } from '../support/processes.ts';

describe('the number of a group', () => {
  it.each(['root', 'nogroup', 'tty'])('is what the system says of %s', async (name) => {
    const line = readFileSync('/etc/group', 'utf8').match(new RegExp(`^${name}:[^:]*:(\\d+):`, 'm'));
    expect(await systemGroup(name)).toBe(Number(line?.[1]));
  });

  it.each(['no-such-group', '--help', '', 'a b\n'])('is null where there is no group %j', async (name) => {
    expect(await systemGroup(name)).toBeNull();
  });
});

describe('the groups of the helper', () => {
  it('are those of which the system knows', async () => {
    const groups: Readonly<Record<string, number>> = { wayfare: 998 };
    expect(
      await lookUpGroups(
        async (name) => groups[name] ?? null,
        () => {},
      ),
    ).toEqual({
      operators: 998,
      admins: null,
    });
  });

  it('let nobody in where the system cannot be asked, and say so in the log', async () => {
    const logged: string[] = [];
    const find = (name: string) =>
      name === 'wayfare' ? Promise.reject(new Failure('the directory is silent')) : Promise.resolve(997);
    const groups = await lookUpGroups(find, (level, message, fields) =>
      logged.push(JSON.stringify({ level, message, ...fields })),
    );
    expect(groups).toEqual({ operators: null, admins: 997 });
    expect(logged).toEqual([
      expect.stringMatching(/^{"level":"warning",.*"group":"wayfare","reason":"the directory is silent"}$/),
    ]);
  });
});

describe('a helper that is busy', () => {
  /** Listens with room for hardly anyone, and answers every request of the client's alike. */
  const BUSY = `require('node:net')
    .createServer((socket) => socket.once('data', () => socket.write('{"id":1,"ok":true,"result":{"tunnels":[]}}\\n')))
    .listen({ path: process.argv[1], backlog: 1 }, () => console.log('listening'));`;
  let folder = '';
  let helper: BackgroundProcess | null = null;
  const others: Socket[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'wayfare-busy-'));
  });
  afterEach(async () => {
    for (const socket of others.splice(0)) socket.destroy();
    await helper?.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('is waited for', async () => {
    const path = join(folder, 'helper.sock');
    const started = new BackgroundProcess(process.execPath, ['-e', BUSY, path]);
    helper = started;
    await waitFor(() => started.stdout !== '', { what: 'the helper to listen' });
    started.signal('SIGSTOP');
    let refusals = 0;
    for (let i = 0; i < 5; i++) others.push(connect(path).on('error', () => refusals++));
    await waitFor(() => refusals > 0, { what: 'its queue to be full' });
    const connecting = connectToHelper(path);
    setTimeout(() => started.signal('SIGCONT'), 100);
    const client = await connecting;
    expect(await client.request('list', {})).toEqual({ tunnels: [] });
    client.close();
  });
});
