/** A real tunnel, connected in the page: by click, by keyboard, with traffic in it, and while the helper comes and goes. */
import type { Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, onTestFailed } from 'vitest';
import { AppWorld } from '../support/app-world.ts';
import { newKey, publicKeyOf } from '../support/helper-world.ts';
import { waitFor } from '../support/processes.ts';
import { expectFitsWindow, tabTo } from './page-input.ts';

const world = new AppWorld();

beforeAll(() => world.open());
beforeEach(() => {
  onTestFailed(() => {
    process.stderr.write(`The helper said last:\n${world.helper.stderr.slice(-4_000)}\n`);
  });
});
afterEach(async () => {
  await world.wayfare('down');
  await world.closePages();
});
afterAll(() => world.close());

function rowOf(page: Page, name: string): Locator {
  return page.getByRole('navigation', { name: 'Tunnels' }).getByRole('link', { name });
}

/** Its state in words, beside its name. */
function waitForState(page: Page, name: string, state: string): Promise<void> {
  return page
    .getByRole('main')
    .locator('header', { has: page.getByRole('heading', { name }) })
    .getByText(state, { exact: true })
    .first()
    .waitFor();
}

async function bringUp(name: string): Promise<void> {
  expect(await world.wayfare('up', name)).toMatchObject({ code: 0, stderr: '' });
}

async function expectReachable(): Promise<void> {
  expect((await world.traveller.ping('10.70.0.1', { count: 1 })).received).toBe(1);
}

it('connects_and_disconnects_by_click', async () => {
  const name = await world.importTunnel();
  const page = await world.visit();
  await rowOf(page, name).click();
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await waitForState(page, name, 'Connected');
  expect((await world.statusOf(name)).state).toBe('connected');
  await expectReachable();
  await page.getByText(`${world.link.b.v4}:51820`).first().waitFor();
  await page.getByRole('button', { name: 'Disconnect' }).click();
  await waitForState(page, name, 'Disconnected');
  expect((await world.statusOf(name)).state).toBe('disconnected');
});

it('connects_and_disconnects_by_the_switch_in_the_list', async () => {
  const name = await world.importTunnel();
  const page = await world.visit();
  const connect = page.getByRole('switch', { name: `Connect ${name}` });
  await connect.click();
  await page.locator('[role=switch][aria-checked=true]').waitFor();
  await expect.poll(async () => (await world.statusOf(name)).state).toBe('connected');
  await connect.click();
  await expect.poll(async () => (await world.statusOf(name)).state).toBe('disconnected');
});

it('connects_and_disconnects_by_keyboard_alone', async () => {
  const name = await world.importTunnel();
  const page = await world.visit();
  await tabTo(page, page.locator('nav a:focus'));
  for (let i = 0; i < 30 && !(await rowOf(page, name).evaluate((row) => row.matches(':focus'))); i++)
    await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await tabTo(page, page.getByRole('button', { name: 'Connect', exact: true }));
  await page.keyboard.press('Enter');
  await waitForState(page, name, 'Connected');
  await expectReachable();
  await tabTo(page, page.getByRole('button', { name: 'Disconnect' }));
  await page.keyboard.press('Space');
  await waitForState(page, name, 'Disconnected');
  await tabTo(page, rowOf(page, name));
  await page.keyboard.press('Control+Enter');
  await waitForState(page, name, 'Connected');
});

it('tells_a_screen_reader_what_has_become_of_the_tunnel', async () => {
  const name = await world.importTunnel();
  const page = await world.visit(`#/tunnel/${name}`);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByText(`${name}: Connected`, { exact: true }).waitFor({ state: 'attached' });
});

it('shows_the_rates_of_what_goes_through', async () => {
  const name = await world.importTunnel();
  await bringUp(name);
  const page = await world.visit(`#/tunnel/${name}`);
  const server = world.server.spawn('iperf3', ['--server', '--one-off', '--forceflush']);
  await waitFor(() => server.stdout.includes('Server listening'), { what: 'iperf3' });
  const client = ['--client', '10.70.0.1', '--bitrate', '8M', '--bidir', '--time', '60'];
  const traffic = world.traveller.spawn('iperf3', client);
  for (const way of ['Download', 'Upload']) {
    const rate = page.locator(`div:has(> dt:text-is("${way}")) > dd`).first();
    await expect.poll(() => rate.textContent()).toMatch(/^([5-9]|1\d)(\.\d)? Mbit\/s/);
  }
  const graph = page.getByRole('img', { name: /^Graph/ });
  const { width } = (await graph.boundingBox())!;
  await graph.hover({ position: { x: width - 28, y: 100 } });
  await expect.poll(() => graph.textContent()).toMatch(/ {3}↓ [\d.]+ Mbit\/s {3}↑ [\d.]+ Mbit\/s$/);
  await traffic.stop();
  const rate = page.locator('div:has(> dt:text-is("Download")) > dd').first();
  await expect.poll(() => rate.textContent()).toMatch(/^0 /);
  await server.exited;
});

it('says_what_happened_and_what_to_do_where_nobody_answers', async () => {
  const name = await world.importTunnel({ peerKey: await publicKeyOf(await newKey()) });
  await world.wayfare('up', name, '--timeout', '0.3');
  const page = await world.visit(`#/tunnel/${name}`);
  const card = page.getByRole('region', { name: 'What happened' });
  await card.waitFor();
  const told = await card.textContent();
  // Where the machine is busy, it does not come as far as calling in that time.
  expect(told).toMatch(/Nobody answered at \S+:51820\.|It took too long\./);
  expect(told).toContain('What to do');
  await page.getByRole('button', { name: 'Try again' }).click();
  await waitForState(page, name, 'Connecting…');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await waitForState(page, name, 'Disconnected');
});

it('goes_on_after_the_page_that_asked_has_closed', async () => {
  const name = await world.importTunnel();
  const page = await world.visit(`#/tunnel/${name}`);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.close();
  const second = await world.visit(`#/tunnel/${name}`);
  await waitForState(second, name, 'Connected');
});

it('shows_two_windows_the_same', async () => {
  const name = await world.importTunnel();
  const [one, other] = [await world.visit(`#/tunnel/${name}`), await world.visit(`#/tunnel/${name}`)];
  await one.getByRole('button', { name: 'Connect', exact: true }).click();
  await waitForState(other, name, 'Connected');
  await other.getByRole('button', { name: 'Disconnect' }).click();
  await waitForState(one, name, 'Disconnected');
});

it('says_that_the_helper_was_killed_and_has_the_tunnel_back_with_the_next', async () => {
  const name = await world.importTunnel();
  await bringUp(name);
  const page = await world.visit(`#/tunnel/${name}`);
  await waitForState(page, name, 'Connected');
  world.helper.signal('SIGKILL');
  await page.getByRole('heading', { name: 'The helper is not reached' }).waitFor();
  expect(await page.getByText('Connected', { exact: true }).count()).toBe(0);
  await page.setViewportSize({ width: 320, height: 720 });
  await expectFitsWindow(page);
  world.helper = await world.startHelper();
  const connect = page.getByRole('button', { name: 'Connect', exact: true });
  await connect.or(page.getByRole('button', { name: 'Disconnect' })).waitFor();
  if ((await connect.count()) > 0) await connect.click();
  await waitForState(page, name, 'Connected');
  await expectReachable();
});

it('answers_seven_pages_of_one_browser_at_once', async () => {
  const name = await world.importTunnel();
  const first = await world.visit();
  // Others of the same browser: it has six connections for a host.
  const more = await Promise.all(Array.from({ length: 6 }, () => first.context().newPage()));
  await Promise.all(more.map((page) => page.goto(world.address)));
  for (const page of [first, ...more]) {
    await rowOf(page, name).waitFor();
    const answer = await page.evaluate(() => window.wayfare.request('hello', {}));
    expect(answer).toMatchObject({ ok: true });
  }
});

it('answers_beside_eight_requests_that_do_not_end', async () => {
  const page = await world.visit();
  world.helper.signal('SIGSTOP');
  try {
    const answered = await page.evaluate(async () => {
      const { wayfare } = window;
      const held = Array.from({ length: 8 }, () => wayfare.request('logs', { limit: 1 }));
      Object.assign(window, { held });
      const unanswered = new Promise((resolve) => setTimeout(resolve, 5_000, 'nothing'));
      return Promise.race([...held, unanswered, wayfare.request('generateKey', {})]);
    });
    expect(answered).toMatchObject({ ok: true, result: { publicKey: expect.any(String) } });
  } finally {
    world.helper.signal('SIGCONT');
  }
  const answers = page.evaluate(() => Promise.all((window as unknown as { held: unknown[] }).held));
  expect(await answers).toMatchObject(Array.from({ length: 8 }, () => ({ ok: true })));
});

it('says_that_its_socket_is_lost_and_has_another', async () => {
  const name = await world.importTunnel();
  const page = await world.visit('about:blank');
  await page.addInitScript(() => {
    const Original = WebSocket;
    window.WebSocket = class extends Original {
      constructor(url: string | URL) {
        super(url);
        Object.assign(window, { opened: this });
      }
    };
  });
  await page.clock.install();
  await page.goto(world.address);
  await rowOf(page, name).waitFor();
  await page.clock.pauseAt(Date.now() + 60_000);
  // Bytes end it: the app takes text alone.
  await page.evaluate(() => (window as unknown as { opened: WebSocket }).opened.send(new Uint8Array(1)));
  await page.getByText('The app behind this page has ended.').first().waitFor();
  await page.clock.resume();
  await page.getByRole('heading', { name: 'The helper is not reached' }).waitFor({ state: 'hidden' });
  await page.getByRole('switch', { name: `Connect ${name}` }).click();
  await expect.poll(async () => (await world.statusOf(name)).state).toBe('connected');
});

it('says_that_the_app_has_ended', async () => {
  const page = await world.visit();
  const { port } = new URL(world.address);
  await world.ui.stop();
  await page.getByText('The app behind this page has ended.').first().waitFor();
  await page.close();
  await world.startUi(Number(port));
  world.forgiveFailedLoads();
});
