/** `wayfare ui` as a program: what it says, how it ends, whose browser it opens, and whom it lets in. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, inject, it } from 'vitest';
import { WebSocket } from 'ws';
import type {} from '../support/browser-server.ts'; // what is injected
import { BackgroundProcess, run, waitFor } from '../support/processes.ts';

/** Users of whom nobody has heard. */
const PERSON = '61001';
const ANOTHER = '61002';

let folder: string;
let opened: string;
const running: BackgroundProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-ui-'));
  chmodSync(folder, 0o755);
  cpSync(inject('programs'), join(folder, 'dist'), { recursive: true });
  mkdirSync(join(folder, 'bin'));
  mkdirSync(join(folder, 'home'), { mode: 0o777 });
  chmodSync(join(folder, 'home'), 0o777);
  opened = join(folder, 'home', 'opened');
  writeFileSync(
    join(folder, 'bin', 'xdg-open'),
    `#!/bin/sh\necho "$@" > ${opened}.new && mv ${opened}.new ${opened}\n`,
  );
  chmodSync(join(folder, 'bin', 'xdg-open'), 0o755);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((ui) => ui.stop()));
  rmSync(opened, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Start {
  readonly args?: readonly string[];
  readonly user?: string;
  readonly env?: Record<string, string>;
}

function start({ args = [], user = '0', env = {} }: Start = {}): BackgroundProcess {
  const program = [
    process.execPath,
    join(folder, 'dist', 'wayfare.js'),
    '--socket',
    join(folder, 'none.sock'),
  ];
  const as = ['--reuid', user, '--regid', user, '--clear-groups'];
  const ui = new BackgroundProcess('/usr/bin/setpriv', [...as, ...program, 'ui', ...args], {
    env: {
      XDG_CONFIG_HOME: join(folder, 'home', 'config'),
      PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
      DISPLAY: '',
      WAYLAND_DISPLAY: '',
      ...env,
    },
  });
  running.push(ui);
  return ui;
}

function addressOf(ui: BackgroundProcess): Promise<string> {
  return waitFor(() => /^Wayfare is at (http:\S+)\n/.exec(ui.stdout)?.[1], { what: 'its address' });
}

/** What a program of that user gets there: a status, or `nobody` to talk to. */
async function fetchAs(user: string, url: string): Promise<string> {
  const script = `
    const tell = ({ statusCode }) => console.log(statusCode);
    require('node:http').get(process.argv[1], tell).on('error', () => console.log('nobody'));`;
  const as = ['--reuid', user, '--regid', user, '--clear-groups'];
  return (await run('setpriv', [...as, process.execPath, '-e', script, url])).stdout.trim();
}

it('says_where_it_is_and_how_it_ends_and_does_so', async () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const ui = start();
    const url = await addressOf(ui);
    expect(ui.stdout.split('\n').slice(1)).toEqual([
      'Open it in your browser: it lets one in, once. Ctrl-C ends it.',
      '',
    ]);
    ui.signal(signal);
    expect(await ui.exited).toEqual({ code: 0, signal: null });
    expect(ui.stderr).toBe('');
    expect(await fetchAs('0', url)).toBe('nobody');
  }
});

it('starts_without_a_helper_and_the_page_hears_that', async () => {
  const url = await addressOf(start());
  const { headers } = await fetch(url, { redirect: 'manual' });
  const cookie = headers.get('set-cookie')!.split(';')[0]!;
  const { origin } = new URL(url);
  const socket = new WebSocket(new URL(`${headers.get('location')}socket`, url), {
    headers: { cookie },
    origin,
  });
  let heard = '';
  socket.on('message', (data) => {
    heard += data;
  });
  await waitFor(() => heard.includes('unreachable'), { what: 'the state of the helper' });
  expect(heard).toContain('the helper is not running');
  socket.terminate();
});

it('says_in_words_that_its_port_is_taken', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const ui = start({ args: ['--port', String(port)] });
  expect(await ui.exited).toMatchObject({ code: 1 });
  expect(ui.stderr).toBe(
    `wayfare: something else has port ${port}, on 127.0.0.1, choose another --port, or none for any that is free\n`,
  );
  other.close();
});

it.each(['x', '65536'])('takes_%j_for_no_port', async (port) => {
  const ui = start({ args: ['--port', port] });
  expect(await ui.exited).toMatchObject({ code: 2 });
  expect(ui.stderr).toContain('A port is 0 to 65535');
});

it('opens_the_browser_of_a_person_who_has_a_screen', async () => {
  const ui = start({ user: PERSON, env: { DISPLAY: ':9' } });
  const url = await addressOf(ui);
  expect(ui.stdout).toContain('It opens in your browser. Ctrl-C ends it.\n');
  await waitFor(() => existsSync(opened), { what: 'the browser to open' });
  expect(readFileSync(opened, 'utf8')).toBe(`${url}\n`);
});

it.each([
  ['without_a_screen', { user: PERSON }],
  ['for_root', { env: { DISPLAY: ':9' } }],
  ['that_was_told_not_to', { user: PERSON, env: { WAYLAND_DISPLAY: 'wayland-0' }, args: ['--no-open'] }],
])('opens_no_browser_%s', async (_, options: Start) => {
  const ui = start(options);
  await addressOf(ui);
  ui.signal('SIGTERM');
  await ui.exited;
  expect(ui.stdout).toContain('Open it in your browser');
  expect(existsSync(opened)).toBe(false);
});

it('stays_where_there_is_no_xdg_open', async () => {
  const ui = start({ user: PERSON, env: { DISPLAY: ':9', PATH: '/nowhere' } });
  expect(await fetchAs(PERSON, await addressOf(ui))).toBe('303');
});

it('lets_no_other_user_in_not_even_with_the_token', async () => {
  const url = await addressOf(start({ user: PERSON }));
  for (const user of [ANOTHER, '0']) expect(await fetchAs(user, url)).toBe('nobody');
  expect(await fetchAs(PERSON, url)).toBe('303');
});

it('shows_its_token_in_no_list_of_processes_where_it_opens_nothing', async () => {
  const ui = start({ user: PERSON });
  const token = new URL(await addressOf(ui)).searchParams.get('token')!;
  const { stdout } = await run('ps', ['-eo', 'args=', '-ww']);
  expect(stdout).toContain(join(folder, 'dist', 'wayfare-ui.js'));
  expect(stdout).not.toContain(token);
});
