/**
 * A folder for secrets: 0700, its files 0600, both this user's own. A file is whole or absent, the old one or the new:
 * written beside its place, synced, put there in one step, then the folder is synced.
 */
import { randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { chmod, type FileHandle, link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import { diskFailure } from './disk-failure.ts';
import { syncFolder, writeSynced } from './durable-file.ts';

/** What a crash leaves of a file that was being written. Nothing else that is kept has a leading `#`. */
const TEMPORARY_NAME = /^#[0-9a-f]{16}$/;
const FOR_OTHERS = 0o077;
const WRITABLE_BY_OTHERS = 0o022;

/** Every call throws Failure. Names come from code or were checked: they hold no `/`. */
export interface PrivateFolder {
  /** @returns what lies there, in no order */
  names(): Promise<string[]>;
  /**
   * @param maxBytes a longer file is refused
   * @returns null where there is none
   */
  read(name: string, maxBytes: number): Promise<Uint8Array | null>;
  /** @returns false where the name is taken, whatever takes it */
  create(name: string, content: string): Promise<boolean>;
  replace(name: string, content: string): Promise<void>;
  /** What is under the new name is replaced. @returns false where there is none under the old one */
  rename(name: string, newName: string): Promise<boolean>;
  /** @returns false where there is none */
  remove(name: string): Promise<boolean>;
}

/** Makes the folder if need be, closes it to others, and clears what an interrupted write left. */
export async function openPrivateFolder(path: string): Promise<PrivateFolder> {
  await inWords(path, async () => {
    const made = await mkdir(path, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncFolder(dirname(path));
    requireOwnFolder(path, await lstat(path));
    // On a disk that is read-only, what is stored can still be used.
    await tidy(path).catch(unlessReadOnly);
  });

  return {
    names: () => inWords(path, () => readdir(path)),
    read: (name, maxBytes) => inWords(path, () => read(join(path, name), maxBytes)),
    create: (name, content) =>
      inWords(path, () =>
        // Unlike rename, a link never replaces.
        withTemporary(path, content, (temporary) => link(temporary, join(path, name))).then(
          () => true,
          falseFor('EEXIST'),
        ),
      ),
    replace: (name, content) =>
      inWords(path, () => withTemporary(path, content, (temporary) => rename(temporary, join(path, name)))),
    rename: (name, newName) =>
      inWords(path, async () => {
        const wasThere = await rename(join(path, name), join(path, newName)).then(
          () => true,
          falseFor('ENOENT'),
        );
        if (wasThere) await syncFolder(path);
        return wasThere;
      }),
    remove: (name) =>
      inWords(path, async () => {
        const wasThere = await unlink(join(path, name)).then(() => true, falseFor('ENOENT'));
        if (wasThere) await syncFolder(path);
        return wasThere;
      }),
  };
}

function requireOwnFolder(path: string, found: Stats): void {
  if (!found.isDirectory())
    throw new Failure('something that is no folder is in the way', `at ${path}`, 'move it away');
  requireOwn(path, found);
  if ((found.mode & WRITABLE_BY_OTHERS) !== 0)
    throw new Failure(
      'others may change what is in this folder',
      `at ${path}`,
      `look at what lies there, then close it: chmod 700 ${path}`,
    );
}

/** @throws Failure where others may read or change the file, or it belongs to somebody else */
export function requireOwnFile(path: string, found: Stats): void {
  if (!found.isFile()) throw notRegular(path);
  requireOwn(path, found);
  if ((found.mode & FOR_OTHERS) !== 0)
    throw new Failure(
      'others may read or change this file',
      `at ${path}`,
      `what is in it may be known to them; if you use it all the same: chmod 600 ${path}`,
    );
}

function requireOwn(path: string, { uid }: Stats): void {
  const own = process.geteuid!();
  if (uid !== own)
    throw new Failure(
      `it belongs to another user (uid ${uid})`,
      `at ${path}`,
      `if you trust what it holds: chown ${own} ${path}`,
    );
}

function notRegular(path: string): Failure {
  return new Failure('something that is no file is where one belongs', `at ${path}`, 'move it away');
}

async function tidy(path: string): Promise<void> {
  await chmod(path, 0o700);
  for (const name of await readdir(path)) if (TEMPORARY_NAME.test(name)) await unlink(join(path, name));
}

async function read(path: string, maxBytes: number): Promise<Uint8Array | null> {
  const file = await openToRead(path);
  if (file === null) return null;
  try {
    const found = await file.stat();
    requireOwnFile(path, found);
    if (found.size > maxBytes)
      throw new Failure(
        `it has ${found.size} bytes, and ${maxBytes} are the most`,
        `at ${path}`,
        'move it away',
      );
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** @returns null where there is no such file */
async function openToRead(path: string): Promise<FileHandle | null> {
  try {
    // Without O_NONBLOCK, a FIFO in a file's place would hang the helper.
    return await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    switch (errorCode(error)) {
      case 'ENOENT':
        return null;
      case 'ELOOP':
        throw new Failure(
          'a symbolic link, which is not followed',
          `at ${path}`,
          'put the file itself there',
        );
      case 'ENXIO':
        throw notRegular(path);
      default:
        throw error;
    }
  }
}

/** @param put moves or links the temporary to its place */
async function withTemporary(
  folder: string,
  content: string,
  put: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = join(folder, `#${randomBytes(8).toString('hex')}`);
  try {
    await writeSynced(temporary, content, { mode: 0o600 });
    await put(temporary);
  } finally {
    await unlink(temporary).catch(() => {}); // it was renamed, or could not be made
  }
  await syncFolder(folder);
}

function falseFor(code: string): (error: unknown) => false {
  return (error) => {
    if (errorCode(error) !== code) throw error;
    return false;
  };
}

function unlessReadOnly(error: unknown): void {
  if (errorCode(error) !== 'EROFS') throw error;
}

async function inWords<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFailure(error, folder);
  }
}
