import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
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
import { openPrivateFolder } from '../../../helper/storage/private-folder.ts';

const MAX_BYTES = 100;
const isRoot = process.geteuid!() === 0;

let parent = '';
const path = () => join(parent, 'folder');
const at = (name: string) => join(path(), name);

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'wayfare-private-'));
});

afterEach(() => rmSync(parent, { recursive: true, force: true }));

describe('a private folder', () => {
  it('and its files are for their owner alone, whatever the umask', async () => {
    const umask = process.umask(0);
    try {
      const folder = await openPrivateFolder(path());
      await folder.create('a', 'one');
      await folder.replace('b', 'two');
    } finally {
      process.umask(umask);
    }
    expect([path(), at('a'), at('b')].map((each) => statSync(each).mode & 0o777)).toEqual([
      0o700, 0o600, 0o600,
    ]);
  });

  it('is closed where others could read it, and refused where they could change it', async () => {
    mkdirSync(path(), { mode: 0o755 });
    await openPrivateFolder(path());
    expect(statSync(path()).mode & 0o777).toBe(0o700);
    for (const mode of [0o777, 0o770, 0o1777]) {
      chmodSync(path(), mode);
      await expect(openPrivateFolder(path())).rejects.toThrow(
        `others may change what is in this folder, at ${path()}, look at what lies there, then close it: chmod 700 ${path()}`,
      );
    }
  });

  it('renames a file in the place of another, or says that there is none', async () => {
    const folder = await openPrivateFolder(path());
    await folder.create('a', 'one');
    await folder.create('b', 'two');
    expect([await folder.rename('a', 'b'), await folder.rename('a', 'b')]).toEqual([true, false]);
    expect(readdirSync(path())).toEqual(['b']);
    expect(readFileSync(at('b'), 'utf8')).toBe('one');
  });

  it('is refused where it is a link or a file', async () => {
    symlinkSync(parent, path());
    await expect(openPrivateFolder(path())).rejects.toThrow(
      `something that is no folder is in the way, at ${path()}`,
    );
    rmSync(path());
    writeFileSync(path(), '');
    await expect(openPrivateFolder(path())).rejects.toThrow(/^EEXIST|^something that is no/);
  });

  it('keeps the old file to the last byte until the new one is whole', async () => {
    const folder = await openPrivateFolder(path());
    await folder.replace('a', 'old');
    await folder.replace('a', 'new');
    expect(readFileSync(at('a'), 'utf8')).toBe('new');
    expect(readdirSync(path())).toEqual(['a']);
  });

  it('tells a name that is taken from one that is free, and what is there from what is not', async () => {
    const folder = await openPrivateFolder(path());
    expect([await folder.create('a', 'one'), await folder.create('a', 'two')]).toEqual([true, false]);
    expect(Buffer.from((await folder.read('a', MAX_BYTES))!).toString()).toBe('one');
    expect([await folder.remove('a'), await folder.remove('a')]).toEqual([true, false]);
    expect(await folder.read('a', MAX_BYTES)).toBeNull();
  });

  it('reads no file that others may read', async () => {
    const folder = await openPrivateFolder(path());
    for (const mode of [0o640, 0o604, 0o620, 0o602]) {
      writeFileSync(at('a'), 'key');
      chmodSync(at('a'), mode);
      await expect(folder.read('a', MAX_BYTES)).rejects.toThrow(
        `others may read or change this file, at ${at('a')}, what is in it may be known to them; if you use it all the same: chmod 600 ${at('a')}`,
      );
    }
  });

  it('follows no link, neither to read nor to write nor to remove', async () => {
    const folder = await openPrivateFolder(path());
    const target = join(parent, 'target');
    writeFileSync(target, 'theirs', { mode: 0o600 });
    symlinkSync(target, at('a'));
    await expect(folder.read('a', MAX_BYTES)).rejects.toThrow(
      `a symbolic link, which is not followed, at ${at('a')}`,
    );
    expect(await folder.create('a', 'ours')).toBe(false);
    await folder.replace('a', 'ours');
    symlinkSync(target, at('b'));
    await folder.remove('b');
    expect(readFileSync(target, 'utf8')).toBe('theirs');
    expect(readFileSync(at('a'), 'utf8')).toBe('ours');
  });

  it('does not hang at what is no file', async () => {
    const folder = await openPrivateFolder(path());
    execFileSync('mkfifo', ['-m', '600', at('fifo')]);
    mkdirSync(at('folder'), { mode: 0o700 });
    for (const name of ['fifo', 'folder'])
      await expect(folder.read(name, MAX_BYTES)).rejects.toThrow(
        `something that is no file is where one belongs, at ${at(name)}`,
      );
  });

  it('refuses a file that is too long before it reads it', async () => {
    const folder = await openPrivateFolder(path());
    await folder.replace('a', 'x'.repeat(MAX_BYTES + 1));
    await expect(folder.read('a', MAX_BYTES)).rejects.toThrow('it has 101 bytes, and 100 are the most');
  });

  it('leaves no temporary file behind where the last step fails', async () => {
    const folder = await openPrivateFolder(path());
    mkdirSync(at('a'));
    await expect(folder.replace('a', 'x')).rejects.toThrow('EISDIR');
    expect(readdirSync(path())).toEqual(['a']);
  });

  it.runIf(isRoot)('refuses what belongs to somebody else', async () => {
    const folder = await openPrivateFolder(path());
    await folder.create('a', 'one');
    chownSync(at('a'), 12_345, 0);
    await expect(folder.read('a', MAX_BYTES)).rejects.toThrow(
      `it belongs to another user (uid 12345), at ${at('a')}, if you trust what it holds: chown 0 ${at('a')}`,
    );
    chownSync(path(), 12_345, 0);
    await expect(openPrivateFolder(path())).rejects.toThrow('it belongs to another user (uid 12345)');
    expect(existsSync(at('a'))).toBe(true);
  });
});
