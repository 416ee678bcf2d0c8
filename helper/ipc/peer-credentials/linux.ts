/** SO_PEERCRED and SO_PEERGROUPS (socket(7), Linux 4.13): set by connect(2), whatever the process becomes later. */
import koffi from 'koffi';
import { check, ERRNO, errno } from '../../../engine/io/linux/libc.ts';
import type { ReadPeerCredentials } from './index.ts';

/** getsockopt(2), which engine/io has no use for. */
const getsockopt = koffi
  .load('libc.so.6')
  .func('getsockopt', 'int', ['int', 'int', 'int', 'intptr_t', 'intptr_t']);
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const SO_PEERGROUPS = 59;
/** pid_t, uid_t and gid_t are 32 bits wide; so is socklen_t. */
const WORD_LENGTH = 4;
/** struct ucred of unix(7). */
const UCRED_WORDS = 3;
/** Most have fewer; the kernel allows 65,536. */
const USUAL_GROUPS = 64;

export const readPeerCredentials: ReadPeerCredentials = (descriptor) => {
  const ucred = new Uint32Array(UCRED_WORDS);
  check(read(descriptor, SO_PEERCRED, ucred).result, 'SO_PEERCRED');
  return { pid: ucred[0]!, uid: ucred[1]!, gid: ucred[2]!, groups: readGroups(descriptor, USUAL_GROUPS) };
};

function readGroups(descriptor: number, capacity: number): number[] {
  const groups = new Uint32Array(capacity);
  const { result, words } = read(descriptor, SO_PEERGROUPS, groups);
  // The kernel has said how many they are.
  if (result < 0 && errno() === ERRNO.ERANGE && words > capacity) return readGroups(descriptor, words);
  check(result, 'SO_PEERGROUPS');
  return [...groups.subarray(0, words)];
}

/** @returns how many words the option has, which may be more than were read */
function read(descriptor: number, option: number, into: Uint32Array): { result: number; words: number } {
  const length = Uint32Array.of(into.byteLength);
  const result = getsockopt(descriptor, SOL_SOCKET, option, addressOf(into), addressOf(length));
  return { result, words: length[0]! / WORD_LENGTH };
}

function addressOf(words: Uint32Array): number {
  return Number(koffi.address(words));
}
