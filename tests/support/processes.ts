/** Running other programs from tests: to their end, or in the background and ended by their pid. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';

const GRACE_MS = 3_000;
const POLL_INTERVAL_MS = 20;

export interface RunOptions {
  /** Written to standard input, which is empty otherwise. */
  input?: string;
  /** Added to this process's environment. */
  env?: Record<string, string>;
  cwd?: string;
  /** The program is killed after this long. */
  timeoutMs?: number;
}

export interface RunResult {
  stdout: string;
  stderr: string;
}

/** A program that ended with another code than 0. */
export class CommandFailed extends Error {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;

  constructor(command: string, exit: Exit, { stdout, stderr }: RunResult) {
    super(`${command}: ${exit.signal ?? `exit ${exit.code}`}\n${stderr || stdout}`);
    this.name = 'CommandFailed';
    this.code = exit.code;
    this.stdout = stdout;
    this.stderr = stderr;
  }
}

export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A program in the background. Its output is kept as text. */
export class BackgroundProcess {
  readonly command: string;
  readonly pid: number;
  /** Resolves once it has ended and its output is complete. */
  readonly exited: Promise<Exit>;
  #child: ChildProcessWithoutNullStreams;
  #stdout = '';
  #stderr = '';
  #exit: Exit | null = null;

  constructor(program: string, args: readonly string[], options: Omit<RunOptions, 'timeoutMs'> = {}) {
    this.command = [program, ...args].join(' ');
    this.#child = spawn(program, args, { cwd: options.cwd, env: { ...process.env, ...options.env } });
    this.#child.stdout.setEncoding('utf8').on('data', (text) => {
      this.#stdout += text;
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text) => {
      this.#stderr += text;
    });
    this.#child.stdin.on('error', () => {}); // it may end without reading what it was sent
    this.#child.stdin.end(options.input ?? '');
    this.pid = this.#child.pid ?? 0;
    this.exited = new Promise((resolve) => {
      this.#child.on('error', (error) => {
        this.#stderr += error.message;
        this.#end({ code: 127, signal: null }, resolve);
      });
      this.#child.on('close', (code, signal) => this.#end({ code, signal }, resolve));
    });
  }

  #end(exit: Exit, resolve: (exit: Exit) => void): void {
    this.#exit ??= exit;
    resolve(this.#exit);
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** How it ended, or null while it runs. */
  get exit(): Exit | null {
    return this.#exit;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Asks it to end, and kills it if it has not after three seconds. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.signal(signal);
    const killing = setTimeout(() => this.signal('SIGKILL'), GRACE_MS);
    try {
      return await this.exited;
    } finally {
      clearTimeout(killing);
    }
  }
}

/** Runs a program to its end. Rejects with {@link CommandFailed}, whose message holds what it said. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const child = new BackgroundProcess(program, args, options);
  const { timeoutMs } = options;
  const killing = timeoutMs === undefined ? undefined : setTimeout(() => child.signal('SIGKILL'), timeoutMs);
  const exit = await child.exited;
  clearTimeout(killing);
  if (exit.code !== 0) throw new CommandFailed(child.command, exit, child);
  return { stdout: child.stdout, stderr: child.stderr };
}

/** The processes a test started, to be ended together. */
export class ProcessGroup {
  readonly #running = new Set<BackgroundProcess>();

  add(child: BackgroundProcess): BackgroundProcess {
    this.#running.add(child);
    void child.exited.then(() => this.#running.delete(child));
    return child;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((child) => child.stop()));
  }
}

export interface WaitOptions {
  /** What is waited for, as the failure names it: `the handshake`. */
  what: string;
  timeoutMs?: number;
  intervalMs?: number;
}

/**
 * Polls until `condition` is truthy, and returns its value. A condition that throws counts as not met; if time runs
 * out, the failure shows the last error.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = 10_000, intervalMs = POLL_INTERVAL_MS }: WaitOptions,
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let cause: unknown;
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= deadline) {
      const last = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`${what}: not within ${timeoutMs} ms${last}`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, intervalMs));
  }
}
