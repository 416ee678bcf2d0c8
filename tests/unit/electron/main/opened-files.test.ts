import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../../../build/run.mjs';
import { pathsIn, readOpened } from '../../../../electron/main/opened-files.ts';
import { textsFor } from '../../../../electron/main/texts.ts';

const MEGABYTE = 1024 * 1024;
let folder = '';
const at = (name: string) => join(folder, name);
const read = (...paths: string[]) => readOpened(paths, textsFor('en', 'en'));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wayfare-opened-'));
  writeFileSync(at('home.conf'), '[Interface]');
  writeFileSync(at('a phone.PNG'), 'png');
  writeFileSync(at('largest.conf'), Buffer.alloc(MEGABYTE));
  writeFileSync(at('larger.conf'), Buffer.alloc(MEGABYTE + 1));
  writeFileSync(at('largest.png'), Buffer.alloc(16 * MEGABYTE));
  writeFileSync(at('larger.zip'), Buffer.alloc(16 * MEGABYTE + 1));
  writeFileSync(at('notes.txt'), '[Interface]');
  mkdirSync(at('folder.conf'));
  mkdirSync(at('folder'));
  symlinkSync('home.conf', at('link.conf'));
  symlinkSync('/dev/zero', at('zero.conf'));
  symlinkSync('nowhere', at('dangling.conf'));
  await run('mkfifo', [at('pipe.conf')]);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the words of a command line', () => {
  it.each([
    ['a_path', ['home.conf'], ['/home/anna/home.conf']],
    ['an_absolute_path', ['/tmp/x.zip'], ['/tmp/x.zip']],
    ['another_kind', ['/etc/shadow'], ['/etc/shadow']],
    ['a_file_address', ['file:///tmp/a%20b.conf'], ['/tmp/a b.conf']],
    ['a_name_with_a_line_break', ['a\nb.conf'], ['/home/anna/a\nb.conf']],
    ['options', ['--inspect=0.0.0.0:9229', '--load-extension=x.conf', '-r.conf'], []],
    ['an_address_of_another_machine', ['file://server/x.conf'], ['/home/anna/file:/server/x.conf']],
    ['a_broken_address', ['file:///%ff%00.conf'], ['/home/anna/file:/%ff%00.conf']],
    ['an_address_of_the_web', ['https://example.com/x.conf'], ['/home/anna/https:/example.com/x.conf']],
  ])('%s', (_, words, paths) => {
    expect(pathsIn(['/opt/Wayfare/wayfare-app', ...words], '/home/anna')).toEqual(paths);
  });

  it('are_not_the_program_nor_the_app_that_electron_itself_is_given', () => {
    const commandLine = ['/usr/bin/electron', '--no-sandbox', '/src/wayfare', 'home.conf'];
    expect(pathsIn(commandLine, '/home/anna', true)).toEqual(['/home/anna/home.conf']);
    expect(pathsIn(commandLine.slice(0, 3), '/home/anna', true)).toEqual([]);
  });
});

describe('opening', () => {
  it('reads_what_is_a_file', async () => {
    const opened = await read(at('home.conf'), at('a phone.PNG'), at('link.conf'));
    expect(opened.files).toEqual([
      { fileName: 'home.conf', content: Buffer.from('[Interface]').toString('base64') },
      { fileName: 'a phone.PNG', content: Buffer.from('png').toString('base64') },
      { fileName: 'link.conf', content: Buffer.from('[Interface]').toString('base64') },
    ]);
  });

  it('reads_a_file_from_its_address', async () => {
    const { files } = await read(...pathsIn(['wayfare-app', pathToFileURL(at('a phone.PNG')).href], '/'));
    expect(files[0]?.fileName).toBe('a phone.PNG');
  });

  it.each([
    ['larger.conf', 'larger than 1 MiB'],
    ['larger.zip', 'larger than 16 MiB'],
    ...['folder.conf', 'zero.conf', 'pipe.conf', 'dangling.conf', 'missing.conf'].map((name) => [
      name,
      'cannot be read',
    ]),
  ])('does_not_take_%s_and_says_why: %s', async (fileName, reason) => {
    const { files, notTaken } = await read(at(fileName), at('home.conf'));
    expect(files).toHaveLength(1);
    expect(notTaken).toEqual([{ fileName, reason }]);
  });

  it.each(['notes.txt', 'home', '.conf', 'folder', 'no-such.exe', '\u202Efnoc.exe'])(
    'does_not_even_read_%s_and_says_what_it_opens',
    async (fileName) => {
      const { files, notTaken } = await read(at(fileName), at('home.conf'));
      expect(files).toHaveLength(1);
      expect(notTaken).toEqual([{ fileName, reason: expect.stringContaining('opens .conf files') }]);
    },
  );

  it('says_of_a_name_that_no_file_can_have_that_it_cannot_be_read', async () => {
    const { notTaken } = await read(at('a\0.conf'));
    expect(notTaken).toEqual([{ fileName: 'a\0.conf', reason: 'cannot be read' }]);
  });

  it('reads_fifty_files_at_most_and_says_how_many_it_left', async () => {
    const { files, notTaken } = await read(...Array(1_000).fill(at('home.conf')));
    expect(files).toHaveLength(50);
    expect(notTaken).toEqual([{ fileName: '', reason: '950 more: at most 50 files are opened at once' }]);
  });

  it('takes_no_more_than_a_message_holds_and_says_what_it_left', async () => {
    const { files, notTaken } = await read(...Array(5).fill(at('largest.png')), at('home.conf'));
    expect(files.map(({ fileName }) => fileName)).toEqual(Array(4).fill('largest.png'));
    const reason = 'too large beside the others: open it by itself';
    expect(notTaken).toEqual(['largest.png', 'home.conf'].map((fileName) => ({ fileName, reason })));
  });

  it.each([
    ['largest.conf', MEGABYTE],
    ['largest.png', 16 * MEGABYTE],
  ])('takes_%s', async (name, size) => {
    expect((await read(at(name))).files[0]?.content).toHaveLength(Math.ceil(size / 3) * 4);
  });
});
