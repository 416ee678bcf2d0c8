/** The C library's calls that the engine makes (man sections 2 and 3). Pointers are plain numbers: see SharedMemory. */
import koffi from 'koffi';
import { SystemError } from '../../errors.ts';

const library = koffi.load('libc.so.6');

export const libc = {
  open: library.func('int open(const char *path, int flags)'),
  close: library.func('int close(int fd)'),
  read: library.func('read', 'long', ['int', 'intptr_t', 'ulong']),
  write: library.func('write', 'long', ['int', 'intptr_t', 'ulong']),
  fcntl: library.func('int fcntl(int fd, int command, int argument)'),
  writev: library.func('writev', 'long', ['int', 'intptr_t', 'int']),
  ioctl: library.func('ioctl', 'int', ['int', 'ulong', 'intptr_t']),
  socket: library.func('int socket(int domain, int type, int protocol)'),
  bind: library.func('bind', 'int', ['int', 'intptr_t', 'uint']),
  listen: library.func('int listen(int fd, int backlog)'),
  connect: library.func('connect', 'int', ['int', 'intptr_t', 'uint']),
  getsockname: library.func('getsockname', 'int', ['int', 'intptr_t', 'intptr_t']),
  setsockopt: library.func('setsockopt', 'int', ['int', 'int', 'int', 'intptr_t', 'uint']),
  getsockopt: library.func('getsockopt', 'int', ['int', 'int', 'int', 'intptr_t', 'intptr_t']),
  recv: library.func('recv', 'long', ['int', 'intptr_t', 'ulong', 'int']),
  recvmmsg: library.func('recvmmsg', 'int', ['int', 'intptr_t', 'uint', 'int', 'intptr_t']),
  sendmmsg: library.func('sendmmsg', 'int', ['int', 'intptr_t', 'uint', 'int']),
  epollCreate: library.func('epoll_create1', 'int', ['int']),
  epollControl: library.func('epoll_ctl', 'int', ['int', 'int', 'int', 'intptr_t']),
  epollWait: library.func('epoll_wait', 'int', ['int', 'intptr_t', 'int', 'int']),
  setns: library.func('int setns(int fd, int type)'),
  umask: library.func('uint umask(uint mask)'),
  clockGettime: library.func('clock_gettime', 'int', ['int', 'intptr_t']),
  ifNameToIndex: library.func('uint if_nametoindex(const char *name)'),
} as const;

export const ERRNO = koffi.os.errno;

/** The errno of the call just made, as a number. */
export function errno(): number {
  return koffi.errno();
}

/** errno's name, such as `EAGAIN`. */
export function errnoName(code: number): string {
  return Object.entries(ERRNO).find(([, value]) => value === code)?.[0] ?? `errno ${code}`;
}

/** @returns `result`, unless it is negative: then throws what the call just made said */
export function check(result: number, operation: string, advice = ''): number {
  if (result < 0) throw new SystemError(operation, errnoName(errno()), advice);
  return result;
}
