/** What the engine gives up before it reads a packet (setuid(2), setrlimit(2), prctl(2)). None of it comes back. */
import koffi from 'koffi';
import { check } from './libc.ts';

const library = koffi.load('libc.so.6');
const setLimit = library.func('int setrlimit(int resource, const uint64_t *limits)');
const control = library.func('int prctl(int option, ulong value, ulong, ulong, ulong)');

const RLIMIT_CORE = 4;
const RLIMIT_NPROC = 6;
const PR_SET_DUMPABLE = 4;
/** Soft and hard. */
const NONE = new BigUint64Array(2);

/**
 * From now on this process is a user who owns nothing. It starts no other, which would keep the descriptors when this one
 * ends, and leaves no image of its memory, where the keys are; none looks into it but root.
 *
 * NOTE: it begins no thread any more either. Those of V8 are there from its start, and libuv's pool since node's loader has
 * read the program.
 *
 * @throws SystemError
 */
export function giveUpRights(uid: number, gid: number): void {
  process.setgroups!([]);
  process.setgid!(gid);
  process.setuid!(uid);
  check(setLimit(RLIMIT_NPROC, NONE), 'setrlimit RLIMIT_NPROC');
  check(setLimit(RLIMIT_CORE, NONE), 'setrlimit RLIMIT_CORE');
  check(control(PR_SET_DUMPABLE, 0, 0, 0, 0), 'prctl PR_SET_DUMPABLE');
}
