/** The system's own programs: as words, never through a shell, with nothing of our environment, and not for ever. */
import { spawn } from 'node:child_process';
import { Failure, toFailure } from './failure.ts';

/** Where only root can put a program. */
export const SYSTEM_FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export interface ProgramOrder {
  /** Written to its standard input. */
  readonly input?: string;
  /** Then it is killed. */
  readonly timeoutMs: number;
  /** Ends it. */
  readonly signal?: AbortSignal | undefined;
}

export interface ProgramEnd {
  /** Null where a signal ended it, as the timeout's does. */
  readonly code: number | null;
  readonly killer: NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
}

/** @throws the system's error where it cannot be started, or the signal's reason */
export function runProgram(
  program: string,
  words: readonly string[],
  { input = '', timeoutMs, signal }: ProgramOrder,
): Promise<ProgramEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, {
      cwd: '/',
      env: { PATH: SYSTEM_FOLDERS.join(':'), LC_ALL: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      signal,
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.stdin.on('error', () => {}); // it ended before it read everything: its exit code says why
    child.once('error', (error) => reject(signal?.aborted ? signal.reason : error));
    child.once('close', (code, killer) =>
      resolve({
        code,
        killer,
        output: Buffer.concat(output).toString(),
        errors: Buffer.concat(errors).toString(),
      }),
    );
    child.stdin.end(input);
  });
}

export function cannotRun(program: string, packageName: string, error: unknown): Failure {
  const reason = toFailure(error).parts.what;
  return new Failure(`cannot run ${program} (${reason})`, '', `install the package '${packageName}'`, {
    code: 'program-not-run',
    program,
    package: packageName,
    reason,
  });
}
