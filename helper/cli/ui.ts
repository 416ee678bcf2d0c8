/** `wayfare ui`: the app is a program of its own, beside this one. It gets the terminal, and what it needs to know. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./wayfare-ui.js', import.meta.url));

/** @returns its exit code */
export function runUi(socketPath: string, port: number): Promise<number> {
  const args = [PROGRAM, '--socket', socketPath, '--port', String(port)];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
