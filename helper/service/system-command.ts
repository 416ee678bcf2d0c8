/** The system's own programs: found where only root can put one, with an empty environment, never through a shell. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';

const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const TIMEOUT_MS = 90_000;
const MAX_WORDS_OF_FAILURE = 500;

/** @returns its path, or null where this system has it not */
export function findProgram(name: string): string | null {
  const paths = FOLDERS.map((folder) => join(folder, name));
  return paths.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param input for its standard input
 * @returns its standard output
 * @throws Failure where it cannot be found, fails or does not end
 */
export function runProgram(name: string, args: readonly string[], input = ''): Promise<string> {
  const path = findProgram(name);
  if (path === null) return Promise.reject(new Failure(`${name} is missing`, `in ${FOLDERS.join(':')}`));
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, {
      cwd: '/',
      env: { PATH: FOLDERS.join(':'), LC_ALL: 'C.UTF-8' },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      errors += text;
    });
    child.stdin.on('error', () => {}); // it ended without reading: its exit code says why
    child.once('error', (error) => reject(new Failure(`cannot run ${name} (${error.message})`)));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(output);
      const reason =
        (errors.trim() || output.trim()).slice(0, MAX_WORDS_OF_FAILURE) || (signal ?? `exit ${code}`);
      reject(new Failure(`'${[name, ...args].join(' ')}' failed (${reason})`));
    });
    child.stdin.end(input);
  });
}
