/** What the helper does to open descriptors that node cannot. */
import { mkdirSync, openSync, readdirSync } from 'node:fs';
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

/**
 * One helper a state folder: two would each think that they alone bring its tunnels up. Held until this process ends,
 * however it ends.
 *
 * @throws Failure where another helper holds it, or the folder cannot be made
 */
export function lockStateDir(stateDir: string): void {
  const descriptor = openLock(stateDir);
  if (flock(descriptor, LOCK_EX | LOCK_NB) === 0) return;
  libc.close(descriptor);
  throw new Failure(
    'another helper has its tunnels',
    `in ${stateDir}`,
    'stop it first, or choose another --state-dir',
  );
}

function openLock(stateDir: string): number {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    return openSync(join(stateDir, 'lock'), 'a', 0o600);
  } catch (error) {
    // flock(2) needs no right to write: on a disk that is read-only, the tunnels can still be used.
    if (errorCode(error) === 'EROFS') return openSync(join(stateDir, 'lock'), 'r');
    const { what } = toFailure(error).parts;
    throw new Failure(what, `at ${stateDir}`, 'check its rights, or choose another --state-dir');
  }
}
