import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type AutostartOptions,
  desktopEntry,
  isAutostartOn,
  setAutostart,
} from '../../../../electron/main/autostart.ts';
import { FakeApp } from '../../../support/fake-electron.ts';

let configFolder = '';
let app = new FakeApp();
beforeEach(() => {
  configFolder = mkdtempSync(join(tmpdir(), 'wayfare-autostart-'));
  app = new FakeApp();
});
afterEach(() => rmSync(configFolder, { recursive: true }));

const entry = () => join(configFolder, 'autostart', 'wayfare.desktop');

function options(platform: NodeJS.Platform = 'linux'): AutostartOptions {
  return { app, platform, configFolder, program: '/opt/Wayfare/wayfare-app' };
}

function set(isOn: boolean, platform?: NodeJS.Platform): Promise<void> {
  return setAutostart(isOn, options(platform));
}

/** The Exec line as a desktop reads it: first as a string of the file, then as words. */
function wordsOf(text: string): string[] {
  const value = /^Exec=(.*)$/m.exec(text)?.[1] ?? '';
  const escapes: Record<string, string> = { s: ' ', n: '\n', t: '\t', r: '\r', '\\': '\\' };
  const line = value.replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? '');
  const words = [...line.matchAll(/"((?:[^"\\]|\\[\s\S])*)"/g)].map(([, word = '']) => word);
  const unescaped = words.map((word) => word.replace(/\\([\s\S])/g, '$1'));
  // A field code, such as %f, stands for what the desktop puts there.
  return unescaped.map((word) => word.replace(/%(.)/g, (_, code: string) => (code === '%' ? '%' : '')));
}

describe('on Linux', () => {
  it('writes_the_entry_whole_where_the_desktop_looks', async () => {
    await set(true);
    expect(readdirSync(join(configFolder, 'autostart'))).toEqual(['wayfare.desktop']);
    expect(statSync(entry()).mode & 0o777).toBe(0o644);
    expect(readFileSync(entry(), 'utf8')).toBe(
      [
        '[Desktop Entry]',
        'Type=Application',
        'Name=Wayfare',
        'Exec="/opt/Wayfare/wayfare-app" "--hidden"',
        'Terminal=false',
        'X-GNOME-Autostart-enabled=true',
        '',
      ].join('\n'),
    );
    expect(app.loginItems).toEqual([]);
  });

  it('takes_the_place_of_an_entry_that_is_there', async () => {
    mkdirSync(join(configFolder, 'autostart'));
    writeFileSync(entry(), 'old');
    await set(true);
    expect(readFileSync(entry(), 'utf8')).toContain('Exec=');
  });

  it('removes_it_and_only_it', async () => {
    await set(true);
    writeFileSync(join(configFolder, 'autostart', 'other.desktop'), '');
    await set(false);
    expect(readdirSync(join(configFolder, 'autostart'))).toEqual(['other.desktop']);
    await set(false);
  });

  it('does_nothing_where_there_is_nothing_to_remove', async () => {
    await set(false);
    expect(existsSync(join(configFolder, 'autostart'))).toBe(false);
  });

  it.each([
    ['spaces', '/home/anna/my apps/Wayfare 1.0.AppImage'],
    ['quotes', `/home/anna/"o'clock"/wayfare`],
    ['dollars_and_backquotes', '/home/$USER/`id`/wayfare'],
    ['backslashes', '/home/anna/a\\b\\\\c/wayfare'],
    ['field_codes', '/home/anna/100%/%f%u/wayfare'],
    ['a_line_break_that_would_be_a_key', '/home/anna/x\nExec=evil'],
  ])('quotes_a_path_with_%s', (_, program) => {
    const text = desktopEntry(program);
    expect(wordsOf(text)).toEqual([program, '--hidden']);
    expect(text.match(/^Exec=/gm)).toHaveLength(1);
  });
});

describe('on Linux it is on', () => {
  it('where_its_entry_is', async () => {
    expect(await isAutostartOn(options())).toBe(false);
    await set(true);
    expect(await isAutostartOn(options())).toBe(true);
    rmSync(entry());
    expect(await isAutostartOn(options())).toBe(false);
  });

  it.each([
    ['Hidden=true'],
    ['Hidden = true '],
    ['X-GNOME-Autostart-enabled=false'],
    ['X-GNOME-Autostart-enabled = false'],
  ])('unless_the_desktop_has_switched_it_off_by_%s', async (line) => {
    await set(true);
    writeFileSync(entry(), `${readFileSync(entry(), 'utf8').replace(/^X-GNOME.*\n/m, '')}${line}\n`);
    expect(await isAutostartOn(options())).toBe(false);
    await set(true);
    expect(await isAutostartOn(options())).toBe(true);
  });

  it.each([['Hidden=false'], ['# Hidden=true'], ['X-Other-Hidden=true']])(
    'whatever_else_is_in_the_entry,_such_as_%s',
    async (line) => {
      await set(true);
      writeFileSync(entry(), `${readFileSync(entry(), 'utf8')}${line}\n`);
      expect(await isAutostartOn(options())).toBe(true);
    },
  );

  it.each([
    ['is_empty', () => writeFileSync(entry(), '')],
    ['is_a_folder', () => mkdirSync(entry())],
    ['leads_nowhere', () => symlinkSync('nowhere', entry())],
  ])('not_where_the_entry_%s', async (_, make) => {
    mkdirSync(join(configFolder, 'autostart'));
    make();
    expect(await isAutostartOn(options())).toBe(false);
  });
});

it('on_macOS_it_is_on_where_the_system_says_so', async () => {
  app.loginItem = { openAtLogin: true };
  expect(await isAutostartOn(options('darwin'))).toBe(true);
  app.loginItem = { openAtLogin: false };
  expect(await isAutostartOn(options('darwin'))).toBe(false);
});

it('on_Windows_it_is_off_where_the_task_manager_has_switched_it_off', async () => {
  app.loginItem = { openAtLogin: true, executableWillLaunchAtLogin: true };
  expect(await isAutostartOn(options('win32'))).toBe(true);
  app.loginItem = { openAtLogin: true, executableWillLaunchAtLogin: false };
  expect(await isAutostartOn(options('win32'))).toBe(false);
  expect(app.loginItems).toEqual(Array(2).fill({ args: ['--hidden'] }));
});

describe.each(['darwin', 'win32'] as const)('on %s', (platform) => {
  it.each([true, false])('it_is_the_systems_own_setting_(%s)', async (isOn) => {
    await set(isOn, platform);
    expect(app.loginItems).toEqual([{ openAtLogin: isOn, args: ['--hidden'] }]);
    expect(existsSync(entry())).toBe(false);
  });
});
