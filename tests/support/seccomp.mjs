// @ts-check
/**
 * A filter through which the kernel answers some system calls with an error, as an older kernel would: seccomp(2),
 * <linux/seccomp.h>, <linux/filter.h>. It goes over to the programs that this process becomes or starts.
 */
import koffi from 'koffi';

const SECCOMP_SET_MODE_FILTER = 1;
const SECCOMP_FILTER_FLAG_NEW_LISTENER = 8;
const SECCOMP_RET_ALLOW = 0x7fff0000;
const SECCOMP_RET_ERRNO = 0x00050000;
const SECCOMP_RET_USER_NOTIF = 0x7fc00000;
/** In struct seccomp_data; of each argument the filter sees the lower half, on a little-endian machine. */
const NUMBER = 0;
const ARCHITECTURE = 4;
const ARGUMENTS = 16;
const ARGUMENT_LENGTH = 8;
/** Classic BPF: load a word of that struct, jump if it equals a constant, return one. */
const LOAD = 0x20;
const JUMP_IF_EQUAL = 0x15;
const RETURN = 0x06;
const INSTRUCTION_LENGTH = 8;

/** @typedef {'ioctl' | 'renameat2' | 'sendmmsg' | 'setsockopt'} Call */
/** @typedef {{ call: Call, arguments: Readonly<Record<number, number>>, errno: number | null }} Rule */

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64, and the numbers of calls. */
const MACHINES = {
  x64: { audit: 0xc000003e, seccomp: 317, ioctl: 16, renameat2: 316, sendmmsg: 307, setsockopt: 54 },
  arm64: { audit: 0xc00000b7, seccomp: 277, ioctl: 29, renameat2: 276, sendmmsg: 269, setsockopt: 208 },
};

/** @param {number} code @param {number} operand @param {number} skipUnlessEqual how many instructions */
function instruction(code, operand, skipUnlessEqual = 0) {
  const bytes = Buffer.alloc(INSTRUCTION_LENGTH);
  bytes.writeUInt16LE(code);
  bytes.writeUInt8(skipUnlessEqual, 3);
  bytes.writeUInt32LE(operand, 4);
  return bytes;
}

/** @param {readonly (readonly [offset: number, value: number])[]} conditions @param {number} verdict when all hold */
function returnIf(conditions, verdict) {
  const instructions = conditions.flatMap(([offset, value], i) => [
    instruction(LOAD, offset),
    // To behind the verdict.
    instruction(JUMP_IF_EQUAL, value, 2 * (conditions.length - i) - 1),
  ]);
  return [...instructions, instruction(RETURN, verdict)];
}

/**
 * @param {readonly Rule[]} rules the first whose call and arguments are met decides; without an errno, the listener does
 * @returns {number} the listener's descriptor (seccomp_unotify(2)), which does not outlive this program; 0 where no rule has one
 */
export function installFilter(rules) {
  const machine = MACHINES[/** @type {keyof typeof MACHINES} */ (process.arch)];
  const filter = Buffer.concat([
    ...rules.flatMap((rule) =>
      returnIf(
        [
          [ARCHITECTURE, machine.audit],
          [NUMBER, machine[rule.call]],
          ...Object.entries(rule.arguments).map(
            ([i, value]) => /** @type {const} */ ([ARGUMENTS + Number(i) * ARGUMENT_LENGTH, value]),
          ),
        ],
        rule.errno === null ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_ERRNO | rule.errno,
      ),
    ),
    instruction(RETURN, SECCOMP_RET_ALLOW),
  ]);
  // struct sock_fprog
  const program = Buffer.alloc(16);
  program.writeUInt16LE(filter.length / INSTRUCTION_LENGTH);
  program.writeBigUInt64LE(BigInt(koffi.address(filter)), 8);
  const flags = rules.some(({ errno }) => errno === null) ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
  const syscall = koffi.load('libc.so.6').func('syscall', 'long', ['long', 'uint', 'uint', 'intptr_t']);
  const result = syscall(machine.seccomp, SECCOMP_SET_MODE_FILTER, flags, Number(koffi.address(program)));
  if (result < 0) throw new Error(`seccomp: errno ${koffi.errno()}`);
  return result;
}
