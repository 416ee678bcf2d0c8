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
  mkdirSync(at('folder.conf'));
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
    ['any_case', ['A.CONF'], ['/home/anna/A.CONF']],
    ['a_file_address', ['file:///tmp/a%20b.conf'], ['/tmp/a b.conf']],
    ['a_name_with_a_line_break', ['a\nb.conf'], ['/home/anna/a\nb.conf']],
    ['options', ['--inspect=0.0.0.0:9229', '--load-extension=x.conf', '-r.conf'], []],
    ['the_program_itself', ['/opt/Wayfare/wayfare-app', '.'], []],
    ['other_kinds', ['/etc/shadow', 'x.desktop', 'conf', '.conf'], []],
    ['a_nul', ['a\0.conf'], []],
    ['an_address_of_another_machine', ['file://server/share/x.conf'], []],
    ['a_broken_address', ['file:///%ff%00.conf'], []],
    ['an_address_of_the_web', ['https://example.com/x.conf'], ['/home/anna/https:/example.com/x.conf']],
  ])('%s', (_, args, paths) => {
    expect(pathsIn(args, '/home/anna')).toEqual(paths);
  });

  it('name_fifty_files_at_most', () => {
    const args = Array.from({ length: 1_000 }, (_, index) => `${index}.conf`);
    expect(pathsIn(args, '/')).toHaveLength(50);
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
    const { files } = await read(...pathsIn([pathToFileURL(at('a phone.PNG')).href], '/'));
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

  it.each([
    ['largest.conf', MEGABYTE],
    ['largest.png', 16 * MEGABYTE],
  ])('takes_%s', async (name, size) => {
    expect((await read(at(name))).files[0]?.content).toHaveLength(Math.ceil(size / 3) * 4);
  });
});
