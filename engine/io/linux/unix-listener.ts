/** The listening socket of wg(8): bound under a temporary name and renamed, since `wg` unlinks what refuses it. */
import { existsSync, mkdirSync, renameSync, unlinkSync } from 'node:fs';
import koffi from 'koffi';
import { SystemError } from '../../errors.ts';
import { check, ERRNO, errno, libc } from './libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const SUN_PATH_LENGTH = 108;
const BACKLOG = 16;

/** @returns a listening, non-blocking descriptor of a socket that only its owner may use; throws SystemError */
export function listenUnix(path: string): number {
  refuseIfServed(path);
  const temporary = `${path}.${process.pid}`;
  const descriptor = check(libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), 'socket');
  const umask = libc.umask(0o177);
  try {
    check(
      withSockaddr(temporary, (address, length) => libc.bind(descriptor, address, length)),
      `bind ${temporary}`,
    );
    check(libc.listen(descriptor, BACKLOG), `listen ${temporary}`);
    renameSync(temporary, path);
    return descriptor;
  } catch (error) {
    libc.close(descriptor);
    if (existsSync(temporary)) unlinkSync(temporary);
    throw error;
  } finally {
    libc.umask(umask);
  }
}

/** A socket that still answers belongs to somebody; one that refuses was left behind by a dead process. */
function refuseIfServed(path: string): void {
  if (!existsSync(path)) return;
  const descriptor = check(libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), 'socket');
  const result = withSockaddr(path, (address, length) => libc.connect(descriptor, address, length));
  const code = errno();
  libc.close(descriptor);
  if (result >= 0 || code === ERRNO.EAGAIN) {
    throw new SystemError(
      path,
      'EADDRINUSE',
      'another engine serves it: end that one or choose another name',
    );
  }
}

function withSockaddr(path: string, call: (address: number, length: number) => number): number {
  const encoded = Buffer.from(path);
  if (encoded.length >= SUN_PATH_LENGTH) {
    throw new SystemError(path, 'ENAMETOOLONG', `a socket's path has at most ${SUN_PATH_LENGTH - 1} bytes`);
  }
  const address = new Uint8Array(2 + SUN_PATH_LENGTH);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(encoded, 2);
  return call(Number(koffi.address(address)), address.length);
}

export function ensureDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o755 });
}
