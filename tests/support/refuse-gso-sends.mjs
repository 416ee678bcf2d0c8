// @ts-check
/**
 * Decides on another process's sendmmsg(2), with its seccomp listener as descriptor 3: `PID`. A call whose first message
 * is to be cut by the kernel (UDP_SEGMENT) fails with EIO, any other goes on: the error of a later message would not
 * show in what the call returns either. Prints `refused` for each, and ends with that process.
 */
import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import koffi from 'koffi';

const LISTENER = 3;
const SECCOMP_IOCTL_NOTIF_RECV = 0xc0502100;
const SECCOMP_IOCTL_NOTIF_SEND = 0xc0182101;
const SECCOMP_USER_NOTIF_FLAG_CONTINUE = 1;
/** struct seccomp_notif, and where it has the call's second argument. */
const NOTIFICATION_LENGTH = 80;
const SECOND_ARGUMENT = 40;
const RESPONSE_LENGTH = 24;
/** On every architecture. */
const PIDFD_OPEN = 434;
const POLLIN = 1;
/** struct msghdr and cmsghdr, on 64-bit machines. */
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const MSGHDR_LENGTH = 56;
const CMSG_HEADER_LENGTH = 16;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const { EIO = 0 } = koffi.os.errno;

const library = koffi.load('libc.so.6');
const libc = {
  ioctl: library.func('ioctl', 'int', ['int', 'ulong', 'intptr_t']),
  poll: library.func('poll', 'int', ['intptr_t', 'ulong', 'int']),
  syscall: library.func('syscall', 'long', ['long', 'int', 'uint']),
};

const pid = Number(process.argv[2]);

/**
 * Reads the process's memory, which is opened each time: the program that it becomes has another.
 *
 * @param {bigint} address @param {number} length
 */
function read(address, length) {
  const memory = openSync(`/proc/${pid}/mem`, 'r');
  try {
    const bytes = Buffer.alloc(length);
    readSync(memory, bytes, 0, length, address);
    return bytes;
  } finally {
    closeSync(memory);
  }
}

/** @param {bigint} message address of a struct msghdr */
function isToBeCut(message) {
  const header = read(message, MSGHDR_LENGTH);
  const controls = read(header.readBigUInt64LE(CONTROL), Number(header.readBigUInt64LE(CONTROL_LENGTH)));
  for (let at = 0; at + CMSG_HEADER_LENGTH <= controls.length; ) {
    if (controls.readInt32LE(at + 8) === SOL_UDP && controls.readInt32LE(at + 12) === UDP_SEGMENT)
      return true;
    at += Math.max(CMSG_HEADER_LENGTH, Math.ceil(controls.readUInt32LE(at) / 8) * 8);
  }
  return false;
}

function decide() {
  const notification = Buffer.alloc(NOTIFICATION_LENGTH);
  if (libc.ioctl(LISTENER, SECCOMP_IOCTL_NOTIF_RECV, Number(koffi.address(notification))) < 0) return;
  const isRefused = isToBeCut(notification.readBigUInt64LE(SECOND_ARGUMENT));
  const response = Buffer.alloc(RESPONSE_LENGTH);
  notification.copy(response, 0, 0, 8); // the id
  response.writeInt32LE(isRefused ? -EIO : 0, 16);
  response.writeUInt32LE(isRefused ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE, 20);
  libc.ioctl(LISTENER, SECCOMP_IOCTL_NOTIF_SEND, Number(koffi.address(response)));
  if (isRefused) writeSync(1, 'refused\n');
}

// struct pollfd: the listener, and the process's end.
const polled = Buffer.alloc(16);
polled.writeInt32LE(LISTENER, 0);
polled.writeInt16LE(POLLIN, 4);
polled.writeInt32LE(libc.syscall(PIDFD_OPEN, pid, 0), 8);
polled.writeInt16LE(POLLIN, 12);
while (polled.readInt16LE(14) === 0) {
  libc.poll(Number(koffi.address(polled)), 2, -1);
  if (polled.readInt16LE(6) !== 0) decide();
}
