// @ts-check
/**
 * Becomes a program to which the kernel refuses offloads, as a kernel without them does: `REFUSAL[,…] PROGRAM ARGUMENT…`
 *   tun=0x67      TUNSETOFFLOAD with that value fails with EINVAL
 *   udp-segment   setsockopt(UDP_SEGMENT) fails with ENOPROTOOPT
 *   udp-gro       setsockopt(UDP_GRO) fails with ENOPROTOOPT
 *   gso-send      a send with UDP_SEGMENT fails with EIO, as on an interface that does not checksum, before Linux 6.11
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import koffi from 'koffi';
import { installFilter } from './seccomp.mjs';

/** @import { Rule } from './seccomp.mjs' */

const TUNSETOFFLOAD = 0x400454d0;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;
const { EINVAL = 0, ENOPROTOOPT = 0 } = koffi.os.errno;
const GSO_REFUSER = fileURLToPath(new URL('./refuse-gso-sends.mjs', import.meta.url));
const FIRST_FREE = 3;

/** @param {string} refusal @returns {Rule} */
function ruleOf(refusal) {
  const [what, value] = refusal.split('=');
  switch (what) {
    case 'tun':
      return { call: 'ioctl', arguments: { 1: TUNSETOFFLOAD, 2: Number(value) }, errno: EINVAL };
    case 'udp-segment':
      return { call: 'setsockopt', arguments: { 1: SOL_UDP, 2: UDP_SEGMENT }, errno: ENOPROTOOPT };
    case 'udp-gro':
      return { call: 'setsockopt', arguments: { 1: SOL_UDP, 2: UDP_GRO }, errno: ENOPROTOOPT };
    case 'gso-send':
      return { call: 'sendmmsg', arguments: {}, errno: null };
    default:
      throw new Error(`no such refusal: ${refusal}`);
  }
}

const [refusals = '', program = '', ...args] = process.argv.slice(2);
const listener = installFilter(refusals.split(',').map(ruleOf));
if (listener !== 0) {
  const stdio = Array(FIRST_FREE).fill('inherit');
  spawn(process.execPath, [GSO_REFUSER, String(process.pid)], { stdio: [...stdio, listener] });
}
const execvp = koffi.load('libc.so.6').func('execvp', 'int', ['const char *', 'const char **']);
execvp(program, [program, ...args, null]);
throw new Error(`${program}: errno ${koffi.errno()}`);
