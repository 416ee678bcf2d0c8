import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../../helper/clock.ts';
import { Failure } from '../../../../helper/failure.ts';
import { connectToHelper } from '../../../../helper/ipc/client.ts';
import { encodeFrame } from '../../../../helper/ipc/codec.ts';
import { refusal } from '../../../../helper/ipc/contract.ts';
import { Farewells } from '../../../../helper/ipc/farewells.ts';
import { ManualClock, until } from '../fake-world.ts';
import { closed, RawClient } from '../raw-ends.ts';

let folder = '';
let listener: Server | null = null;
const accepted: Socket[] = [];
const path = () => join(folder, 'helper.sock');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-ipc-'));
});

afterEach(async () => {
  for (const socket of accepted.splice(0)) socket.destroy();
  if (listener !== null) await closed(listener);
  rmSync(folder, { recursive: true, force: true });
});

/** A helper that does with each client what the test says. */
async function listen(serve: (socket: Socket) => void): Promise<void> {
  const started = createServer({ allowHalfOpen: true }, (socket) => {
    accepted.push(socket);
    serve(socket);
  });
  listener = started;
  await new Promise<void>((resolve) => started.listen(path(), resolve));
}

const traffic = { event: 'traffic', atMs: 1, tunnels: [] };
const notLetIn = new Failure('you may not talk to the helper', '', 'use sudo');

describe('the client', () => {
  it('is told why it is not let in, however late it asks', async () => {
    const farewells = new Farewells(systemClock);
    await listen((socket) => farewells.say(socket, notLetIn));
    const inWords = `you may not talk to the helper, at ${path()}, use sudo`;
    const [hasty, slow] = [await connectToHelper(path()), await connectToHelper(path())];
    await expect(hasty.request('list', {})).rejects.toThrow(inWords);
    expect(await slow.ended).toMatchObject({ message: inWords });
    await expect(slow.request('list', {})).rejects.toThrow(inWords);
  });

  it('is told even where it asks after the helper has spoken and before it has read that', async () => {
    const farewells = new Farewells(systemClock);
    let speak = () => {};
    const spoken = new Promise<void>((resolve) => {
      speak = resolve;
    });
    await listen((socket) => {
      farewells.say(socket, notLetIn);
      socket.once('finish', speak);
    });
    const client = await connectToHelper(path());
    await spoken;
    await expect(client.request('list', {})).rejects.toThrow('you may not talk to the helper');
  });

  it('fails all that it waits for when the helper ends', async () => {
    await listen((socket) => socket.once('data', () => socket.destroy()));
    const client = await connectToHelper(path());
    const asked = [client.request('list', {}), client.subscribe(['traffic'], () => {})];
    await Promise.all(asked.map((each) => expect(each).rejects.toThrow('the helper ended the connection')));
    expect((await client.ended).message).toContain('the helper ended the connection');
  });

  it('hears no event any more after the end', async () => {
    const frames = [traffic, refusal(null, new Failure('enough')), traffic];
    await listen((socket) => socket.once('data', () => socket.end(Buffer.concat(frames.map(encodeFrame)))));
    const client = await connectToHelper(path());
    let heard = 0;
    await expect(client.subscribe(['traffic'], () => heard++)).rejects.toThrow('enough');
    expect(heard).toBe(1);
  });

  it.each([
    { ...traffic, event: 'weather' },
    { ...traffic, atMs: 'now' },
    { ...traffic, id: 1 },
    { event: 'tunnel-state', name: 'home', state: 'sleeping', error: null },
  ])('does not believe the event %j', async (event) => {
    await listen((socket) => socket.once('data', () => socket.write(encodeFrame(event))));
    const client = await connectToHelper(path());
    await expect(client.subscribe(['traffic'], () => {})).rejects.toThrow('does not know');
  });
});

describe('a refused connection', () => {
  it('is closed after a while, whatever it does', async () => {
    const clock = new ManualClock();
    const farewells = new Farewells(clock);
    await listen((socket) => farewells.say(socket, notLetIn));
    const client = new RawClient(path());
    await client.gotReplies(1);
    client.socket.write('talking on\n');
    expect(accepted.map(({ destroyed }) => destroyed)).toEqual([false]);
    clock.advance(1_000);
    await until(() => accepted[0]!.destroyed);
    expect(clock.sleeperCount).toBe(0);
    client.socket.destroy();
  });

  it('is not read without end', async () => {
    const farewells = new Farewells(new ManualClock());
    await listen((socket) => farewells.say(socket, notLetIn));
    const client = new RawClient(path());
    client.socket.write(Buffer.alloc(2 * 1024 * 1024));
    await until(() => accepted[0]?.destroyed === true);
    client.socket.destroy();
  });

  it('is closed without words where there are too many', async () => {
    const farewells = new Farewells(new ManualClock());
    await listen((socket) => farewells.say(socket, notLetIn));
    const clients = Array.from({ length: 100 }, () => new RawClient(path()));
    await until(() => accepted.length === 100);
    expect(accepted.map(({ destroyed }) => destroyed).indexOf(true)).toBe(64);
    for (const client of clients) client.socket.destroy();
  });
});
