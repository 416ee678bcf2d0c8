/** The page's end of its WebSocket, while the sockets come, hang and go. */
import { beforeEach, describe, expect, it } from 'vitest';
import { AppSocket, type Socket, type SocketListener } from '../../../../electron/preload/app-socket.ts';
import { UNREACHABLE } from '../../../../electron/preload/bridge.ts';
import { ManualClock } from '../../helper/fake-world.ts';

/** One attempt: what became of it is up to the test. */
class FakeSocket implements Socket {
  readonly listener: SocketListener;
  readonly sent: { id: number; verb: string; request: unknown }[] = [];
  isClosed = false;

  constructor(listener: SocketListener) {
    this.listener = listener;
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.isClosed = true;
  }

  say(frame: unknown): void {
    this.listener.onText(JSON.stringify(frame));
  }
}

const LOST = { event: 'helper', link: { kind: 'unreachable', error: UNREACHABLE } };
const CONNECTING = { event: 'helper', link: { kind: 'connecting' } };
const PROOF = 'said by the shell of this page alone';
const WATCH_MS = 10_000;
const ANSWER_MS = 10_000;

let clock: ManualClock;
let attempts: FakeSocket[];
let heard: unknown[];
let app: AppSocket;

beforeEach(() => {
  clock = new ManualClock();
  attempts = [];
  heard = [];
  app = new AppSocket({
    connect(listener) {
      attempts.push(new FakeSocket(listener));
      return attempts.at(-1)!;
    },
    proof: PROOF,
    clock,
  });
});

/** Lets what has happened have its consequences. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function advance(milliseconds: number): Promise<void> {
  clock.advance(milliseconds);
  await settle();
}

/** The last attempt ends: lost, or in vain. */
async function close(): Promise<void> {
  attempts.at(-1)!.listener.onClose();
  await settle();
}

async function open(): Promise<FakeSocket> {
  const socket = attempts.at(-1)!;
  socket.say({ proof: PROOF });
  await settle();
  return socket;
}

/** Has it connect, and listens. */
async function connect(): Promise<FakeSocket> {
  app.listen((event) => heard.push(event));
  return open();
}

describe('a request', () => {
  it('is_sent_and_has_the_reply_of_its_id', async () => {
    const socket = await connect();
    const [one, other] = [app.request('up', { name: 'a' }), app.request('down', { name: 'b' })];
    expect(socket.sent).toEqual([
      { id: 1, verb: 'up', request: { name: 'a' } },
      { id: 2, verb: 'down', request: { name: 'b' } },
    ]);
    socket.say({ id: 2, reply: 'second' });
    socket.say({ id: 1, reply: 'first' });
    expect(await Promise.all([one, other])).toEqual(['first', 'second']);
  });

  it('waits_for_the_first_socket', async () => {
    const early = app.request('hello', {});
    app.listen(() => {});
    const late = app.request('hello', {});
    expect(attempts[0]!.sent).toEqual([]);
    const socket = await open();
    expect(socket.sent.map(({ id }) => id)).toEqual([1, 2]);
    for (const id of [1, 2]) socket.say({ id, reply: id });
    expect(await Promise.all([early, late])).toEqual([1, 2]);
  });

  it('fails_where_nobody_is_connected_to', async () => {
    app.listen(() => {});
    const waiting = expect(app.request('hello', {})).rejects.toThrow('it was not reached');
    await close();
    await waiting;
    await expect(app.request('hello', {})).rejects.toThrow('there is no connection');
  });

  it('fails_with_the_socket_that_it_was_sent_by_and_is_not_sent_again', async () => {
    await connect();
    const asked = app.request('up', { name: 'a' });
    await close();
    expect(await asked).toEqual({
      ok: false,
      error: {
        what: 'the connection to the app was lost before it answered',
        where: '',
        advice: 'see whether it was done; if not, try again',
        coded: { code: 'answer-lost' },
      },
    });
    await advance(500);
    expect((await open()).sent).toEqual([]);
  });

  it('of_a_moment_without_a_socket_goes_by_the_next_where_that_is_being_made', async () => {
    await connect();
    await close();
    await advance(500);
    const asked = app.request('hello', {});
    const socket = await open();
    expect(socket.sent).toEqual([{ id: 1, verb: 'hello', request: {} }]);
    socket.say({ id: 1, reply: 'there' });
    expect(await asked).toBe('there');
  });
});

describe('a lost socket', () => {
  it('is_said_and_mended_with_the_present_state', async () => {
    const socket = await connect();
    socket.say({ event: CONNECTING });
    await close();
    expect(heard).toEqual([CONNECTING, LOST]);
    await advance(500);
    (await open()).say({ event: CONNECTING });
    expect(heard).toEqual([CONNECTING, LOST, CONNECTING]);
  });

  it('is_mended_after_longer_and_longer_but_soon_for_the_next_one', async () => {
    await connect();
    for (const pause of [500, 1_000, 2_000, 4_000, 8_000, 8_000]) {
      await close();
      const before = attempts.length;
      await advance(pause - 1);
      expect(attempts).toHaveLength(before);
      await advance(1);
      expect(attempts).toHaveLength(before + 1);
    }
    await open();
    await close();
    const before = attempts.length;
    await advance(500);
    expect(attempts).toHaveLength(before + 1);
  });

  it('is_mended_at_once_where_there_is_reason_to', async () => {
    await connect();
    app.hurry(); // for nothing
    await close();
    expect(attempts).toHaveLength(1);
    app.hurry();
    await settle();
    expect(attempts).toHaveLength(2);
    app.hurry(); // it is under way
    await settle();
    expect(attempts).toHaveLength(2);
  });

  it('is_not_heard_any_more', async () => {
    const socket = await connect();
    await close();
    socket.say({ event: CONNECTING });
    socket.say({ proof: PROOF });
    expect(heard).toEqual([LOST]);
    await expect(app.request('hello', {})).rejects.toThrow('there is no connection');
  });
});

describe('whoever has the port of the shell', () => {
  it.each([{ proof: 'another' }, { event: CONNECTING }, { id: 1, reply: { ok: true } }, 'no frame'])(
    'and_begins_with_%j_is_told_and_asked_nothing_and_not_tried_again',
    async (first) => {
      const shell = await connect();
      const asked = app.request('edit', { content: 'a private key' });
      await close();
      expect(shell.sent).toHaveLength(1);
      expect(await asked).toMatchObject({ ok: false });
      await advance(500);
      const stranger = attempts.at(-1)!;
      const waiting = app.request('edit', { content: 'a private key' });
      stranger.say(first);
      await expect(waiting).rejects.toThrow();
      stranger.say({ proof: PROOF });
      stranger.say({ event: CONNECTING });
      await advance(60_000);
      expect([stranger.sent, stranger.isClosed, attempts.length]).toEqual([[], true, 2]);
      expect(heard).toEqual([LOST, LOST]);
      await expect(app.request('hello', {})).rejects.toThrow('there is no connection');
    },
  );
});

describe('an app that hangs', () => {
  it('is_asked_now_and_then_and_lost_where_it_does_not_answer', async () => {
    const socket = await connect();
    await advance(WATCH_MS);
    expect(socket.sent).toEqual([{ id: 1, verb: 'hello', request: {} }]);
    socket.say({ id: 1, reply: {} });
    await settle();
    await advance(WATCH_MS);
    expect(socket.sent).toHaveLength(2);
    await advance(ANSWER_MS - 1);
    expect(heard).toEqual([]);
    await advance(1);
    expect([heard, socket.isClosed]).toEqual([[LOST], true]);
  });

  it('is_lost_where_it_lets_nobody_in', async () => {
    app.listen((event) => heard.push(event));
    await advance(ANSWER_MS);
    expect([heard, attempts[0]!.isClosed]).toEqual([[LOST], true]);
    attempts[0]!.say({ proof: PROOF }); // too late
    await advance(500);
    void app.request('hello', {});
    expect(attempts.map(({ sent }) => sent)).toEqual([[], []]);
  });

  it('leaves_no_timer_behind', async () => {
    const socket = await connect();
    await advance(WATCH_MS);
    socket.say({ id: 1, reply: {} });
    await settle();
    expect(clock.sleeperCount).toBe(1);
    await close();
    expect(clock.sleeperCount).toBe(1);
  });
});

describe('what no shell says', () => {
  it.each(['', '{', '{}', '[]', '{"id":1}', '{"id":1,"reply":1,"event":2}', '{"id":7,"reply":1}'])(
    'disturbs_nobody: %j',
    async (text) => {
      const socket = await connect();
      const asked = app.request('hello', {});
      socket.listener.onText(text);
      socket.say({ id: 1, reply: 'there' });
      expect(await asked).toBe('there');
      expect(heard).toEqual([]);
    },
  );
});
