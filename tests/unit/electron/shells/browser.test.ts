/** Attempts to get at the browser shell without being its one browser. */
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../helper/fake-world.ts';
import { OTHER_PAGES, SECRET, ShellWorld } from './shell-world.ts';
import { say, statusOf, visit } from './visit.ts';

let world: ShellWorld;
const sockets: Socket[] = [];

beforeEach(async () => {
  world = new ShellWorld();
  await world.open();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await world.close();
});

describe('the one browser', () => {
  it('gets_the_page', async () => {
    const { page, cookie } = await world.enter();
    const { status, body } = await visit(page, { headers: { cookie } });
    expect(status).toBe(200);
    expect(body).toContain(SECRET);
    expect(body).toContain('<script src="./bridge.js"></script>');
  });

  it('has_a_cookie_that_no_script_and_no_other_site_can_use_below_a_path_that_nobody_knows', async () => {
    const { headers } = await visit(world.shell.url);
    const [value, ...attributes] = headers['set-cookie']![0]!.split('; ');
    expect(value).toMatch(/^wayfare=[\w-]{43}$/);
    expect(attributes).toEqual(['HttpOnly', 'SameSite=Strict', `Path=${headers.location}`]);
    expect(headers.location).toMatch(/^\/[\w-]{43}\/$/);
    expect(headers['cache-control']).toBe('no-store');
  });

  it.each(['', 'main.js'])('has_the_page_to_itself_by_its_headers: %j', async (file) => {
    const { page, cookie } = await world.enter();
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

  it('has_the_refusals_to_itself_by_their_headers', async () => {
    const { headers } = await visit(world.origin);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });
});

describe('somebody without the token', () => {
  it.each(['/', '/index.html', '/main.js', '/socket', '/?token=', '/?token=x', '/?x=token'])(
    'is_refused %s',
    async (path) => {
      const { status, body } = await visit(world.origin + path);
      expect(status).toBe(403);
      expect(body).not.toContain(SECRET);
    },
  );

  it('does_not_guess_it_by_its_length_or_its_case', async () => {
    const { token } = Object.fromEntries(new URL(world.shell.url).searchParams);
    for (const guess of [
      token!.slice(1),
      `${token}x`,
      token!.toUpperCase(),
      `${token}%00`,
      '%C3%A9'.repeat(43),
    ])
      expect((await visit(`${world.origin}/?token=${guess}`)).status).toBe(403);
    expect((await visit(world.shell.url)).status).toBe(303); // and they have not used it up
  });

  it('comes_too_late_with_the_one_that_was_used', async () => {
    const { page } = await world.enter();
    expect((await visit(world.shell.url)).status).toBe(403);
    expect((await visit(page)).status).toBe(403);
  });

  it('is_not_let_in_by_a_cookie_of_that_name', async () => {
    const { page, cookie } = await world.enter();
    const value = cookie.split('=')[1]!;
    for (const wrong of ['wayfare=', 'wayfare', `Wayfare=${value}`, `wayfare=${value}x`, `x=${cookie}`])
      expect((await visit(page, { headers: { cookie: wrong } })).status).toBe(403);
    const among = `theme=dark; ${cookie}; wayfare=other`;
    expect((await visit(page, { headers: { cookie: among } })).status).toBe(200);
  });

  it('does_not_find_the_page_outside_its_place', async () => {
    const { cookie, page } = await world.enter();
    const { pathname } = new URL(page);
    for (const path of [
      '/',
      '/index.html',
      `${pathname.slice(0, -1)}`,
      `/${'x'.repeat(43)}/`,
      `//${pathname}`,
    ])
      expect((await visit(world.origin + path, { headers: { cookie } })).status).toBe(403);
  });
});

describe('another page of the same browser', () => {
  it.each(OTHER_PAGES)('is_refused: %s', async (_, said) => {
    const { page, cookie } = await world.enter();
    const headers = { cookie, ...world.fillIn(said) };
    expect((await visit(page, { headers })).status).toBe(403);
  });

  it('cannot_use_up_the_token_by_a_link', async () => {
    const link = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
    expect((await visit(world.shell.url, { headers: link })).status).toBe(403);
    expect((await visit(world.shell.url, { headers: { 'sec-fetch-site': 'none' } })).status).toBe(303);
  });
});

describe('what is asked amiss', () => {
  it('is_no_page_by_another_method', async () => {
    const { page, cookie } = await world.enter();
    const headers = { cookie, origin: world.origin };
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])
      for (const file of ['', 'main.js', 'socket'])
        expect([method, file, (await visit(page + file, { method, headers })).status]).toEqual([
          method,
          file,
          404,
        ]);
  });

  it('is_no_file: the socket without a handshake', async () => {
    const { page, cookie } = await world.enter();
    expect((await visit(`${page}socket`, { headers: { cookie } })).status).toBe(404);
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
    'assets/../index.html',
  ])('is_a_path_that_leads_elsewhere: %s', async (path) => {
    const { page, cookie } = await world.enter();
    const { status, body } = await visit(page + path, { headers: { cookie } });
    expect([status, body.includes(SECRET)]).toEqual([404, false]);
  });

  it.each(['//', 'http://[', '*', '/%', '/%zz', '/\u00ff', 'x', '/?token=%', '/?token=a&token=b', '/?%&='])(
    'is_no_address_at_all_and_disturbs_nobody: %j',
    async (target) => {
      const { host } = new URL(world.origin);
      const answer = await say(world.origin, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect([400, 403]).toContain(statusOf(answer));
      await world.enter();
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
    const answer = await say(world.origin, text.replaceAll('HOST', new URL(world.origin).host));
    expect([0, 400, 403, 431]).toContain(statusOf(answer));
    expect(answer).not.toContain(SECRET);
    await world.enter();
  });
});

describe('somebody who holds on', () => {
  it('is_let_go_without_a_whole_header', { timeout: 15_000 }, async () => {
    const head = `GET / HTTP/1.1\r\nHost: ${new URL(world.origin).host}\r\n`;
    const upgrade = `${head}Connection: Upgrade\r\nUpgrade: websocket\r\n`;
    const began = performance.now();
    const answers = await Promise.all(['', head, upgrade].map((text) => say(world.origin, text)));
    expect(answers.map(statusOf)).toEqual([408, 408, 408]);
    expect(performance.now() - began).toBeLessThan(8_000);
  });

  it('takes_no_more_than_64_connections', async () => {
    let closed = 0;
    for (let i = 0; i < 100; i++) {
      const socket = connect(Number(new URL(world.origin).port), '127.0.0.1');
      socket.on('error', () => {}); // a reset, for one too many
      socket.on('close', () => closed++);
      sockets.push(socket);
    }
    await until(() => closed === 36);
  });
});

describe('the place of the shell', () => {
  it('is_loopback_of_IPv4_alone', async () => {
    const { port } = new URL(world.origin);
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
    const again = world.openShell(Number(new URL(world.origin).port));
    await expect(again).rejects.toMatchObject({
      parts: { what: `something else has port ${new URL(world.origin).port}`, where: 'on 127.0.0.1' },
    });
  });
});
