/** Attempts to get at the browser shell without being its one browser. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { App } from '../../../../electron/app/app.ts';
import { DEFAULT_SETTINGS } from '../../../../electron/app/settings.ts';
import { type BrowserShell, openBrowserShell } from '../../../../electron/shells/browser.ts';
import { Page } from '../../../../electron/shells/page.ts';
import { notOnThisSystem } from '../../../../helper/failure.ts';
import { ManualClock, until } from '../../helper/fake-world.ts';
import { type Asked, type Reply, say, statusOf, visit } from './visit.ts';

const SECRET = 'not for everybody';

let folder: string;
let app: App;
let shell: BrowserShell;
/** Without a path. */
let origin: string;
const sockets: Socket[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-page-'));
  writeFileSync(join(folder, 'index.html'), `<title>Wayfare</title><!--bridge-->${SECRET}`);
  writeFileSync(join(folder, 'main.js'), 'run()');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeEach(async () => {
  app = new App({
    socketPath: join(folder, 'no.sock'),
    settings: { current: DEFAULT_SETTINGS, change: async () => {} },
    desktop: {
      shell: {
        kind: 'browser',
        versions: [],
        platform: 'linux',
        hasAutostart: false,
        canInstallHelper: false,
      },
      isAutostartOn: async () => false,
      setAutostart: () => Promise.reject(notOnThisSystem('this')),
      installHelper: () => Promise.reject(notOnThisSystem('this')),
    },
    clock: new ManualClock(),
  });
  shell = await openBrowserShell({ app, page: new Page({ folder, withBridge: true }), port: 0 });
  origin = new URL(shell.url).origin;
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await shell.close();
});

interface Browser {
  readonly cookie: string;
  /** Where its page is. */
  readonly page: string;
}

async function enter(): Promise<Browser> {
  const { status, headers } = await visit(shell.url);
  expect(status).toBe(303);
  return { cookie: headers['set-cookie']![0]!.split(';')[0]!, page: origin + headers.location };
}

/** As the page asks, but for what the test says. */
function ask({ cookie, page }: Browser, verb: string, { headers = {}, ...rest }: Asked = {}): Promise<Reply> {
  const usual = { cookie, origin, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
  const body = rest.body ?? '{}';
  const length = { 'content-length': String(Buffer.byteLength(body)) };
  return visit(`${page}api/${verb}`, {
    method: 'POST',
    ...rest,
    body,
    headers: { ...usual, ...length, ...headers },
  });
}

describe('the one browser', () => {
  it('gets_the_page_and_is_answered', async () => {
    const browser = await enter();
    const page = await visit(browser.page, { headers: { cookie: browser.cookie } });
    expect(page).toMatchObject({ status: 200 });
    expect(page.body).toContain(SECRET);
    const { status, body } = await ask(browser, 'hello');
    expect([status, JSON.parse(body)]).toMatchObject([
      200,
      { ok: true, result: { shell: { kind: 'browser' } } },
    ]);
  });

  it('has_a_cookie_that_no_script_and_no_other_site_can_use_below_a_path_that_nobody_knows', async () => {
    const { headers } = await visit(shell.url);
    const [value, ...attributes] = headers['set-cookie']![0]!.split('; ');
    expect(value).toMatch(/^wayfare=[\w-]{43}$/);
    expect(attributes).toEqual(['HttpOnly', 'SameSite=Strict', `Path=${headers.location}`]);
    expect(headers.location).toMatch(/^\/[\w-]{43}\/$/);
    expect(headers['cache-control']).toBe('no-store');
  });

  it.each(['', 'main.js'])('has_the_page_to_itself_by_its_headers: %j', async (file) => {
    const { page, cookie } = await enter();
    const { headers } = await visit(page + file, { headers: { cookie } });
    const policy = headers['content-security-policy'];
    for (const rule of [
      "default-src 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ])
      expect(policy).toContain(rule);
    expect(policy).not.toMatch(/unsafe-(inline|eval|hashes)'(?<!wasm-unsafe-eval')|\*|https?:/);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
    });
  });

  it('has_the_answers_to_itself_by_their_headers', async () => {
    const browser = await enter();
    const refused = await visit(origin);
    for (const { headers } of [await ask(browser, 'hello'), refused])
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'cross-origin-resource-policy': 'same-origin',
        'cache-control': 'no-store',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
    expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('somebody without the token', () => {
  it.each([
    '/',
    '/index.html',
    '/main.js',
    '/api/hello',
    '/api/events',
    '/?token=',
    '/?token=x',
    '/?x=token',
  ])('is_refused %s', async (path) => {
    const { status, body } = await visit(origin + path);
    expect(status).toBe(403);
    expect(body).not.toContain(SECRET);
  });

  it('does_not_guess_it_by_its_length_or_its_case', async () => {
    const { token } = Object.fromEntries(new URL(shell.url).searchParams);
    for (const guess of [
      token!.slice(1),
      `${token}x`,
      token!.toUpperCase(),
      `${token}%00`,
      '%C3%A9'.repeat(43),
    ])
      expect((await visit(`${origin}/?token=${guess}`)).status).toBe(403);
    expect((await visit(shell.url)).status).toBe(303); // and they have not used it up
  });

  it('comes_too_late_with_the_one_that_was_used', async () => {
    const { page } = await enter();
    expect((await visit(shell.url)).status).toBe(403);
    expect((await visit(page)).status).toBe(403);
  });

  it('is_not_let_in_by_a_cookie_of_that_name', async () => {
    const { page, cookie } = await enter();
    const value = cookie.split('=')[1]!;
    for (const wrong of ['wayfare=', 'wayfare', `Wayfare=${value}`, `wayfare=${value}x`, `x=${cookie}`])
      expect((await visit(page, { headers: { cookie: wrong } })).status).toBe(403);
    const among = `theme=dark; ${cookie}; wayfare=other`;
    expect((await visit(page, { headers: { cookie: among } })).status).toBe(200);
  });

  it('does_not_find_the_page_outside_its_place', async () => {
    const { cookie, page } = await enter();
    const { pathname } = new URL(page);
    for (const path of [
      '/',
      '/index.html',
      `${pathname.slice(0, -1)}`,
      `/${'x'.repeat(43)}/`,
      `//${pathname}`,
    ])
      expect((await visit(origin + path, { headers: { cookie } })).status).toBe(403);
  });
});

describe('another page of the same browser', () => {
  it.each([
    ['a name that somebody points at this machine', { host: 'attacker.example' }],
    ['that name with our port', { host: 'attacker.example:PORT' }],
    ['localhost, which is a name, too', { host: 'localhost:PORT' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['another site', { origin: 'https://attacker.example' }],
    ['a sandboxed frame', { origin: 'null' }],
    ['the same name over TLS', { origin: 'https://127.0.0.1:PORT' }],
    ['another port of this machine', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
    ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
    ['a page that hides its origin', { origin: '' }],
  ])('is_refused: %s', async (_, headers) => {
    const browser = await enter();
    const { host } = new URL(origin);
    const said = Object.entries(headers).map(([name, value]) => [
      name,
      value.replace(/127.0.0.1:PORT|PORT/, (text) => (text === 'PORT' ? host.split(':')[1]! : host)),
    ]);
    const asked = { headers: Object.fromEntries(said) };
    expect((await ask(browser, 'hello', asked)).status).toBe(403);
    const cookie = { cookie: browser.cookie };
    expect((await visit(browser.page, { headers: { ...cookie, ...asked.headers } })).status).toBe(403);
  });

  it('cannot_use_up_the_token_by_a_link', async () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await visit(shell.url, { headers: link })).status).toBe(403);
    expect((await visit(shell.url, { headers: { 'sec-fetch-site': 'none' } })).status).toBe(303);
  });

  it('cannot_ask_by_a_form', async () => {
    const browser = await enter();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      '',
    ])
      expect((await ask(browser, 'hello', { headers: { 'content-type': type } })).status).toBe(415);
  });

  it('cannot_ask_without_saying_where_it_is_from', async () => {
    const { page, cookie } = await enter();
    const headers = { cookie, 'content-type': 'application/json' };
    expect((await visit(`${page}api/hello`, { method: 'POST', headers, body: '{}' })).status).toBe(403);
  });
});

describe('what is asked amiss', () => {
  it('is_not_a_verb', async () => {
    const browser = await enter();
    for (const verb of [
      'reset',
      'subscribe',
      'constructor',
      '__proto__',
      'up/../hello',
      'hello/',
      'HELLO',
      '',
    ])
      expect([verb, (await ask(browser, verb)).status]).toEqual([verb, 404]);
  });

  it('is_no_verb_by_another_method', async () => {
    const browser = await enter();
    for (const method of ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])
      expect([method, (await ask(browser, 'hello', { method })).status]).toEqual([method, 404]);
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect([
        method,
        (await visit(browser.page, { method, headers: { cookie: browser.cookie, origin } })).status,
      ]).toEqual([method, 404]);
    expect((await ask(browser, 'events')).status).toBe(404);
  });

  it('is_no_JSON', async () => {
    const browser = await enter();
    expect((await ask(browser, 'hello', { body: '{' })).status).toBe(400);
    expect((await ask(browser, 'hello', { body: '' })).status).toBe(400);
    const malformed = await ask(browser, 'up', { body: '{"name":"../../etc"}' });
    expect(JSON.parse(malformed.body)).toMatchObject({
      ok: false,
      error: { what: 'a malformed request: up' },
    });
  });

  it('is_too_long', async () => {
    const browser = await enter();
    const fits = JSON.stringify({ fileName: 'x'.repeat(2 * 1024 * 1024 - 30), content: '' });
    expect((await ask(browser, 'inspect', { body: fits })).status).toBe(200);
    const headers = { 'content-length': String(2 * 1024 * 1024 + 1) };
    expect((await ask(browser, 'inspect', { headers, body: '{' })).status).toBe(413);
  });

  it('has_no_length', async () => {
    const { page, cookie } = await enter();
    const { pathname, host } = new URL(page);
    const head = `POST ${pathname}api/hello HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${origin}\r\nCookie: ${cookie}\r\n`;
    const chunked =
      'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n';
    expect(statusOf(await say(origin, head + chunked))).toBe(413);
  });

  it.each([
    '../settings.ts',
    '..%2f..%2fsettings.ts',
    '%2e%2e/%2e%2e/etc/passwd',
    '..\\..\\etc\\passwd',
    './index.html',
    '/index.html',
    'index.html/',
    'main.js%00.html',
    'api/../index.html',
  ])('is_a_path_that_leads_elsewhere: %s', async (path) => {
    const { page, cookie } = await enter();
    const { status, body } = await visit(page + path, { headers: { cookie } });
    expect([status, body.includes(SECRET)]).toEqual([404, false]);
  });

  it.each(['//', 'http://[', '*', '/%', '/%zz', '/\u00ff', 'x', '/?token=%', '/?token=a&token=b', '/?%&='])(
    'is_no_address_at_all_and_disturbs_nobody: %j',
    async (target) => {
      const { host } = new URL(origin);
      const answer = await say(origin, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect([400, 403]).toContain(statusOf(answer));
      await enter();
    },
  );

  it.each([
    ['an HTTP/1.0 request without a host', 'GET / HTTP/1.0\r\n\r\n'],
    ['an HTTP/1.1 request without a host', 'GET / HTTP/1.1\r\n\r\n'],
    ['two hosts', 'GET / HTTP/1.1\r\nHost: HOST\r\nHost: attacker.example\r\n\r\n'],
    ['a host in the address', 'GET http://HOST/ HTTP/1.1\r\nHost: attacker.example\r\n\r\n'],
    ['a proxy request', 'CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n'],
    ['a WebSocket', 'GET / HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a TLS greeting', '\x16\x03\x01\x02\x00'],
    ['a header without end', `GET / HTTP/1.1\r\nHost: HOST\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('is_%s', async (_, text) => {
    const answer = await say(origin, text.replaceAll('HOST', new URL(origin).host));
    expect([0, 400, 403, 431]).toContain(statusOf(answer));
    expect(answer).not.toContain(SECRET);
    await enter();
  });
});

describe('somebody who holds on', () => {
  const slow = { timeout: 15_000 };

  it.concurrent('is_let_go_without_a_whole_header_or_a_whole_body', slow, async ({ expect }) => {
    const page = new Page({ folder, withBridge: true });
    const own = await openBrowserShell({ app, page, port: 0 });
    try {
      const entered = await visit(own.url);
      const { host, origin: there } = new URL(own.url);
      const cookie = entered.headers['set-cookie']![0]!.split(';')[0]!;
      const head = `POST ${entered.headers.location}api/hello HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${there}\r\n`;
      const body = `Cookie: ${cookie}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`;
      const began = performance.now();
      const answers = await Promise.all([say(there, head), say(there, head + body), say(there, '')]);
      expect(answers.map(statusOf)).toEqual([408, 408, 408]);
      expect(performance.now() - began).toBeLessThan(8_000);
    } finally {
      await own.close();
    }
  });

  it('takes_no_more_than_64_connections', async () => {
    let closed = 0;
    for (let i = 0; i < 100; i++) {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1');
      socket.on('error', () => {}); // a reset, for one too many
      socket.on('close', () => closed++);
      sockets.push(socket);
    }
    await until(() => closed === 36);
  });
});

describe('the place of the shell', () => {
  it('is_loopback_of_IPv4_alone', async () => {
    const { port } = new URL(origin);
    const wanted = `:${Number(port).toString(16).toUpperCase().padStart(4, '0')} `;
    const listening = ['tcp', 'tcp6'].flatMap((table) =>
      readFileSync(`/proc/self/net/${table}`, 'latin1')
        .split('\n')
        .map((row) => row.trim().split(/\s+/))
        .filter(([, local, , state]) => `${local} `.endsWith(wanted) && state === '0A')
        .map(([, local]) => local!.split(':')[0]),
    );
    expect(listening).toEqual(['0100007F']);
    const others = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    for (const { address } of others.filter((each) => each.address !== '127.0.0.1')) {
      const outcome = await new Promise((resolve) => {
        const socket = connect(Number(port), address, () => resolve('connected'));
        sockets.push(socket);
        socket.on('error', () => resolve('refused'));
      });
      expect([address, outcome]).toEqual([address, 'refused']);
    }
  });

  it('is_refused_in_words_where_something_else_has_it', async () => {
    const page = new Page({ folder, withBridge: true });
    const again = openBrowserShell({ app, page, port: Number(new URL(origin).port) });
    await expect(again).rejects.toMatchObject({
      parts: { what: `something else has port ${new URL(origin).port}`, where: 'on 127.0.0.1' },
    });
  });
});

describe('the stream of events', () => {
  /** @returns the socket, and what it heard so far */
  function listen({ page, cookie }: Browser): { socket: Socket; heard: () => string } {
    const { pathname, host, port } = new URL(page);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(`GET ${pathname}api/events HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`);
    sockets.push(socket);
    let text = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {}); // the shell may end it
    return { socket, heard: () => text };
  }

  it('begins_with_the_present_state_and_is_over_with_its_page', async () => {
    let listeners = 0;
    const { listen: listenTo } = app;
    app.listen = (listener) => {
      listeners++;
      const stop = listenTo.call(app, listener);
      return () => {
        listeners--;
        stop();
      };
    };
    const { socket, heard } = listen(await enter());
    await until(() => heard().includes('"event":"settings"'));
    expect(heard()).toMatch(/content-type: text\/event-stream/i);
    expect(heard()).toContain('data: {"event":"helper","link":{"kind":"connecting"}}\n\n');
    expect(listeners).toBe(1);
    socket.destroy();
    await until(() => listeners === 0);
  });

  it('is_ended_for_a_page_that_does_not_read', async () => {
    const { socket, heard } = listen(await enter());
    await until(() => heard().includes('"event":"settings"'));
    socket.pause();
    let isClosed = false;
    socket.on('close', () => {
      isClosed = true;
    });
    const files = [{ fileName: 'a.conf', content: 'A'.repeat(1024 * 1024) }];
    for (let i = 0; i < 40; i++) app.openFiles({ files, notTaken: [] });
    socket.resume();
    await until(() => isClosed);
    expect(heard().length).toBeLessThan(20 * 1024 * 1024);
  });

  it('ends_with_the_shell', async () => {
    const { socket, heard } = listen(await enter());
    await until(() => heard().includes('"event":"settings"'));
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await shell.close();
    await closed;
    await expect(visit(origin)).rejects.toThrow('ECONNREFUSED');
  });
});
