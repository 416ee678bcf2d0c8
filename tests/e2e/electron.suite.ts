/** The app in Electron itself, without a helper: what no fake can show. It runs where the binary is (vitest.config.ts). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ElectronApplication, _electron as electron, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { electronProgram } from '../../build/electron/binary.mjs';
import { capture } from '../../build/run.mjs';
import { ROOT } from '../../build/setup.mjs';

const TIMEOUT_MS = 60_000;
let folder = '';
let app: ElectronApplication;
let page: Page;

const executablePath = electronProgram() ?? '';
/** Chromium's own sandbox refuses root. */
const forRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const args = () => [...forRoot, ROOT, `--socket=${join(folder, 'no-helper.sock')}`];
const env = () => ({ ...(process.env as Record<string, string>), XDG_CONFIG_HOME: folder, LANGUAGE: 'en' });

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-electron-'));
  app = await electron.launch({ executablePath, args: args(), env: env() });
  page = await app.firstWindow();
}, TIMEOUT_MS);
afterAll(async () => {
  await app.close();
  rmSync(folder, { recursive: true });
}, TIMEOUT_MS);

describe('the window', () => {
  it('shows_the_page_from_its_own_origin', async () => {
    await page.getByRole('main').waitFor();
    expect(await page.evaluate(() => [location.origin, document.title])).toEqual([
      'app://wayfare',
      'Wayfare',
    ]);
  });

  it('has_the_bridge_and_nothing_of_node', async () => {
    expect(
      await page.evaluate(() => [Object.keys(window.wayfare), 'process' in window, 'require' in window]),
    ).toEqual([['request', 'listen'], false, false]);
  });

  it('is_answered_by_the_app', async () => {
    const answer = await page.evaluate(() => window.wayfare.request('hello', {}));
    expect(answer).toMatchObject({ ok: true, result: { shell: { kind: 'electron' } } });
    const key = await page.evaluate(() => window.wayfare.request('generateKey', {}));
    expect(key).toMatchObject({ ok: true });
  });

  it('says_that_the_helper_is_not_there', async () => {
    const link = await page.evaluate(
      () =>
        new Promise((resolve) => {
          window.wayfare.listen((event) => {
            if (event.event === 'helper' && event.link.kind === 'unreachable') resolve(event.link.kind);
          });
        }),
    );
    expect(link).toBe('unreachable');
  });
});

describe('the page may not', () => {
  it('leave_its_address', async () => {
    await page.evaluate(() => location.assign('https://example.com/'));
    expect(await page.evaluate(() => location.origin)).toBe('app://wayfare');
  });

  it('open_a_window', async () => {
    expect(await page.evaluate(() => window.open('app://wayfare/') === null)).toBe(true);
    expect(app.windows()).toHaveLength(1);
  });

  it('run_a_text_as_code', async () => {
    await expect(page.evaluate(() => new Function('return 1')())).rejects.toThrow('Content Security Policy');
  });

  it('reach_a_file_or_the_network', async () => {
    const fetched = (url: string) =>
      page.evaluate(
        (it) =>
          fetch(it).then(
            () => 'yes',
            () => 'no',
          ),
        url,
      );
    expect(await fetched('file:///etc/hostname')).toBe('no');
    expect(await fetched('https://example.com/')).toBe('no');
    expect(await fetched('app://wayfare/')).toBe('yes');
  });

  it('use_the_camera_outside_the_import_view_or_ever_know_where_it_is', async () => {
    const state = (name: string) =>
      page.evaluate(
        async (it) => (await navigator.permissions.query({ name: it as PermissionName })).state,
        name,
      );
    expect(await state('geolocation')).toBe('denied');
    expect(await state('camera')).toBe('denied');
  });
});

it('a_second_start_hands_its_file_over_and_ends', async () => {
  const file = join(folder, 'home.conf');
  writeFileSync(file, '[Interface]\n');
  const opened = page.evaluate(
    () =>
      new Promise((resolve) => {
        window.wayfare.listen((event) => {
          if (event.event === 'open-files') resolve(event.files.map(({ fileName }) => fileName));
        });
      }),
  );
  const { code } = await capture(executablePath, [...args(), file], { env: env() });
  expect(code).toBe(0);
  expect(await opened).toEqual(['home.conf']);
});
