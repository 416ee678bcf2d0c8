/** Files that are on the disk when the call returns. Every call throws the system's error. */
import { type FileHandle, lstat, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from '../failure.ts';

export interface FileAttributes {
  readonly mode: number;
  /** This process's where it is left out. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** Makes a new file: one that is there already, or a link, is refused with `EEXIST`. */
export async function writeSynced(
  path: string,
  content: string | Uint8Array,
  { mode, owner }: FileAttributes,
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    await file.chmod(mode); // after chown, which clears some of it
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Whoever opens `path` finds what was there or what is there now, whole. On failure it is what was there.
 *
 * @param temporary in the same folder; what a crash left there goes
 * @param make makes there what is to take the place
 */
export async function replace(
  path: string,
  temporary: string,
  make: (temporary: string) => Promise<void>,
): Promise<void> {
  await unlinkIfThere(temporary);
  try {
    await make(temporary);
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {}); // it may not have been made
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Looks first: a file system that takes no change refuses to remove even what is not there. */
export async function unlinkIfThere(path: string): Promise<void> {
  try {
    await lstat(path);
    await unlink(path);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The whole of an open file, from its beginning. */
export async function readWhole(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const bytes = Buffer.alloc(size);
  const { bytesRead } = await file.read(bytes, 0, size, 0);
  return bytes.subarray(0, bytesRead);
}
