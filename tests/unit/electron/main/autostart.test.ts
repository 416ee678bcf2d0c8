import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { desktopEntry, setAutostart } from '../../../../electron/main/autostart.ts';
import { FakeApp } from '../../../support/fake-electron.ts';

let configFolder = '';
let app = new FakeApp();
beforeEach(() => {
  configFolder = mkdtempSync(join(tmpdir(), 'wayfare-autostart-'));
  app = new FakeApp();
});
afterEach(() => rmSync(configFolder, { recursive: true }));

const entry = () => join(configFolder, 'autostart', 'wayfare.desktop');

function set(isOn: boolean, program = '/opt/Wayfare/wayfare-app', platform: NodeJS.Platform = 'linux') {
  return setAutostart(isOn, { app, platform, configFolder, program });
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

describe.each(['darwin', 'win32'] as const)('on %s', (platform) => {
  it.each([true, false])('it_is_the_systems_own_setting_(%s)', async (isOn) => {
    await set(isOn, '/x', platform);
    expect(app.loginItems).toEqual([{ openAtLogin: isOn, args: ['--hidden'] }]);
    expect(existsSync(entry())).toBe(false);
  });
});
