/** `npm run screenshots`: the main views, light and dark, of a real tunnel, as docs/screenshots/*.png. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { AppWorld } from '../support/app-world.ts';
import { SERVER_PORT } from '../support/helper-world.ts';
import { chooseFiles, textFile } from './page-input.ts';

const FOLDER = resolve(import.meta.dirname, '../../docs/screenshots');
/** So long, something goes through the tunnel before its graph is taken. */
const TRAFFIC_MS = 75_000;

const world = new AppWorld();

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  await world.open();
});
afterAll(() => world.close());

function confOf(address: string, extra = ''): string {
  return `[Interface]
PrivateKey = ${world.clientKey}
Address = ${address}, fd70::2/64
DNS = 10.70.0.1
${extra}
[Peer]
PublicKey = ${world.serverPublicKey}
PresharedKey = ${world.presharedKey}
AllowedIPs = 10.70.0.0/24, fd70::/64
Endpoint = ${world.link.b.v4}:${SERVER_PORT}
`;
}

interface Shot {
  readonly name: string;
  readonly place: string;
  readonly prepare?: (page: Page) => Promise<unknown>;
  readonly width?: number;
}

const editor = (page: Page) => page.getByRole('textbox', { name: 'Text of the tunnel' }).waitFor();

const SHOTS: readonly Shot[] = [
  { name: 'tunnel', place: '#/tunnel/home' },
  { name: 'narrow', place: '#/tunnel/home', width: 360 },
  { name: 'editor', place: '#/edit/home', prepare: editor },
  { name: 'settings', place: '#/settings' },
  {
    name: 'import',
    place: '#/import',
    prepare: async (page) => {
      const text = confOf('10.70.0.9/32', 'PostUp = iptables -A FORWARD -i %i -j ACCEPT\n');
      await chooseFiles(page, [textFile('cafe.conf', text)]);
      await page.getByText('Not carried over').waitFor();
    },
  },
];

it('takes the pictures', async () => {
  for (const name of ['home', 'office', 'berlin', 'lisbon']) {
    const content = Buffer.from(confOf('10.70.0.2/24')).toString('base64');
    await world.ask('import', { fileName: `${name}.conf`, content, name });
  }
  await world.ask('up', { name: 'home', timeoutSeconds: 30, replace: false, detached: false });
  const pages = new Map<Shot, Page>();
  for (const shot of SHOTS)
    pages.set(shot, await world.visit(shot.place, { width: shot.width ?? 1_000, height: 700 }));
  const traffic = makeTraffic(new AbortController());
  for (const [{ prepare }, page] of pages) await prepare?.(page);
  await delay(TRAFFIC_MS);
  for (const colorScheme of ['light', 'dark'] as const)
    for (const [{ name }, page] of pages) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.bringToFront();
      await delay(1_500); // the graph is drawn once a second
      await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`), animations: 'disabled' });
    }
  await traffic.stop();
});

/** Rises and falls, as somebody's does. */
function makeTraffic(stopping: AbortController): { stop(): Promise<void> } {
  const { signal } = stopping;
  const running = (async () => {
    for (let second = 0; !signal.aborted; second++) {
      const rate = 40 + 30 * Math.sin(second / 4) + 60 * Number(second % 17 < 4);
      const args = ['-q', '-w', '1', '-i', (1 / rate).toFixed(4), '-s', '1200', '10.70.0.1'];
      await world.traveller.run('ping', args);
    }
  })();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}
