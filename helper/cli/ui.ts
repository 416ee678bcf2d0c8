/** `wayfare ui`: the app is a program of its own, beside this one. It gets the terminal, and what it needs to know. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./wayfare-ui.js', import.meta.url));

export interface UiOptions {
  /** On loopback; 0 for any that is free. */
  readonly port: number;
  /** Whether it may open the person's browser. */
  readonly open: boolean;
}

/** @returns its exit code */
export function runUi(socketPath: string, { port, open }: UiOptions): Promise<number> {
  const args = [PROGRAM, '--socket', socketPath, '--port', String(port), ...(open ? [] : ['--no-open'])];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
