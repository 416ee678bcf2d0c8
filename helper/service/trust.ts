/**
 * What runs as root must come from where only root can write: whoever else may change a file, or a folder above it,
 * would be root with the next start.
 */
import type { Stats } from 'node:fs';
import { lstat, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../failure.ts';

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * @param path of a file or folder; links on the way are resolved once, here
 * @returns its real path
 * @throws Failure where anybody but root may change it, or put another into its place
 */
export async function requireRootOnly(path: string): Promise<string> {
  const real = await realpath(path);
  requireRootOwned(real, await lstat(real));
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    const found = await lstat(folder);
    // In a sticky folder such as /tmp, only its owner can replace what lies there.
    if ((found.mode & STICKY) === 0 || found.uid !== 0) requireRootOwned(folder, found);
    if (folder === dirname(folder)) return real;
  }
}

function requireRootOwned(path: string, { uid, mode }: Stats): void {
  if (uid === 0 && (mode & WRITABLE_BY_OTHERS) === 0) return;
  const who = uid === 0 ? 'users other than root' : `the user with uid ${uid}`;
  throw new Failure(
    `${who} can change it, and what is installed from it runs as root`,
    `at ${path}`,
    'install from a package, or from a copy that belongs to root and that nobody else can write to',
  );
}
