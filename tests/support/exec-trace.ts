/** Every program that a process and its descendants start, or try to, as the kernel is asked: by strace(1). */
import { readFileSync } from 'node:fs';
import type { Namespace } from './netns.ts';

/** One execve(2), whether it succeeded or not. */
export interface Execution {
  /** As it was given: PATH has been gone through by whoever called. */
  readonly path: string;
  /** With the name that the program is told for itself. */
  readonly words: readonly string[];
  /** `NAME=value` each. */
  readonly environment: readonly string[];
}

const LONGEST_STRING = '65536';
/** With -xx every string is `"\x6c\x73"`, so that no character in it can be taken for strace's own. */
const STRINGS = String.raw`(?:\\x[0-9a-f]{2})*`;
const ARRAY = `\\[((?:"${STRINGS}"(?:, )?)*)\\]`;
const EXECUTION = new RegExp(`^\\d+ +execve\\("(${STRINGS})", ${ARRAY}, ${ARRAY}`);

/**
 * For `sh`, before an `exec "$@"`: what that starts is traced. The tracer itself ends with it, and stays in the network
 * where this test runs.
 *
 * NOTE: it costs the programs the right to gain rights by being started (no_new_privs), which --seccomp-bpf asks for; without
 * that, each system call would stop twice.
 *
 * @param path of a file for what is traced
 */
export function traceInto(path: string, { path: network }: Namespace): string {
  const strace = [
    'strace',
    '-D',
    '-f',
    '--seccomp-bpf',
    '-qq',
    '-e',
    'trace=execve,execveat',
    '-e',
    'signal=none',
  ];
  const output = ['-xx', '-v', '-s', LONGEST_STRING, '-o', path];
  const outside = ['nsenter', `--net=/proc/${process.pid}/ns/net`, ...strace, ...output];
  return `set -- ${outside.join(' ')} nsenter --net=${network} "$@"`;
}

/** @returns what has been started so far. @throws Error for a line that is not understood */
export function executionsIn(path: string): Execution[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line.includes('exec') && !line.includes('resumed>')).map(executionIn);
}

function executionIn(line: string): Execution {
  const [, path, words, environment] = EXECUTION.exec(line) ?? [];
  if (path === undefined || words === undefined || environment === undefined)
    throw new Error(`strace wrote ${line}`);
  return { path: textOf(path), words: textsOf(words), environment: textsOf(environment) };
}

function textsOf(array: string): string[] {
  return [...array.matchAll(/"([^"]*)"/g)].map(([, string = '']) => textOf(string));
}

function textOf(string: string): string {
  return Buffer.from(string.replaceAll('\\x', ''), 'hex').toString();
}
