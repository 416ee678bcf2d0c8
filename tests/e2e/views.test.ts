/** How the page looks: to everybody, in either theme, on small and large screens, and with many tunnels. */
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connectToHelper } from '../../helper/ipc/client.ts';
import { AppWorld } from '../support/app-world.ts';
import { newKey, publicKeyOf } from '../support/helper-world.ts';
import { chooseFiles, expectFitsWindow, textFile } from './page-input.ts';

const MANY = 200;
const world = new AppWorld();
let connected: string;
let failed: string;

beforeAll(async () => {
  await world.open();
  connected = await world.importTunnel();
  failed = await world.importTunnel({
    peerKey: await publicKeyOf(await newKey()),
    allowedIps: '10.9.0.0/24',
  });
  await world.wayfare('up', connected);
  await world.wayfare('up', failed, '--timeout', '0.3');
});
afterEach(() => world.closePages());
afterAll(() => world.close());

interface View {
  readonly name: string;
  readonly place: () => string;
  /** What is done in it before it is looked at. */
  readonly open?: (page: Page) => Promise<unknown>;
}

const editor = (page: Page) => page.getByRole('textbox', { name: 'Text of the tunnel' }).waitFor();
const menu = (page: Page) => page.getByRole('button', { name: 'More for this tunnel' }).click();
const preview = (page: Page) => chooseFiles(page, [textFile('a.conf', '[Interface]\nColour = blue\n')]);

/** Every view that has an address. */
const VIEWS: readonly View[] = [
  { name: 'list', place: () => '#/tunnels' },
  { name: 'connected_tunnel', place: () => `#/tunnel/${connected}` },
  { name: 'failed_tunnel', place: () => `#/tunnel/${failed}` },
  { name: 'absent_tunnel', place: () => '#/tunnel/absent' },
  { name: 'menu', place: () => `#/tunnel/${connected}`, open: menu },
  { name: 'editor', place: () => `#/edit/${connected}`, open: editor },
  { name: 'new_tunnel', place: () => '#/new', open: editor },
  { name: 'import', place: () => '#/import', open: preview },
  { name: 'split', place: () => '#/split' },
  { name: 'settings', place: () => '#/settings' },
  { name: 'logs', place: () => '#/logs' },
  { name: 'about', place: () => '#/about' },
];

it.each(VIEWS.map((view) => [view.name, view] as const))(
  'the_view_%s_can_be_used_by_everybody_and_fits_every_width',
  async (_, { place, open }) => {
    const page = await world.visit(place());
    await page.getByRole('heading').first().waitFor();
    await open?.(page);
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme });
      const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze();
      const told = violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${theme} ${id}: ${html}`));
      expect(told).toEqual([]);
    }
    for (const width of [360, 640, 1_600]) {
      await page.setViewportSize({ width, height: 720 });
      await expectFitsWindow(page);
    }
  },
);

it('takes_the_theme_that_the_person_chose', async () => {
  const page = await world.visit('#/settings');
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await background();
  await page.getByLabel('Theme').selectOption('dark');
  await expect.poll(background).not.toBe(light);
  await page.getByLabel('Theme').selectOption('system');
  await expect.poll(background).toBe(light);
});

it('speaks_the_language_that_the_person_chose', async () => {
  const page = await world.visit('#/settings');
  await page.getByLabel('Language').selectOption('de');
  await page.getByRole('heading', { name: 'Einstellungen' }).waitFor();
  expect(await page.locator('html').getAttribute('lang')).toBe('de');
  const again = await world.visit('#/settings', { width: 360 });
  await again.getByRole('heading', { name: 'Einstellungen' }).waitFor();
  for (const { place } of VIEWS) {
    await again.goto(world.address + place());
    await again.getByRole('heading').first().waitFor();
    await expectFitsWindow(again);
  }
  await again.goto(`${world.address}#/settings`);
  await again.getByLabel('Sprache').selectOption('');
  await page.getByRole('heading', { name: 'Settings' }).waitFor();
});

it('finds_and_shows_any_of_200_tunnels', async () => {
  const key = await newKey();
  const content = Buffer.from(`[Interface]\nPrivateKey = ${key}\n`).toString('base64');
  const names = Array.from({ length: MANY }, (__, i) => `many-${String(i).padStart(3, '0')}`);
  const helper = await connectToHelper(world.socketPath);
  await Promise.all(names.map((name) => helper.request('import', { fileName: 'x.conf', content, name })));
  helper.close();
  const page = await world.visit();
  const rows = page.getByRole('navigation', { name: 'Tunnels' }).getByRole('link');
  await expect.poll(() => rows.count()).toBe(MANY + 2);
  await page.getByRole('searchbox').fill('many-15');
  await expect.poll(() => rows.count()).toBe(10);
  await page.getByRole('searchbox').fill('');
  await expect.poll(() => rows.count()).toBe(MANY + 2);
  await rows.filter({ hasText: 'many-199' }).click();
  await page.getByRole('heading', { name: 'many-199' }).waitFor();
});
