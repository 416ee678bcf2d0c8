// @ts-check
/** Running other programs from the build commands. Needs no node modules. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure } from './report.mjs';

/** Where Debian keeps what only root runs. `su` leaves them off root's PATH. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];
const { PATH: INHERITED_PATH = '' } = process.env;
const PATH = [...new Set([...INHERITED_PATH.split(delimiter), ...SYSTEM_DIRECTORIES])];

/** @param {string} program */
export function hasProgram(program) {
  return PATH.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** @param {RunOptions} options @returns {NodeJS.ProcessEnv} */
export function environment({ env } = {}) {
  return { ...process.env, PATH: PATH.join(delimiter), ...env };
}

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {Record<string, string | undefined>} [env] added to this process's environment
 * @property {string} [input] written to standard input, which is empty otherwise
 * @property {AbortSignal} [signal] ends the program, and rejects
 * @property {boolean} [detached] in a process group of its own, which the terminal's Ctrl-C does not reach
 */

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>} for any exit code; rejects if it cannot start
 */
export function capture(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: environment(options),
      stdio: ['pipe', 'pipe', 'pipe'],
      signal: options.signal,
      detached: options.detached,
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      stderr += text;
    });
    child.stdin.on('error', () => {}); // it may end without reading: its exit code says what happened
    child.stdin.end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (code, signal) => {
      resolve({
        code: code ?? 1,
        stdout,
        stderr: signal === null ? stderr : `${stderr}\nended by ${signal}`,
      });
    });
  });
}

/**
 * Runs a program that must succeed.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>} its standard output
 */
export async function run(program, args, options = {}) {
  const { code, stdout, stderr } = await capture(program, args, options);
  if (code === 0) return stdout;
  const said = (stderr.trim() || stdout.trim()).split('\n').slice(-12).join('\n');
  throw new Failure(`${[program, ...args].join(' ')}: exit ${code}${said === '' ? '' : `\n${said}`}`);
}

/**
 * Runs a program whose output a person reads as it comes.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<number>} its exit code
 */
export function show(program, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: environment(options),
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
