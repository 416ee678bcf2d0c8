/** Runs the programs that manage DNS: words and no shell, an environment of their own, and an end to the waiting. */
import { spawn } from 'node:child_process';
import { Failure } from '../failure.ts';

/**
 * @param input written to standard input
 * @returns what it printed
 * @throws Failure with what it said
 */
export type RunCommand = (program: string, words: readonly string[], input?: string) => Promise<string>;

/** resolvconf waits up to ten seconds for its lock. */
const TIMEOUT_MS = 15_000;

export const runCommand: RunCommand = (program, words, input = '') =>
  new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.stdin.on('error', () => {}); // it ended before it read everything: its exit code says why
    child.once('error', (error) => reject(new Failure(`cannot run ${program} (${error.message})`)));
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(Buffer.concat(output).toString());
      const said = Buffer.concat(errors).toString().trim().split('\n', 1)[0];
      const how = signal === null ? `exit code ${code}` : `ended by ${signal}`;
      reject(new Failure(`${program} failed (${said || how})`));
    });
    child.stdin.end(input);
  });
