/**
 * The versions of the program below /usr/lib/wayfare: each whole in a folder of its own, one of them the current. A
 * version appears, and becomes the current, in one step each.
 */
import {
  chmod,
  copyFile,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readlink,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from '../failure.ts';
import type { Layout } from './layout.ts';
import type { Payload } from './payload.ts';
import { requireRootOnly } from './trust.ts';

/** Of what is being made: no version's name begins so. */
const TEMPORARY_PREFIX = '.new-';

/** Puts the version beside the others, unless it is there. @throws Failure where others than root may change them */
export async function putVersion({ versions }: Layout, { name, files }: Payload): Promise<void> {
  await makeFolders(versions);
  await requireRootOnly(versions);
  const place = join(versions, name);
  if ((await readdir(versions)).includes(name)) return;
  const temporary = await mkdtemp(join(versions, TEMPORARY_PREFIX));
  try {
    const folders = new Set([temporary]);
    for (const { from, to } of files) {
      const target = join(temporary, to);
      await makeFolders(dirname(target));
      for (let folder = dirname(target); folder !== temporary; folder = dirname(folder)) folders.add(folder);
      await copyFile(from, target);
      await chmod(target, to === 'node' ? 0o755 : 0o644);
      await sync(target);
    }
    await chmod(temporary, 0o755); // mkdtemp gives 0700
    for (const folder of folders) await sync(folder);
    await rename(temporary, place);
    await sync(versions);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** @returns the name of the version that the units start, or null */
export async function currentVersion({ current }: Layout): Promise<string | null> {
  try {
    return basename(await readlink(current));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

export async function makeCurrent(layout: Layout, name: string): Promise<void> {
  if ((await currentVersion(layout)) === name) return;
  const { current, versions, programFolder } = layout;
  const temporary = join(programFolder, `${TEMPORARY_PREFIX}current`);
  await rm(temporary, { force: true });
  await symlink(join(basename(versions), name), temporary);
  await rename(temporary, current);
  await sync(programFolder);
}

/** Removes every version but one, and what an interrupted installation left. */
export async function removeOtherVersions({ versions }: Layout, keep: string): Promise<void> {
  for (const name of await readdir(versions))
    if (name !== keep) await rm(join(versions, name), { recursive: true });
}

/** With the rights that an installed program has, whatever the umask. */
async function makeFolders(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o755 });
  if (first === undefined) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) await chmod(folder, 0o755);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
