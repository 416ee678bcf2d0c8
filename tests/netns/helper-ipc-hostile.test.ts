/** Whatever some clients do to the helper's socket, it serves the others. The others are a process that asks all the time. */
import { randomInt } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectToHelper } from '../../helper/ipc/client.ts';
import { encodeFrame } from '../../helper/ipc/codec.ts';
import type { HelperEvent } from '../../helper/ipc/contract.ts';
import type { ProbeReport } from '../support/ipc-client.ts';
import type { FuzzReport } from '../support/ipc-fuzzer.ts';
import { GROUPS, IpcWorld, type Person, peakBytes, resetPeak, socketCount } from '../support/ipc-world.ts';
import { type BackgroundProcess, waitFor } from '../support/processes.ts';
import { RawClient } from '../unit/helper/raw-ends.ts';

const MEBIBYTE = 1024 * 1024;
/** Of a tunnel's state, while some do not listen. */
const CHANGES = 20_000;
/** Far above what an attack costs, far below what it would cost without a limit. */
const MEMORY_ALLOWANCE = 300 * MEBIBYTE;
/** Far above what is measured, far below what a person takes for a helper that hangs. */
const PATIENCE_MS = 3_000;
const ANSWERS_DURING_ATTACK = 20;

const attacker: Person = { uid: 61_002, gid: 61_002, groups: [GROUPS.operators] };
const bystander: Person = { uid: 61_003, gid: 61_003, groups: [GROUPS.operators] };

const world = new IpcWorld();
const sockets: Socket[] = [];
/** The server's sockets while nobody is connected. */
let ownSockets = 0;
let memoryBefore = 0;

beforeAll(async () => {
  await world.open();
  ownSockets = socketCount(world.server.pid);
});
beforeEach(() => {
  resetPeak(world.server.pid);
  memoryBefore = peakBytes(world.server.pid);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await waitFor(() => socketCount(world.server.pid) === ownSockets, { what: 'every connection to be over' });
});
afterAll(() => world.close());

function attack(): RawClient {
  const client = new RawClient(world.socketPath);
  sockets.push(client.socket);
  return client;
}

/** How far the helper's memory has grown in this test, at its peak. */
function memoryTaken(): number {
  return peakBytes(world.server.pid) - memoryBefore;
}

function isDisconnected(event: HelperEvent | undefined): boolean {
  return event?.event === 'tunnel-state' && event.state === 'disconnected';
}

async function startProbe(who: Person | null): Promise<BackgroundProcess> {
  const probe = world.start(who, 'ipc-client', [world.socketPath, 'probe']);
  await waitFor(() => probe.stdout !== '', { what: 'the first answer' });
  return probe;
}

/** To be called under attack; ends the probe. It must have been answered every time. */
async function expectServed(probe: BackgroundProcess): Promise<void> {
  const enough = probe.stdout.length + ANSWERS_DURING_ATTACK;
  await waitFor(() => probe.stdout.length >= enough, { what: 'the answers to somebody else' });
  const exit = await probe.stop();
  expect([exit.code, probe.stderr]).toEqual([0, '']);
  const report: ProbeReport = JSON.parse(probe.stdout.split('\n')[1]!);
  const memory = `the helper's memory grew by ${Math.round(memoryTaken() / MEBIBYTE)} MiB`;
  console.log(`${expect.getState().currentTestName}: ${memory}; others saw ${JSON.stringify(report)}`);
  expect(report.failures).toEqual([]);
  expect(report.worstMs).toBeLessThan(PATIENCE_MS);
}

it('100000_fuzzed_frames_are_answered_one_by_one_and_carry_nothing_out_for_an_operator', async () => {
  const seed = String(randomInt(2 ** 31));
  const probe = await startProbe(bystander);
  const fuzzer = world.start(attacker, 'ipc-fuzzer', [world.socketPath, seed, '100000']);
  const { code } = await fuzzer.exited;
  expect([code, fuzzer.stderr], `seed ${seed}`).toEqual([0, '']);
  const report: FuzzReport = JSON.parse(fuzzer.stdout);
  expect(report, `seed ${seed}`).toMatchObject({ lines: 100_000, replies: 100_000, strange: 0 });
  expect(report.fulfilled, `seed ${seed}`).toBeGreaterThan(1_000);
  expect(world.server.stdout, `seed ${seed}`).toBe('ready\n');
  expect(world.server.stderr, `seed ${seed}`).not.toContain('"level":"error"');
  await expectServed(probe);
  expect(memoryTaken()).toBeLessThan(MEMORY_ALLOWANCE);
});

it('a_line_of_a_gigabyte_takes_no_memory', async () => {
  const probe = await startProbe(bystander);
  const chunk = Buffer.alloc(MEBIBYTE, 0x20);
  let sent = 0;
  // The helper hangs up every few megabytes: the rest goes on with the next connection.
  while (sent < 1024 * MEBIBYTE) {
    const { socket, closed } = attack();
    const write = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on('drain', write);
    write();
    await closed;
    sent += socket.bytesWritten;
  }
  await expectServed(probe);
  expect(memoryTaken()).toBeLessThan(MEMORY_ALLOWANCE);
});

it.each([
  ['somebody_else', bystander],
  ['the_same_user', null],
])('1000_half_open_connections_keep_%s_from_nothing', async (_, who) => {
  const probe = await startProbe(who);
  const clients = Array.from({ length: 1_000 }, attack);
  for (const { socket } of clients) socket.write('{"id":1,"verb":"li');
  const isOver = ({ socket }: RawClient) => socket.readableEnded || socket.destroyed;
  await waitFor(() => clients.filter(isOver).length >= 900, { what: 'most of them to be hung up on' });
  expect(clients.find(({ replies }) => replies.length > 0)?.replies).toMatchObject([
    { id: null, error: { what: 'too many programs talk to the helper' } },
  ]);
  await waitFor(() => socketCount(world.server.pid) < 100, { what: 'the helper to have forgotten them' });
  await expectServed(probe);
  expect(memoryTaken()).toBeLessThan(MEMORY_ALLOWANCE);
});

it('clients_that_do_not_read_their_answers_are_let_go_before_they_take_the_memory', async () => {
  const probe = await startProbe(bystander);
  const request = encodeFrame({ id: 1, verb: 'status', request: { name: 'large' } });
  const clients = Array.from({ length: 60 }, attack);
  for (const { socket } of clients) {
    socket.pause();
    socket.write(request);
    socket.write(request);
  }
  const isAnswered = () => clients.every(({ socket }) => socket.bytesRead > 0);
  await waitFor(isAnswered, { what: 'the begin of the first answer to each' });
  // The rest of those answers, 3 MB each, would be 180 MB.
  const served = () => socketCount(world.server.pid) - ownSockets;
  await waitFor(() => served() < 30, { what: 'half of them to be let go' });
  await expectServed(probe);
  expect(memoryTaken()).toBeLessThan(MEMORY_ALLOWANCE);
});

it('a_subscriber_that_does_not_read_takes_no_memory_and_hears_the_latest_state_when_it_does', async () => {
  const probe = await startProbe(bystander);
  const subscribers = Array.from({ length: 10 }, attack);
  for (const { socket } of subscribers)
    socket.write(encodeFrame({ id: 1, verb: 'subscribe', request: { topics: ['tunnels'] } }));
  await Promise.all(subscribers.map((subscriber) => subscriber.gotReplies(1)));
  for (const { socket } of subscribers) socket.pause();
  const changing = await connectToHelper(world.socketPath);
  for (let i = 0; i < CHANGES / 2; i++)
    await changing.request('up', { name: 'home', timeoutSeconds: 1, replace: false, detached: false });
  await changing.request('down', { name: 'home' });
  changing.close();
  await expectServed(probe);
  expect(memoryTaken()).toBeLessThan(MEMORY_ALLOWANCE);
  const { socket, events } = subscribers[0]!;
  expect(events).toMatchObject([{ state: 'disconnected' }]);
  socket.resume();
  await waitFor(() => events.length > 1 && isDisconnected(events.at(-1)), { what: 'the latest state' });
  expect(events.length).toBeLessThan(CHANGES / 2);
});

it('a_helper_without_a_descriptor_left_serves_on', async () => {
  const path = join(world.folder, 'scarce', 'helper.sock');
  const server = await world.startServer(path, ['prlimit', '--nofile=40']);
  const clients = Array.from({ length: 60 }, () =>
    connect(path)
      .on('error', () => {})
      .resume(),
  );
  sockets.push(...clients);
  await waitFor(() => clients.some(({ readableEnded }) => readableEnded), {
    what: 'its descriptors to run out',
  });
  for (const socket of clients) socket.destroy();
  const list = async () => {
    const client = await connectToHelper(path);
    return client.request('list', {}).finally(() => client.close());
  };
  expect(await waitFor(list, { what: 'an answer' })).toMatchObject({ tunnels: [{ name: 'home' }] });
  expect(server.exit).toBeNull();
});
