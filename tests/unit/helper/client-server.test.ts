import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../helper/clock.ts';
import { Failure } from '../../../helper/failure.ts';
import type { Handlers } from '../../../helper/ipc/answer.ts';
import { connectToHelper } from '../../../helper/ipc/client.ts';
import { encodeFrame, MAX_FRAME_BYTES } from '../../../helper/ipc/codec.ts';
import { Announcements } from '../../../helper/ipc/events.ts';
import { type HelperServer, serve } from '../../../helper/ipc/server.ts';
import { NO_TRAFFIC } from '../../support/no-traffic.ts';
import { NO_DIGEST, NOTHING_IMPORTED } from '../../support/nothing-imported.ts';
import { closed, leaveStaleSocket, RawClient } from './raw-ends.ts';

let folder = '';
let server: HelperServer | null = null;
let logged: string[] = [];
const socketPath = () => join(folder, 'run', 'helper.sock');

const handlers: Handlers = {
  import: async () => NOTHING_IMPORTED,
  edit: async () => ({ ...NOTHING_IMPORTED, digest: NO_DIGEST }),
  traffic: async () => NO_TRAFFIC,
  list: async () => ({ tunnels: [{ name: 'home', state: 'disconnected' }] }),
  export: async () => ({ config: 'x'.repeat(MAX_FRAME_BYTES), digest: NO_DIGEST }),
  remove: async () => {
    throw new Failure('the tunnel is connected', 'named home', 'take it down first');
  },
  up: async () => {
    throw new TypeError('a bug of ours');
  },
  reconnect: async () => ({ outcome: 'connected' }),
  down: async ({ name }) => ({ names: [name ?? 'all'], leftovers: [], hasOpened: false }),
  set: async () => ({}),
  lockdown: async () => ({}),
  reset: async () => ({ leftovers: [] }),
  logs: async () => ({ entries: [], isCut: false }),
  // What a handler must not answer: the server checks its own side too.
  status: async () => ({ tunnels: [{ name: 'home', privateKey: 'secret' }] }) as never,
};

const nothingToTell = new Announcements<never>(async () => []);
/** Whoever runs the tests may ask everything. */
const ownGroup = process.getegid?.() ?? null;
const service = {
  handlers,
  events: { tunnels: nothingToTell, traffic: nothingToTell, log: nothingToTell },
  groups: { operators: ownGroup, admins: ownGroup },
  clock: systemClock,
  log: () => {},
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-ipc-'));
  logged = [];
  server = await serve({
    ...service,
    socketPath: socketPath(),
    log: (level, message, fields) => logged.push(JSON.stringify({ level, message, ...fields })),
  });
});

afterEach(async () => {
  await server?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function expectServing(): Promise<void> {
  const client = await connectToHelper(socketPath());
  expect(await client.request('list', {})).toEqual({ tunnels: [{ name: 'home', state: 'disconnected' }] });
  client.close();
}

describe('client and server', () => {
  it('answer many requests at once, each with its own reply', async () => {
    const client = await connectToHelper(socketPath());
    const names = Array.from({ length: 200 }, (_, i) => `t${i}`);
    const answers = await Promise.all(names.map((name) => client.request('down', { name })));
    expect(answers).toEqual(names.map((name) => ({ names: [name], leftovers: [], hasOpened: false })));
    client.close();
  });

  it('carry a failure across as what, where and advice', async () => {
    const client = await connectToHelper(socketPath());
    await expect(client.request('remove', { name: 'home' })).rejects.toThrow(
      'the tunnel is connected, named home, take it down first',
    );
    client.close();
  });

  it('do not tell a client of a bug more than that it is one, and log it', async () => {
    const client = await connectToHelper(socketPath());
    await expect(
      client.request('up', { name: 'home', timeoutSeconds: 1, replace: false, detached: false }),
    ).rejects.toThrow('something inside Wayfare broke');
    expect(logged.join()).toContain('a bug of ours');
    client.close();
  });

  it('refuse an answer that the contract does not allow', async () => {
    const client = await connectToHelper(socketPath());
    await expect(client.request('status', { name: null })).rejects.toThrow('something inside Wayfare broke');
    client.close();
  });

  it('say so where an answer is too long for a frame', async () => {
    const client = await connectToHelper(socketPath());
    await expect(client.request('export', { name: 'home' })).rejects.toThrow('the answer is too long');
    client.close();
  });

  it('end with words when the helper goes away', async () => {
    const client = await connectToHelper(socketPath());
    await client.request('list', {});
    await server?.close();
    await expect(client.request('list', {})).rejects.toThrow('the helper ended the connection');
  });
});

describe('the server', () => {
  it('answers garbage with an error and goes on with the same client', async () => {
    const client = new RawClient(socketPath());
    const garbage = [
      Buffer.from('garbage\n'),
      Buffer.from([0xff, 0xfe, 0x00, 0x0a]),
      Buffer.from('\n'),
      encodeFrame(null),
      encodeFrame([[[[1]]]]),
      encodeFrame({ id: -1, verb: 'list', request: {} }),
      encodeFrame({ id: 1, verb: '__proto__', request: {} }),
      encodeFrame({ id: 2, verb: 'down', request: { name: '../../etc' } }),
      encodeFrame({ id: 3, verb: 'down' }),
    ];
    client.socket.write(Buffer.concat([...garbage, encodeFrame({ id: 4, verb: 'list', request: {} })]));
    await client.gotReplies(garbage.length + 1);
    expect(client.replies.filter(({ ok }) => !ok)).toHaveLength(garbage.length);
    expect(client.replies.find(({ ok }) => ok)).toMatchObject({ id: 4 });
    expect(client.replies.filter(({ id }) => id === 3)).toHaveLength(1);
    client.socket.destroy();
    await expectServing();
  });

  it('answers a client that has closed its own side', async () => {
    const client = new RawClient(socketPath());
    client.socket.end(encodeFrame({ id: 7, verb: 'list', request: {} }));
    await client.closed;
    expect(client.replies).toMatchObject([{ id: 7, ok: true }]);
  });

  it('hangs up on an endless line, after an error, and keeps serving', async () => {
    const client = new RawClient(socketPath());
    const flood = Buffer.alloc(1024 * 1024, 0x20);
    const write = () => {
      while (!client.socket.destroyed && client.socket.write(flood));
    };
    client.socket.on('drain', write);
    write();
    await client.gotReplies(1);
    await client.closed;
    expect(client.replies).toMatchObject([
      { id: null, ok: false, error: { what: 'a request that is too long' } },
    ]);
    await expectServing();
  });

  it('stops reading a client that does not read, and serves the others', async () => {
    const client = new RawClient(socketPath());
    client.socket.pause();
    // More than the buffers between the two hold, and answered by forty times as much.
    client.socket.write('{}\n'.repeat(200_000));
    for (let i = 0; i < 50; i++) await expectServing();
    expect(client.socket.writableLength).toBeGreaterThan(0);
    client.socket.destroy();
    await expectServing();
  });

  it('serves on with 200 clients that never finish their line', async () => {
    const clients = Array.from({ length: 200 }, () => new RawClient(socketPath()));
    for (const client of clients) client.socket.write('{"id": 1, "ver');
    await expectServing();
    for (const client of clients) client.socket.destroy();
    await expectServing();
  });

  it('lets its owner and the operators connect', () => {
    const { mode, gid } = statSync(socketPath());
    expect([mode & 0o777, gid]).toEqual([0o660, ownGroup]);
  });

  it('lets only its owner connect where there is no group of operators', async () => {
    const path = join(folder, 'alone.sock');
    const alone = await serve({ ...service, socketPath: path, groups: { operators: null, admins: null } });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await alone.close();
  });

  it('makes a folder that everybody may look into, whatever its umask', async () => {
    const umask = process.umask(0o077);
    const path = join(folder, 'new', 'deeper', 'helper.sock');
    const strict = await serve({ ...service, socketPath: path });
    for (const made of ['new', 'new/deeper']) expect(statSync(join(folder, made)).mode & 0o777).toBe(0o755);
    expect(process.umask(umask)).toBe(0o077);
    await strict.close();
  });

  it('refuses to replace a helper that lives', async () => {
    await expect(serve({ ...service, socketPath: socketPath() })).rejects.toThrow(
      'another helper is running',
    );
    await expectServing();
  });

  it('replaces the socket of a helper that died', async () => {
    const dead = await leaveStaleSocket(join(folder, 'stale.sock'));
    const next = await serve({ ...service, socketPath: dead });
    const client = await connectToHelper(dead);
    expect(await client.request('list', {})).toBeDefined();
    client.close();
    await next.close();
  });

  it('refuses a path that the system would cut', async () => {
    const long = join(folder, 'x'.repeat(108));
    await expect(serve({ ...service, socketPath: long })).rejects.toThrow('1 to 107 bytes');
    await expect(connectToHelper(long)).rejects.toThrow('1 to 107 bytes');
  });

  it('says in words that the folder of its socket cannot be', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    for (const path of [join(file, 'helper.sock'), join(file, 'deeper', 'helper.sock')])
      await expect(serve({ ...service, socketPath: path })).rejects.toThrow(
        /^a file is where the folder of the socket would be, at .*, choose another --socket$/,
      );
  });

  it('tells a handler when its client waits no longer, and still answers', async () => {
    const departures: AbortSignal[] = [];
    const path = join(folder, 'waiting.sock');
    const patient = await serve({
      ...service,
      socketPath: path,
      handlers: {
        ...handlers,
        up: async (_, departed) => {
          departures.push(departed);
          await new Promise((resolve) => departed.addEventListener('abort', resolve));
          throw new Failure('it was cancelled');
        },
      },
    });
    const client = await connectToHelper(path);
    const attempt = client.request('up', {
      name: 'home',
      timeoutSeconds: 1,
      replace: false,
      detached: false,
    });
    setTimeout(() => client.depart(), 50);
    await expect(attempt).rejects.toThrow('it was cancelled');
    const killed = await connectToHelper(path);
    const lost = killed
      .request('up', { name: 'home', timeoutSeconds: 1, replace: false, detached: false })
      .catch(() => {}); // it hangs up itself
    await client.request('list', {}).catch(() => {}); // it has departed
    setTimeout(() => killed.close(), 50);
    await lost;
    await vi.waitFor(() => expect(departures.map(({ aborted }) => aborted)).toEqual([true, true]));
    await patient.close();
  });

  it('leaves a file alone that is no socket', async () => {
    const path = join(folder, 'notes');
    writeFileSync(path, 'mine');
    await expect(serve({ ...service, socketPath: path })).rejects.toThrow('is no socket');
    expect(statSync(path).size).toBe(4);
  });
});

describe('the client', () => {
  it('says in words that no helper runs', async () => {
    await expect(connectToHelper(join(folder, 'none.sock'))).rejects.toThrow(
      `the helper is not running, at ${join(folder, 'none.sock')}, start it with 'sudo npx wayfare helper'`,
    );
    const dead = await leaveStaleSocket(join(folder, 'stale.sock'));
    await expect(connectToHelper(dead)).rejects.toThrow('the helper is not running');
  });

  it.each(['garbage\n', '{"id":1,"ok":true}\n', '{"id":1,"ok":true,"result":{"tunnels":7}}\n'])(
    'does not believe a helper that answers %j',
    async (answer) => {
      const path = join(folder, 'odd.sock');
      const odd = createServer((socket) => socket.once('data', () => socket.end(answer)));
      await new Promise<void>((resolve) => odd.listen(path, resolve));
      const client = await connectToHelper(path);
      await expect(client.request('list', {})).rejects.toThrow('in a way this program does not know');
      await closed(odd);
    },
  );
});
