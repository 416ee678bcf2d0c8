/** The verbs that ask the helper. Each prints its answer on stdout, and throws Failure. */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { systemClock } from '../clock.ts';
import { errorCode, Failure, type FailureParts, toFailure } from '../failure.ts';
import { connectToHelper, type HelperClient } from '../ipc/client.ts';
import { MAX_CONFIG_BYTES, MAX_LOG_ENTRIES, type RequestOf, type TrafficSpan } from '../ipc/contract.ts';
import type { LogEntry } from '../logs/entry.ts';
import { readLog } from '../logs/reader.ts';
import { parseSince } from '../logs/since.ts';
import { logText } from '../logs/text.ts';
import { digestOf } from '../tunnel/digest.ts';
import { DEFAULT_STATE_DIR } from './defaults.ts';
import { printSecret } from './keys.ts';
import {
  downText,
  editText,
  importText,
  listText,
  printable,
  statusText,
  trafficText,
  upText,
} from './print.ts';

export async function importFile(socketPath: string, file: string, name: string | null): Promise<void> {
  const content = (await readConfig(file)).toString('base64');
  const request = { fileName: basename(file), content, name };
  print(importText(await withHelper(socketPath, (helper) => helper.request('import', request))));
}

export interface EditOptions {
  /** Null to keep its name. */
  readonly newName: string | null;
  /** The file that `export` gave, null to overwrite whatever is stored. */
  readonly baseFile: string | null;
}

export async function editTunnel(
  socketPath: string,
  name: string,
  file: string,
  { newName, baseFile }: EditOptions,
): Promise<void> {
  const content = (await readConfig(file)).toString('base64');
  const base = baseFile === null ? null : digestOf(await readConfig(baseFile));
  const request = { name, newName: newName ?? name, content, base };
  print(editText(await withHelper(socketPath, (helper) => helper.request('edit', request))));
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

const RESET_TIMEOUT_MS = 30_000;
const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function up(
  socketPath: string,
  name: string,
  timeoutSeconds: number,
  replace: boolean,
): Promise<void> {
  const request = { name, timeoutSeconds, replace, detached: false };
  print(upText(name, await whileWaiting(socketPath, (helper) => helper.request('up', request))));
}

export async function reconnect(socketPath: string, name: string, timeoutSeconds: number): Promise<void> {
  const request = { name, timeoutSeconds, detached: false };
  print(upText(name, await whileWaiting(socketPath, (helper) => helper.request('reconnect', request))));
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
  else print(statusText(answer, Math.floor(Date.now() / 1_000)));
}

export async function traffic(
  socketPath: string,
  name: string,
  span: TrafficSpan,
  asJson: boolean,
): Promise<void> {
  const answer = await withHelper(socketPath, (helper) => helper.request('traffic', { name, span }));
  if (asJson) printJson(answer);
  else print(trafficText(name, span, answer));
}

/** @param setting what it is set to, for the person */
export async function set(
  socketPath: string,
  name: string,
  change: Partial<Omit<RequestOf<'set'>, 'name'>>,
  setting: string,
): Promise<void> {
  const request = { name, killSwitch: null, allowLan: null, ...change };
  await withHelper(socketPath, (helper) => helper.request('set', request));
  print(`${name}: ${setting}.\n`);
}

export async function lockdown(socketPath: string, isOn: boolean): Promise<void> {
  await withHelper(socketPath, (helper) => helper.request('lockdown', { isOn }));
  print(isOn ? 'Lockdown is on: nothing leaves without a tunnel.\n' : 'Lockdown is off.\n');
}

/** By the helper where one answers, else right here. */
export async function reset(socketPath: string, stateDir: string): Promise<void> {
  const leftovers =
    (await resetByHelper(socketPath)) ??
    (await (await import('../main.ts')).resetMachine({ socketPath, stateDir }));
  const [leftover] = leftovers;
  if (leftover !== undefined) throw Failure.from(leftover);
  print('Everything of Wayfare is removed from the network. The tunnels are still stored.\n');
}

export interface LogsOptions {
  readonly follow: boolean;
  readonly since: string | null;
  readonly asJson: boolean;
}

/** By the helper where one answers, to whoever may ask it; else, and where a state folder is given, from its files. */
export async function logs(
  socketPath: string,
  stateDir: string | null,
  { follow, since, asJson }: LogsOptions,
): Promise<void> {
  const stop = new AbortController();
  for (const signal of STOP_SIGNALS) process.once(signal, () => stop.abort());
  const from = since === null ? 0 : Math.max(0, Math.floor(parseSince(since, Date.now())));
  const tell = (entry: LogEntry) =>
    process.stdout.write(asJson ? `${JSON.stringify(entry)}\n` : logText(entry));
  const tellFiles = async (folder: string) => {
    const options = { since: from, follow, clock: systemClock, signal: stop.signal };
    for await (const entry of readLog(folder, options)) tell(entry);
  };
  if (stateDir !== null) return tellFiles(stateDir);
  const helper = await connectToHelper(socketPath).catch(toFailure);
  if (helper instanceof Failure) {
    if (process.getuid?.() !== 0) throw helper; // the files are root's
    return tellFiles(DEFAULT_STATE_DIR);
  }
  try {
    await tellLogOf(helper, from, follow ? stop.signal : null, tell);
  } finally {
    helper.close();
  }
}

/** @param stop ends the following, null where nothing is to be followed @throws Failure where the helper ends first */
async function tellLogOf(
  helper: HelperClient,
  since: number,
  stop: AbortSignal | null,
  tell: (entry: LogEntry) => unknown,
): Promise<void> {
  const coming: LogEntry[] = [];
  let take = (entry: LogEntry): unknown => coming.push(entry);
  if (stop !== null)
    await helper.subscribe(['log'], (event) => {
      if (event.event === 'log') take(event.entry);
    });
  const { entries, isCut } = await helper.request('logs', { since, limit: MAX_LOG_ENTRIES });
  if (isCut) process.stderr.write('wayfare: there are older entries, which root reads with --state-dir\n');
  for (const entry of entries) tell(entry);
  if (stop === null) return;
  // What came since it was subscribed to may be among them.
  const told = new Set(entries.map((entry) => JSON.stringify(entry)));
  for (const entry of coming) if (!told.has(JSON.stringify(entry))) tell(entry);
  take = tell;
  const stopped = stop.aborted || once(stop, 'abort').then(() => null);
  const failure = await Promise.race([stopped, helper.ended]);
  if (failure instanceof Failure) throw failure;
}

/** A helper that hangs keeps nobody from a reset. @throws Failure */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  const ended = new AbortController();
  const tooLong = systemClock.sleep(RESET_TIMEOUT_MS, ended.signal).then(
    () => {
      throw new Failure(
        'the helper does not answer',
        '',
        'end it with: sudo pkill -KILL -f wayfare.js; then reset again',
      );
    },
    () => new Promise<never>(() => {}), // it has answered
  );
  return Promise.race([answer, tooLong]).finally(() => ended.abort());
}

/** @returns null where there is none: systemd takes connections for one that does not start, and ends them after a while */
async function resetByHelper(socketPath: string): Promise<FailureParts[] | null> {
  const helper = await connectToHelper(socketPath).catch(() => null);
  if (helper === null) return null;
  let hasEnded = false;
  void helper.ended.then(() => {
    hasEnded = true;
  });
  try {
    return (await inTime(helper.request('reset', {}))).leftovers;
  } catch (error) {
    if (hasEnded) return null;
    throw error;
  } finally {
    helper.close();
  }
}

/**
 * Ctrl-C, or a closed terminal, cancels it: a tunnel that nobody waits for any more does not come up behind the
 * person's back. Where the attempt is somebody else's, it only stops waiting.
 */
function whileWaiting<T>(socketPath: string, ask: (helper: HelperClient) => Promise<T>): Promise<T> {
  return withHelper(socketPath, async (helper) => {
    const depart = () => helper.depart(); // the pending request tells the outcome
    for (const signal of STOP_SIGNALS) process.once(signal, depart);
    try {
      return await ask(helper);
    } finally {
      for (const signal of STOP_SIGNALS) process.off(signal, depart);
    }
  });
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

/** Without the codes of failures: their words are there. */
function printJson(answer: unknown): void {
  const text = JSON.stringify(answer, (key, value) => (key === 'coded' ? undefined : value), 2);
  process.stdout.write(`${text}\n`);
}
