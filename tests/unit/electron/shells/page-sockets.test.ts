/** The page's WebSocket, and attempts to have one, to misuse it and to hold on to it. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppHandlers } from '../../../../electron/app/dispatch.ts';
import { Failure } from '../../../../helper/failure.ts';
import { until } from '../../helper/fake-world.ts';
import { type Browser, OTHER_PAGES, ShellWorld } from './shell-world.ts';
import { type Handshake, VisitorSocket, visit } from './visit.ts';

const MAX_FRAME_BYTES = 2 * 1024 * 1024;
const PING_MS = 15_000;

let world: ShellWorld;
let browser: Browser;
const opened: VisitorSocket[] = [];

beforeEach(async () => {
  world = new ShellWorld();
  await world.open();
  browser = await world.enter();
});
afterEach(async () => {
  for (const { socket } of opened.splice(0)) socket.terminate();
  await world.close();
});

/** As the page does, but for what the test says. */
async function tryToOpen(
  { headers = {}, ...rest }: Partial<Handshake> = {},
  path = 'socket',
): Promise<VisitorSocket | number> {
  const usual = { cookie: browser.cookie, origin: world.origin, 'sec-fetch-site': 'same-origin' };
  const outcome = await VisitorSocket.open(browser.page + path, {
    headers: { ...usual, ...headers },
    ...rest,
  });
  if (typeof outcome !== 'number') opened.push(outcome);
  return outcome;
}

async function open(handshake: Partial<Handshake> = {}): Promise<VisitorSocket> {
  const outcome = await tryToOpen(handshake);
  if (typeof outcome === 'number') throw new Error(`refused: ${outcome}`);
  return outcome;
}

/** How many pages the app tells of events. */
function countListeners(): { readonly count: number } {
  const listening = { count: 0 };
  const { listen } = world.app;
  world.app.listen = (listener) => {
    const stop = listen.call(world.app, listener);
    listening.count++;
    return () => {
      listening.count--;
      stop();
    };
  };
  return listening;
}

/** Requests for the traffic have no answer until the test gives one. */
function holdTraffic(): (() => void)[] {
  const waiting: (() => void)[] = [];
  const handlers: Partial<AppHandlers> = {
    traffic: () => new Promise((_, reject) => waiting.push(() => reject(new Failure('let go')))),
  };
  Object.assign(world.app.handlers, handlers);
  return waiting;
}

const TRAFFIC = { name: 'home', span: '5m' };

describe('the page', () => {
  it('hears_the_present_state_until_it_goes', async () => {
    const listening = countListeners();
    const page = await open();
    await until(() => page.told.length === 3);
    expect(page.told).toMatchObject([
      { event: 'helper', link: { kind: 'connecting' } },
      { event: 'settings', settings: { theme: 'system' } },
      { event: 'desktop', hasTray: false },
    ]);
    expect(listening.count).toBe(1);
    page.socket.terminate();
    await until(() => listening.count === 0);
  });

  it('knows_its_shell_by_the_first_frame_which_its_bridge_foretells', async () => {
    const page = await open();
    await until(() => page.frames.length > 0);
    const [first] = page.frames;
    const { body } = await visit(`${browser.page}bridge.js`, { headers: { cookie: browser.cookie } });
    expect(first).toEqual({ proof: expect.stringMatching(/^[\w-]{43}$/) });
    expect(`{"proof":${body}}`).toBe(JSON.stringify(first));
  });

  it('has_a_reply_to_each_request_by_its_id', async () => {
    const page = await open();
    const [hello, key] = [page.ask('hello', {}), page.ask('generateKey', {})];
    await until(() => page.replyTo(hello) !== undefined && page.replyTo(key) !== undefined);
    expect(page.replyTo(hello)).toMatchObject({ ok: true, result: { shell: { kind: 'browser' } } });
    expect(page.replyTo(key)).toMatchObject({ ok: true, result: { publicKey: expect.any(String) } });
  });

  it.each(['reset', 'subscribe', 'constructor', '__proto__', 'HELLO', ''])(
    'hears_that_there_is_no_verb_%j',
    async (verb) => {
      const page = await open();
      const id = page.ask(verb, {});
      await until(() => page.replyTo(id) !== undefined);
      expect(page.replyTo(id)).toMatchObject({ ok: false, error: { what: 'the app knows no such request' } });
    },
  );

  it('hears_that_a_request_is_malformed', async () => {
    const page = await open();
    const id = page.ask('up', { name: '../../etc' });
    await until(() => page.replyTo(id) !== undefined);
    expect(page.replyTo(id)).toMatchObject({ ok: false, error: { what: 'a malformed request: up' } });
  });

  it('is_answered_beside_eight_requests_that_do_not_end', async () => {
    holdTraffic();
    const page = await open();
    const held = Array.from({ length: 8 }, () => page.ask('traffic', TRAFFIC));
    const hello = page.ask('hello', {});
    await until(() => page.replyTo(hello) !== undefined);
    expect(page.replyTo(hello)).toMatchObject({ ok: true });
    expect(held.map((id) => page.replyTo(id))).toEqual(held.map(() => undefined));
  });

  it('has_24_requests_in_work_and_hears_it_of_the_next', async () => {
    const waiting = holdTraffic();
    const page = await open();
    for (let i = 0; i < 24; i++) page.ask('traffic', TRAFFIC);
    const tooMany = page.ask('hello', {});
    await until(() => page.replyTo(tooMany) !== undefined);
    expect(page.replyTo(tooMany)).toMatchObject({
      ok: false,
      error: { what: 'this page has asked for too much at once' },
    });
    expect(waiting).toHaveLength(24);
    const other = await open();
    const ofAnother = other.ask('hello', {});
    await until(() => other.replyTo(ofAnother) !== undefined);
    expect(other.replyTo(ofAnother)).toMatchObject({ ok: true });
    waiting[0]!();
    await until(() => page.replyTo(1) !== undefined);
    const next = page.ask('hello', {});
    await until(() => page.replyTo(next) !== undefined);
    expect(page.replyTo(next)).toMatchObject({ ok: true });
  });

  it('goes_without_its_answer', async () => {
    const waiting = holdTraffic();
    const page = await open();
    page.ask('traffic', TRAFFIC);
    await until(() => waiting.length === 1);
    page.socket.terminate();
    await page.closed;
    waiting[0]!();
    const id = (await open()).ask('hello', {});
    await until(() => opened.at(-1)!.replyTo(id) !== undefined);
  });

  it('has_no_compression', async () => {
    expect((await open()).socket.extensions).toBe('');
  });

  it('hears_the_end_of_the_shell', async () => {
    const page = await open();
    await world.shell.close();
    expect(await page.closed).toBe(1006);
  });
});

describe('a socket', () => {
  const others: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ...OTHER_PAGES,
    ['a person who typed an address', { 'sec-fetch-site': 'none' }],
    ['somebody without the cookie', { cookie: '' }],
    ['somebody with another cookie', { cookie: `wayfare=${'x'.repeat(43)}` }],
  ];

  it.each(others)('is_refused: %s', async (_, said) => {
    expect(await tryToOpen({ headers: world.fillIn(said) })).toBe(403);
  });

  it('is_refused: no browser, which says where it is from', async () => {
    const headers = { cookie: browser.cookie };
    expect(await VisitorSocket.open(`${browser.page}socket`, { headers })).toBe(403);
  });

  it('is_let_in_where_the_browser_says_no_site', async () => {
    const headers = { cookie: browser.cookie, origin: world.origin };
    const outcome = await VisitorSocket.open(`${browser.page}socket`, { headers });
    expect(outcome).toBeInstanceOf(VisitorSocket);
    (outcome as VisitorSocket).socket.terminate();
  });

  it.each(['', 'socket/', 'socket?x', 'sockets', '../socket'])('is_nowhere_else: %j', async (path) => {
    expect(await tryToOpen({}, path)).toBe(404);
  });

  it('is_one_of_32', async () => {
    for (let i = 0; i < 32; i++) await open();
    expect(await tryToOpen()).toBe(503);
    opened[0]!.socket.terminate();
    await expect.poll(() => tryToOpen()).not.toBe(503);
  });

  it('is_closed_for_bytes', async () => {
    const page = await open();
    page.socket.send(Buffer.from('{"id":1,"verb":"hello","request":{}}'));
    expect(await page.closed).toBe(1003);
    expect(page.replyTo(1)).toBeUndefined();
  });

  it.each([
    '',
    '{',
    'null',
    '[]',
    '{}',
    '{"id":1}',
    '{"id":"1","verb":"hello","request":{}}',
    '{"id":-1,"verb":"hello","request":{}}',
    '{"id":0.5,"verb":"hello","request":{}}',
    '{"id":1,"verb":["hello"],"request":{}}',
    '{"id":1,"verb":"hello","request":{},"more":1}',
  ])('is_closed_for_a_text_that_is_no_request: %j', async (text) => {
    const taken = holdTraffic();
    const page = await open();
    page.socket.send(text);
    page.ask('traffic', TRAFFIC);
    expect(await page.closed).toBe(1008);
    expect(taken).toEqual([]);
  });

  it('is_closed_for_what_is_no_UTF_8', async () => {
    const page = await open();
    page.socket.send(Buffer.from([0xff, 0xfe]), { binary: false });
    expect(await page.closed).toBe(1007);
  });

  it('is_closed_for_a_frame_of_more_than_two_megabytes', async () => {
    const page = await open();
    const fits = (fileName: string) => JSON.stringify({ id: 1, verb: 'inspect', request: { fileName } });
    page.socket.send(fits('x'.repeat(MAX_FRAME_BYTES - fits('').length)));
    await until(() => page.replyTo(1) !== undefined);
    page.socket.send(fits('x'.repeat(MAX_FRAME_BYTES - fits('').length + 1)));
    expect(await page.closed).toBe(1009);
  });

  it('is_closed_for_a_page_that_does_not_read', async () => {
    const page = await open();
    await until(() => page.told.length === 3);
    page.socket.pause();
    const files = [{ fileName: 'a.conf', content: 'A'.repeat(1024 * 1024) }];
    for (let i = 0; i < 40; i++) world.app.openFiles({ files, notTaken: [] });
    page.socket.resume();
    expect(await page.closed).toBe(1006);
    expect(page.told.length).toBeLessThan(20);
  });

  it('is_closed_for_a_page_that_answers_no_ping', async () => {
    const listening = countListeners();
    const [dead, alive] = [await open({ autoPong: false }), await open()];
    const pings = { dead: 0, alive: 0 };
    dead.socket.on('ping', () => pings.dead++);
    alive.socket.on('ping', () => pings.alive++);
    expect(listening.count).toBe(2);
    world.clock.advance(PING_MS);
    await until(() => pings.dead === 1 && pings.alive === 1);
    const hello = alive.ask('hello', {});
    await until(() => alive.replyTo(hello) !== undefined); // so its pong has come
    world.clock.advance(PING_MS);
    expect(await dead.closed).toBe(1006);
    await until(() => pings.alive === 2);
    expect(listening.count).toBe(1);
  });
});
