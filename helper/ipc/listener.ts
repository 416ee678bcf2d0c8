/**
 * The socket in the file system: its folder, its owner and mode, and what a helper that died has left of it; or the one
 * that systemd made.
 */
import { mkdirSync } from 'node:fs';
import { chmod, lchown, lstat, unlink } from 'node:fs/promises';
import { connect, type Server } from 'node:net';
import { dirname } from 'node:path';
import { errorCode, Failure, toFailure } from '../failure.ts';
import { requireSocketPath } from './socket-path.ts';

/** A burst of connections waits in the kernel, which allows /proc/sys/net/core/somaxconn of them. */
const BACKLOG = 4_096;
const OWNER_ONLY = 0o600;
const OWNER_AND_GROUP = 0o660;
const KEEP_OWNER = -1;

/**
 * @param group who may connect besides root, or null
 * @throws Failure where another helper serves the path, or the socket cannot be made; nobody listens then
 */
export async function listenAt(server: Server, socketPath: string, group: number | null): Promise<void> {
  requireSocketPath(socketPath);
  await takeOver(socketPath);
  // The socket is made inside listen(): nobody else can reach it even before its mode is set.
  const umask = process.umask(0o177);
  const listening = listen(server, { path: socketPath }, socketPath);
  process.umask(umask);
  await listening;
  try {
    if (group !== null) await lchown(socketPath, KEEP_OWNER, group);
    await chmod(socketPath, group === null ? OWNER_ONLY : OWNER_AND_GROUP);
  } catch (error) {
    server.close(); // a listening server would keep the process from ending
    throw toFailure(error, `at ${socketPath}`);
  }
}

/**
 * @param descriptor of a socket at this path that listens already: its folder, owner and mode are not ours to make, and
 * it stays when the server closes
 */
export async function listenOn(server: Server, descriptor: number, socketPath: string): Promise<void> {
  await listen(server, { fd: descriptor }, socketPath);
}

/** Everybody may look into it: who may connect is the socket's own matter. */
function makeFolder(folder: string): void {
  const umask = process.umask(0o022);
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const code = errorCode(error);
    const isFile = code === 'EEXIST' || code === 'ENOTDIR';
    const what = isFile ? 'a file is where the folder of the socket would be' : toFailure(error).parts.what;
    const advice = code === 'EACCES' ? 'run the helper as root, or ' : '';
    throw new Failure(what, `at ${folder}`, `${advice}choose another --socket`);
  } finally {
    process.umask(umask);
  }
}

/**
 * Makes the folder where there is none, and removes the socket of a helper that died.
 *
 * @throws Failure where one answers, or something else is in the way
 */
export async function takeOver(socketPath: string): Promise<void> {
  makeFolder(dirname(socketPath));
  const found = await lstat(socketPath).catch(() => null);
  if (found === null) return;
  if (!found.isSocket())
    throw new Failure('a file that is no socket is in the way', `at ${socketPath}`, 'move it away');
  if (await answers(socketPath))
    throw new Failure(
      'another helper is running',
      `at ${socketPath}`,
      "stop it first, a service by 'systemctl stop wayfare.socket wayfare.service', or choose another --socket",
    );
  await unlink(socketPath);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // Only a refusal proves that nobody listens.
    probe.once('error', (error) => resolve(errorCode(error) !== 'ECONNREFUSED'));
  });
}

function listen(server: Server, what: { path: string } | { fd: number }, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) =>
      reject(new Failure(`cannot listen (${error.message})`, `at ${socketPath}`, 'choose another --socket'));
    server.once('error', fail);
    server.listen(what, BACKLOG, () => {
      server.off('error', fail);
      resolve();
    });
  });
}
