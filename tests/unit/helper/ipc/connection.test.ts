import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../../../../helper/failure.ts';
import { connectToHelper } from '../../../../helper/ipc/client.ts';
import { encodeFrame } from '../../../../helper/ipc/codec.ts';
import { Connection, type Service } from '../../../../helper/ipc/connection.ts';
import { CONNECTION_LIMITS, Connections } from '../../../../helper/ipc/connections.ts';
import type {
  HelperEvent,
  LogEvent,
  Role,
  TrafficEvent,
  TunnelsEvent,
} from '../../../../helper/ipc/contract.ts';
import { Announcements, type EventSource } from '../../../../helper/ipc/events.ts';
import { Farewells } from '../../../../helper/ipc/farewells.ts';
import { Turns } from '../../../../helper/ipc/turns.ts';
import { NO_TRAFFIC } from '../../../support/no-traffic.ts';
import { NO_DIGEST, NOTHING_IMPORTED } from '../../../support/nothing-imported.ts';
import { ManualClock, until } from '../fake-world.ts';
import { closed, RawClient } from '../raw-ends.ts';

const home: TunnelsEvent = { event: 'tunnel-state', name: 'home', state: 'disconnected', error: null };
const quiet: TrafficEvent = { event: 'traffic', atMs: 1, tunnels: [] };

let folder = '';
let clock = new ManualClock();
let logged: string[] = [];
let asked: string[] = [];
let tunnels = new Announcements<TunnelsEvent>(async () => [home]);
let traffic: EventSource<TrafficEvent> = new Announcements(async () => [quiet]);
const listeners: Server[] = [];
const served = new Set<Connection>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-ipc-'));
  clock = new ManualClock();
  logged = [];
  asked = [];
  tunnels = new Announcements<TunnelsEvent>(async () => [home]);
  traffic = new Announcements(async () => [quiet]);
});

afterEach(async () => {
  for (const connection of served) connection.destroy();
  await Promise.all(listeners.splice(0).map(closed));
  rmSync(folder, { recursive: true, force: true });
});

function service(): Service {
  return {
    clock,
    events: { tunnels, traffic, log: new Announcements<LogEvent>(async () => []) },
    log: (level, message, fields) => logged.push(JSON.stringify({ level, message, ...fields })),
    handlers: {
      import: async () => NOTHING_IMPORTED,
      edit: async () => ({ ...NOTHING_IMPORTED, digest: NO_DIGEST }),
      traffic: async () => NO_TRAFFIC,
      list: async () => ({ tunnels: [] }),
      export: async () => ({ config: 'secret', digest: NO_DIGEST }),
      remove: async () => ({}),
      up: async () => ({ outcome: 'connected' }),
      reconnect: async () => ({ outcome: 'connected' }),
      down: async ({ name }) => {
        asked.push(name ?? 'all');
        return { names: [], leftovers: [], hasOpened: false };
      },
      status: async () => ({ tunnels: [], lockdown: false, isClosed: false }),
      logs: async () => ({ entries: [], isCut: false }),
      set: async () => ({}),
      lockdown: async () => ({}),
      reset: async () => ({ leftovers: [] }),
    },
  };
}

/** @returns where a helper listens that takes everybody for one of `role` */
async function listenFor(role: Role): Promise<string> {
  const path = join(folder, `${role}.sock`);
  const shared = {
    ...service(),
    connections: new Connections(CONNECTION_LIMITS),
    farewells: new Farewells(clock),
    turns: new Turns(),
  };
  const listener = createServer({ allowHalfOpen: true }, (socket) => {
    const connection = new Connection(socket, { ...shared, uid: 1_000, role });
    served.add(connection);
    socket.once('close', () => served.delete(connection));
  });
  listeners.push(listener);
  await new Promise<void>((resolve) => listener.listen(path, resolve));
  return path;
}

describe('a subscription', () => {
  it('tells the present state before it is answered, and then each change', async () => {
    const client = await connectToHelper(await listenFor('operator'));
    const heard: HelperEvent[] = [];
    await client.subscribe(['tunnels', 'traffic'], (event) => heard.push(event));
    expect(heard).toEqual(expect.arrayContaining([home, quiet]));
    const changes = (['connecting', 'connected'] as const).map((state) => ({ ...home, state }));
    for (const change of changes) tunnels.announce(change);
    await until(() => heard.length === 4);
    expect(heard.slice(2)).toEqual(changes);
    client.close();
  });

  it('takes the place of the one before, and ends with no topic', async () => {
    const client = await connectToHelper(await listenFor('operator'));
    const heard: HelperEvent[] = [];
    const hear = (event: HelperEvent) => heard.push(event);
    await client.subscribe(['tunnels', 'tunnels'], hear);
    await client.subscribe(['traffic'], hear);
    tunnels.announce(home);
    await client.subscribe([], hear);
    tunnels.announce(home);
    await client.request('list', {});
    expect(heard).toEqual([home, quiet]);
    client.close();
  });

  it('ends with its client', async () => {
    const signals: AbortSignal[] = [];
    traffic = { subscribe: async (_, signal) => void signals.push(signal) };
    const path = await listenFor('operator');
    const [leaving, killed] = [await connectToHelper(path), await connectToHelper(path)];
    for (const client of [leaving, killed]) await client.subscribe(['traffic'], () => {});
    leaving.depart();
    killed.close();
    await until(() => signals.every(({ aborted }) => aborted));
    expect(signals).toHaveLength(2);
    leaving.close();
  });

  it('is to all of its topics or to none', async () => {
    traffic = { subscribe: () => Promise.reject(new Error('no engine')) };
    const client = await connectToHelper(await listenFor('operator'));
    const heard: HelperEvent[] = [];
    const hear = (event: HelperEvent) => heard.push(event);
    await expect(client.subscribe(['tunnels', 'traffic'], hear)).rejects.toThrow('something inside Wayfare');
    heard.length = 0;
    tunnels.announce(home);
    await client.request('list', {});
    expect(heard).toEqual([]);
    client.close();
  });

  it('tells nothing that the contract does not allow', async () => {
    const client = await connectToHelper(await listenFor('operator'));
    const heard: HelperEvent[] = [];
    await client.subscribe(['tunnels'], (event) => heard.push(event));
    tunnels.announce({ ...home, privateKey: 'secret' } as TunnelsEvent);
    tunnels.announce({ ...home, state: 'connected' });
    await until(() => heard.length === 2);
    expect(heard[1]).toEqual({ ...home, state: 'connected' });
    expect(logged.join()).toMatch(/an event that the contract does not allow.*tunnel-state/);
    client.close();
  });
});

describe('an operator', () => {
  it('is refused what is for administrators, by the id of the request', async () => {
    const client = new RawClient(await listenFor('operator'));
    client.socket.write(encodeFrame({ id: 7, verb: 'export', request: { name: 'home' } }));
    await client.gotReplies(1);
    expect(client.replies).toMatchObject([
      { id: 7, ok: false, error: { what: "'export' is for administrators" } },
    ]);
    expect(logged.join()).toMatch(/a request was refused.*export.*1000/);
    client.socket.destroy();
  });

  it('sends no frame as long as an import', async () => {
    const frame = encodeFrame({ id: 1, verb: 'list', request: { padding: 'x'.repeat(100_000) } });
    const answers = await Promise.all(
      (['operator', 'admin'] as const).map(async (role) => {
        const client = new RawClient(await listenFor(role));
        client.socket.write(frame);
        await client.gotReplies(1);
        client.socket.destroy();
        return client.replies[0];
      }),
    );
    expect(answers).toMatchObject([
      { id: null, error: { what: 'a request that is too long' } },
      { id: 1, error: { what: 'a malformed list request' } },
    ]);
  });
});

describe('a connection', () => {
  it.each(['', '{"id":1,"verb":"list"'])('that has only sent %j after 10 seconds is ended', async (sent) => {
    const client = new RawClient(await listenFor('operator'));
    client.socket.write(sent);
    await until(() => clock.sleeperCount === 1);
    clock.advance(9_999);
    expect(clock.sleeperCount).toBe(1);
    clock.advance(1);
    await once(client.socket, 'end');
    expect(client.replies).toMatchObject([{ id: null, error: { what: 'no request came' } }]);
    client.socket.destroy();
  });

  it('that has asked once may be silent', async () => {
    const client = await connectToHelper(await listenFor('operator'));
    await client.request('list', {});
    expect(clock.sleeperCount).toBe(0);
    clock.advance(1_000_000);
    await client.request('list', {});
    client.close();
  });

  it('is not served at the cost of another', async () => {
    const path = await listenFor('operator');
    const [greedy, modest] = [new RawClient(path), new RawClient(path)];
    const ask = (name: string) => encodeFrame({ id: 1, verb: 'down', request: { name } });
    greedy.socket.write(Buffer.concat(Array.from({ length: 1_000 }, () => ask('greedy'))));
    modest.socket.write(ask('modest'));
    await Promise.all([greedy.gotReplies(1_000), modest.gotReplies(1)]);
    expect(asked.indexOf('modest')).toBeLessThan(20);
    for (const client of [greedy, modest]) client.socket.destroy();
  });

  it('tells what was wrong with a request in few words', async () => {
    const client = new RawClient(await listenFor('operator'));
    const unknown = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`key${i}`, i]));
    client.socket.write(encodeFrame({ id: 1, verb: 'list', request: unknown }));
    await client.gotReplies(1);
    expect(client.replies).toMatchObject([{ id: 1, error: { what: 'a malformed list request' } }]);
    expect(JSON.stringify(client.replies).length).toBeLessThan(400);
    expect(logged).toEqual([]);
    client.socket.destroy();
  });

  it('whose client does not read is ended at once, since no words would reach it', async () => {
    const client = new RawClient(await listenFor('operator'));
    client.socket.pause();
    client.socket.write('{}\n'.repeat(100_000));
    await until(() => [...served].some(({ unsentBytes }) => unsentBytes > 0));
    for (const connection of served) connection.hangUp(new Failure('enough'));
    await until(() => served.size === 0);
    client.socket.destroy();
  });
});
