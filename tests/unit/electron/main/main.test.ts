/** That the parts are joined: the composition root over Electron's fakes, and no helper. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LISTEN, REQUEST } from '../../../../electron/ipc/channels.ts';
import type { AppEvent } from '../../../../electron/ipc/contract.ts';
import { main } from '../../../../electron/main/main.ts';
import { FakeContents, FakeElectron, OUR_FRAME } from '../../../support/fake-electron.ts';
import { waitFor } from '../../../support/processes.ts';

const mocked = vi.hoisted(() => ({ now: {} as Record<string, unknown> }));
vi.mock('electron', () => {
  const names = [
    'app',
    'BrowserWindow',
    'desktopCapturer',
    'dialog',
    'Tray',
    'ipcMain',
    'Menu',
    'Notification',
  ];
  const all = [...names, 'nativeImage', 'nativeTheme', 'protocol', 'screen', 'session'];
  // Each is asked for when it is used: every test has an Electron of its own.
  const lazy = (name: string) => ({ enumerable: true, get: () => mocked.now[name] });
  return Object.defineProperties({}, Object.fromEntries(all.map((name) => [name, lazy(name)])));
});

let electron = new FakeElectron();
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-main-'));
  mkdirSync(join(folder, 'dist', 'page'), { recursive: true });
  writeFileSync(join(folder, 'dist', 'page', 'index.html'), 'the page');
  electron = new FakeElectron();
  electron.app.folder = folder;
  electron.app.switches.socket = join(folder, 'no-helper.sock');
  mocked.now = electron as unknown as Record<string, unknown>;
});
afterEach(() => {
  electron.app.emit('will-quit');
  rmSync(folder, { recursive: true });
});

const page = new FakeContents();
const start = (...words: string[]) => main(['/opt/Wayfare/wayfare-app', ...words]);
const request = (verb: string, body: object) => electron.ipcMain.invoke(page, OUR_FRAME, REQUEST, verb, body);

describe('the first start', () => {
  it('takes_its_precautions_before_electron_is_ready', async () => {
    const { app, protocol } = electron;
    app.whenReady = async () => {
      expect(protocol.schemes.map(({ scheme }) => scheme)).toEqual(['app']);
      app.done.push('ready');
    };
    await start();
    expect(app.done).toEqual([`userData ${join(folder, 'wayfare', 'electron')}`, 'sandbox', 'ready']);
    const guest = new FakeContents();
    app.emit('web-contents-created', {}, guest);
    expect(guest.emitPreventable('will-frame-navigate')).toBe(true);
  });

  it('opens_the_window_on_the_page', async () => {
    await start();
    const [window] = electron.windows;
    expect(window?.done).toEqual(['load app://wayfare/']);
    expect(window?.options.webPreferences?.preload).toBe(join(folder, 'dist', 'electron', 'preload.cjs'));
    expect(await (await electron.protocol.fetch('app://wayfare/')).text()).toBe('the page');
  });

  it('denies_what_the_page_does_not_need', async () => {
    await start();
    const { defaultSession } = electron.session;
    expect(defaultSession.check(page.asContents(), 'geolocation', '', { isMainFrame: true })).toBe(false);
    expect(defaultSession.device({} as never)).toBe(false);
  });

  it('answers_the_page_without_a_helper_and_says_that_there_is_none', async () => {
    await start();
    expect(await request('hello', {})).toMatchObject({ ok: true, result: { shell: { kind: 'electron' } } });
    await electron.ipcMain.invoke(page, OUR_FRAME, LISTEN);
    const links = () =>
      page.sent.map(({ value }) => value as AppEvent).filter(({ event }) => event === 'helper');
    await waitFor(
      () => links().some((event) => event.event === 'helper' && event.link.kind === 'unreachable'),
      {
        what: 'that the helper is not reached',
      },
    );
    expect(await request('down', { name: null })).toMatchObject({ ok: false });
  });

  it('takes_theme_and_language_from_the_settings', async () => {
    await start();
    const menuLabels = () => electron.menus.at(-1)?.map(({ label }) => label);
    expect(menuLabels()).toContain('Datei');
    const settings = { theme: 'dark', language: 'en', autostart: false, connectAtStart: null };
    expect(await request('changeSettings', settings)).toEqual({ ok: true, result: {} });
    expect(electron.nativeTheme.themeSource).toBe('dark');
    expect(menuLabels()).toContain('File');
  });

  it('looks_again_whether_it_starts_with_the_desktop_when_somebody_looks_at_it', async () => {
    const entry = join(folder, 'autostart', 'wayfare.desktop');
    mkdirSync(join(folder, 'autostart'));
    writeFileSync(entry, '[Desktop Entry]\nExec=wayfare-app\n');
    await start();
    const looking = new FakeContents();
    await electron.ipcMain.invoke(looking, OUR_FRAME, LISTEN);
    const isOn = () => {
      const events = looking.sent.map(({ value }) => value as AppEvent);
      return events.flatMap((event) => (event.event === 'settings' ? [event.settings.autostart] : [])).at(-1);
    };
    await waitFor(() => isOn() === true, { what: 'that it does' });
    rmSync(entry);
    electron.windows[0]?.emit('focus');
    await waitFor(() => isOn() === false, { what: 'that it does not any more' });
  });

  it('opens_the_file_that_it_was_started_with_and_says_what_it_does_not_open', async () => {
    const [file, notes] = [join(folder, 'home.conf'), join(folder, 'notes.txt')];
    for (const path of [file, notes]) writeFileSync(path, '[Interface]');
    const opening = new FakeContents();
    await start(file, notes);
    await electron.ipcMain.invoke(opening, OUR_FRAME, LISTEN);
    const opened = () =>
      opening.sent.map(({ value }) => value as AppEvent).find(({ event }) => event === 'open-files');
    await waitFor(() => opened() !== undefined, { what: 'the opened file' });
    expect(opened()).toMatchObject({
      files: [{ fileName: 'home.conf' }],
      notTaken: [{ fileName: 'notes.txt', reason: expect.stringContaining('.conf') }],
    });
  });

  it('asks_before_it_loses_a_text_that_is_not_stored', async () => {
    await start();
    const [window] = electron.windows;
    window!.hasUnsavedText = true;
    for (electron.dialog.pressed of [0, 1]) {
      expect(window?.done).not.toContain('close');
      electron.app.emit('before-quit');
      window?.close();
    }
    expect(electron.dialog.shown).toEqual(['Weiter bearbeiten', 'Änderungen verwerfen']);
    expect(window?.done).toContain('close');
  });

  it('stays_out_of_sight_when_the_desktop_starts_it', async () => {
    await start('--hidden');
    expect(electron.windows).toEqual([]);
    electron.app.emit('second-instance', {}, [], '/');
    await waitFor(() => electron.windows.length === 1, { what: 'the window' });
  });

  it('says_why_it_cannot_start', async () => {
    rmSync(join(folder, 'dist'), { recursive: true });
    await start();
    expect(electron.dialog.shown).toEqual([expect.stringContaining('ENOENT')]);
    expect(electron.app.done).toContain('exit');
  });
});

it('a_second_start_ends_without_a_window', async () => {
  electron.app.isFirst = false;
  await start();
  expect(electron.app.done).toContain('quit');
  expect(electron.windows).toEqual([]);
});
