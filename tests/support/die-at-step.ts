/**
 * For a program that writes files: its steps on disk are numbered, and it is killed by SIGKILL before one of them, or
 * in the middle of writing.
 */
import files from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Those taken, such as `write`. */
export const steps: string[] = [];

let fatalStep = Number.POSITIVE_INFINITY;

/** Counts from here. @param step 1 for the next */
export function dieAtStep(step: number): void {
  steps.length = 0;
  fatalStep = step;
}

function take(step: string): boolean {
  steps.push(step);
  return steps.length === fatalStep;
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  for (;;); // the signal is on its way
}

type AnyFunction = (...args: never[]) => unknown;

function watch(owner: object, name: string, step: string): void {
  const target = owner as Record<string, AnyFunction>;
  const original = target[name]!;
  target[name] = function (this: unknown, ...args: never[]) {
    if (take(step)) die();
    return original.apply(this, args);
  };
}

const probe = await files.open(join(tmpdir(), `.die-at-step-${process.pid}`), 'w');
await files.unlink(join(tmpdir(), `.die-at-step-${process.pid}`));
const handle = Object.getPrototypeOf(probe);
await probe.close();

const writeWhole = handle.writeFile;
handle.writeFile = async function (content: string) {
  if (take('write')) die();
  if (take('write half')) {
    await this.write(content.slice(0, content.length / 2));
    die();
  }
  return writeWhole.call(this, content);
};
watch(handle, 'sync', 'sync');
for (const name of ['open', 'link', 'rename', 'unlink']) watch(files, name, name);
syncBuiltinESMExports();
