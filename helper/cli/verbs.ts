/** The verbs that ask the helper. Each prints its answer on stdout, and throws Failure. */
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { errorCode, Failure, toFailure } from '../failure.ts';
import { connectToHelper, type HelperClient } from '../ipc/client.ts';
import { MAX_CONFIG_BYTES } from '../ipc/contract.ts';
import { printSecret } from './keys.ts';
import { downText, importText, listText, printable, statusText, upText } from './print.ts';

export async function importFile(socketPath: string, file: string, name: string | null): Promise<void> {
  const content = (await readConfig(file)).toString('base64');
  const request = { fileName: basename(file), content, name };
  print(importText(await withHelper(socketPath, (helper) => helper.request('import', request))));
}

export async function list(socketPath: string, asJson: boolean): Promise<void> {
  const answer = await withHelper(socketPath, (helper) => helper.request('list', {}));
  if (asJson) printJson(answer);
  else print(listText(answer));
}

export async function exportTunnel(socketPath: string, name: string): Promise<void> {
  const { config } = await withHelper(socketPath, (helper) => helper.request('export', { name }));
  printSecret(config);
}

export async function remove(socketPath: string, name: string): Promise<void> {
  await withHelper(socketPath, (helper) => helper.request('remove', { name }));
  print(`Removed ${name}.\n`);
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ctrl-C, or a closed terminal, cancels it: a tunnel that nobody waits for any more does not come up behind the
 * person's back. Where the attempt is somebody else's, it only stops waiting.
 */
export async function up(socketPath: string, name: string, timeoutSeconds: number): Promise<void> {
  const answer = await withHelper(socketPath, async (helper) => {
    const depart = () => helper.depart(); // the pending `up` tells the outcome
    for (const signal of STOP_SIGNALS) process.once(signal, depart);
    try {
      return await helper.request('up', { name, timeoutSeconds });
    } finally {
      for (const signal of STOP_SIGNALS) process.off(signal, depart);
    }
  });
  print(upText(name, answer));
}

export async function down(socketPath: string, name: string | null): Promise<void> {
  const answer = await withHelper(socketPath, (helper) => helper.request('down', { name }));
  print(downText(name, answer));
  const [leftover] = answer.leftovers;
  if (leftover !== undefined) throw Failure.from(leftover);
}

export async function status(socketPath: string, name: string | null, asJson: boolean): Promise<void> {
  const answer = await withHelper(socketPath, (helper) => helper.request('status', { name }));
  if (asJson) printJson(answer);
  else print(statusText(answer.tunnels, Math.floor(Date.now() / 1_000)));
}

async function withHelper<T>(socketPath: string, ask: (helper: HelperClient) => Promise<T>): Promise<T> {
  const helper = await connectToHelper(socketPath);
  try {
    return await ask(helper);
  } finally {
    helper.close();
  }
}

/** Stops at the cap: the file may be a device without end. */
async function readConfig(path: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of createReadStream(path)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_CONFIG_BYTES)
        throw new Failure('the file is larger than 1 MiB', `at ${path}`, 'give a .conf file');
    }
  } catch (error) {
    throw error instanceof Failure ? error : cannotRead(path, error);
  }
  return Buffer.concat(chunks);
}

function cannotRead(path: string, error: unknown): Failure {
  const where = `at ${path}`;
  switch (errorCode(error)) {
    case 'ENOENT':
      return new Failure('there is no such file', where, 'check its path');
    case 'EACCES':
      return new Failure('you may not read the file', where, 'check its rights');
    case 'EISDIR':
      return new Failure('this is a folder', where, 'give a .conf file');
    default:
      return toFailure(error, where);
  }
}

function print(text: string): void {
  process.stdout.write(printable(text));
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
