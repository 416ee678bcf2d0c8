/** What the helper does to open descriptors that node cannot. */
import { chmodSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { libc } from '../engine/io/linux/libc.ts';
import { errorCode, Failure, toFailure } from './failure.ts';

/** flock(2), which engine/io has no use for. */
const flock = koffi.load('libc.so.6').func('int flock(int fd, int operation)');
const LOCK_EX = 2;
const LOCK_NB = 4;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const FIRST_AFTER_STDIO = 3;

/** Keeps from the engines what the helper's own parent left open: they get what they are handed, and nothing else. */
export function keepDescriptorsFromChildren(): void {
  for (const text of readdirSync('/proc/self/fd')) {
    const descriptor = Number(text);
    // The listing's own descriptor is closed by now: that it cannot be marked is no failure.
    if (descriptor >= FIRST_AFTER_STDIO) libc.fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  }
}

/** Of every helper, wherever its own socket is; gone with the boot. Whoever may connect to a socket there looks into it. */
const RUN_DIR = { path: '/run/wayfare', mode: 0o755 };

/**
 * One helper a state folder: two would each think that they alone bring its tunnels up. Held until this process ends,
 * however it ends.
 *
 * @throws Failure where another helper holds it, or the folder cannot be made
 */
export function lockStateDir(stateDir: string): void {
  const taken = new Failure(
    'another helper has its tunnels',
    `in ${stateDir}`,
    'stop it first, or choose another --state-dir',
  );
  lock({ path: stateDir, mode: 0o700 }, 'lock', 'check its rights, or choose another --state-dir', taken);
}

/**
 * One helper a network namespace: routes, firewall and DNS are one for all, and two would each undo what the other did.
 * Held like the other.
 *
 * @throws as {@link lockStateDir}
 */
export function lockNetwork(): void {
  const namespace = statSync('/proc/self/ns/net').ino;
  const taken = new Failure(
    'another helper has the network of this machine',
    `in network namespace ${namespace}`,
    'stop it first: two would undo what each other does',
  );
  lock(RUN_DIR, `network-${namespace}.lock`, 'check its rights', taken);
}

interface Folder {
  readonly path: string;
  /** Where it has to be made. */
  readonly mode: number;
}

function lock(folder: Folder, file: string, advice: string, taken: Failure): void {
  const descriptor = openLock(folder, file, advice);
  if (flock(descriptor, LOCK_EX | LOCK_NB) === 0) return;
  libc.close(descriptor);
  throw taken;
}

function openLock(folder: Folder, file: string, advice: string): number {
  const path = join(folder.path, file);
  try {
    const made = mkdirSync(folder.path, { recursive: true, mode: folder.mode });
    if (made !== undefined) chmodSync(folder.path, folder.mode); // whatever the umask
    return openSync(path, 'a', 0o600);
  } catch (error) {
    // flock(2) needs no right to write: on a disk that is read-only, the tunnels can still be used.
    if (errorCode(error) === 'EROFS') return openSync(path, 'r');
    const { what } = toFailure(error).parts;
    throw new Failure(what, `at ${folder.path}`, advice);
  }
}
