/** The app's settings on a real disk. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DEFAULT_SETTINGS, openAppSettings } from '../../../../electron/app/settings.ts';
import { run } from '../../../support/processes.ts';

const DARK = { ...DEFAULT_SETTINGS, theme: 'dark' as const, connectAtStart: 'home' };

let folder: string;
const path = () => join(folder, 'config', 'settings.json');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-settings-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function place(content: string): void {
  mkdirSync(dirname(path()), { recursive: true });
  writeFileSync(path(), content);
}

it('begins_with_the_defaults_and_keeps_what_is_written', async () => {
  const settings = await openAppSettings(path());
  expect(settings.current).toEqual(DEFAULT_SETTINGS);
  await settings.change(() => DARK);
  expect(settings.current).toEqual(DARK);
  expect((await openAppSettings(path())).current).toEqual(DARK);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(statSync(dirname(path())).mode & 0o777).toBe(0o700);
});

it.each(['', '{', 'null', '[]', '7', '\0\0\0', '{"theme":'])('takes_%j_for_no_settings', async (content) => {
  place(content);
  const settings = await openAppSettings(path());
  expect(settings.current).toEqual(DEFAULT_SETTINGS);
  await settings.change(() => DARK);
  expect((await openAppSettings(path())).current).toEqual(DARK);
});

it('keeps_of_a_damaged_file_what_is_right', async () => {
  place(JSON.stringify({ theme: 'dark', language: 'tlh', autostart: 'yes', later: 1 }));
  expect((await openAppSettings(path())).current).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark' });
});

it('opens_with_the_defaults_where_the_file_cannot_be_read', async () => {
  mkdirSync(path(), { recursive: true });
  expect((await openAppSettings(path())).current).toEqual(DEFAULT_SETTINGS);
});

it('says_in_words_that_it_cannot_write_and_then_all_is_as_it_was', async () => {
  writeFileSync(join(folder, 'config'), 'a file in the way of the folder');
  const settings = await openAppSettings(path());
  await expect(settings.change(() => DARK)).rejects.toMatchObject({
    parts: { where: `in ${join(folder, 'config')}` },
  });
  expect(settings.current).toEqual(DEFAULT_SETTINGS);
  rmSync(join(folder, 'config'));
  await settings.change(() => DARK);
  expect(settings.current).toEqual(DARK);
});

it.runIf(process.getuid?.() === 0)('says_that_a_home_is_read_only', async () => {
  const module = new URL('../../../../electron/app/settings.ts', import.meta.url).pathname;
  const program = `
    import { openAppSettings } from ${JSON.stringify(module)};
    const settings = await openAppSettings(${JSON.stringify(path())});
    const error = await settings.change((stored) => ({ ...stored })).catch((error) => error);
    console.log(JSON.stringify(error.parts));`;
  const bundle = join(folder, 'try.mjs');
  const { build } = await import('esbuild');
  await build({
    stdin: { contents: program, resolveDir: process.cwd() },
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'esm',
  });
  mkdirSync(dirname(path()));
  const script = 'mount -t tmpfs -o ro none "$1" && exec "$2" "$3"';
  const args = ['--mount', 'sh', '-c', script, 'sh', dirname(path()), process.execPath, bundle];
  const { stdout } = await run('unshare', args);
  expect(JSON.parse(stdout)).toMatchObject({
    what: 'the disk is read-only',
    where: `in ${dirname(path())}`,
    coded: { code: 'disk-read-only', folder: dirname(path()) },
  });
});

it('changes_one_after_the_other_and_none_is_lost', async () => {
  const settings = await openAppSettings(path());
  await settings.change(() => ({ ...DARK, connectAtStart: '' }));
  const changes = Array.from({ length: 30 }, (_, i) =>
    settings.change((stored) => ({ ...stored, connectAtStart: `${stored.connectAtStart}${i % 10}` })),
  );
  await Promise.all(changes);
  const expected = { ...DARK, connectAtStart: '0123456789'.repeat(3) };
  expect(JSON.parse(readFileSync(path(), 'utf8'))).toEqual(expected);
  expect(readdirSync(dirname(path()))).toEqual(['settings.json']);
});

it('leaves_to_another_of_the_same_person_what_that_has_changed', async () => {
  const [one, other] = [await openAppSettings(path()), await openAppSettings(path())];
  await one.change((stored) => ({ ...stored, theme: 'dark' }));
  await other.change((stored) => ({ ...stored, language: 'de' }));
  expect(other.current).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark', language: 'de' });
  expect((await openAppSettings(path())).current).toEqual(other.current);
});

it('keeps_what_it_knows_where_the_file_has_gone_and_writes_nothing_that_is_not_changed', async () => {
  const settings = await openAppSettings(path());
  await settings.change(() => DARK);
  rmSync(path());
  await settings.change((stored) => stored);
  expect(readdirSync(dirname(path()))).toEqual([]);
  await settings.change((stored) => ({ ...stored, language: 'de' }));
  expect(settings.current).toEqual({ ...DARK, language: 'de' });
});
