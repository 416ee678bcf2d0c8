/**
 * The helper's DNS as a process of its own, for tests: it can be put into namespaces, and killed in the middle of a
 * step. Reads orders as JSON lines, and answers each with one. The log goes to standard error.
 */
import { renameSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { systemClock } from '../../helper/clock.ts';
import type { DnsSettings } from '../../helper/dns/index.ts';
import { createLinuxDns, type DnsPaths, SYSTEM_PATHS } from '../../helper/dns/linux.ts';
import { Failure, type FailureParts, toFailure } from '../../helper/failure.ts';
import { createLog } from '../../helper/log.ts';

export interface DriverOptions {
  stateDir: string;
  paths?: Partial<DnsPaths>;
  /** As on a machine where no program answers. */
  isAlone?: boolean;
  /** As on a file system that cannot exchange files. */
  cannotExchange?: boolean;
}

export type Order =
  | { verb: 'recover'; adopted: string[] }
  | { verb: 'apply'; settings: DnsSettings }
  | { verb: 'revert'; device: string }
  /** From here on operations on files are counted, and this one is not reached. */
  | { verb: 'die-at'; operation: number }
  /** The same, and just before this one another program puts a file of its own in some place. */
  | { verb: 'meet-at'; operation: number; from: string; to: string };

export interface Answer {
  failure: FailureParts | null;
  /** Operations on files since they are counted. */
  operations: number;
}

/** What a crash, or another program, can come before and make a difference: reading is none. */
const OPERATIONS = ['mkdir', 'open', 'rename', 'symlink', 'unlink'] as const;
const HANDLE_OPERATIONS = ['sync', 'truncate', 'write', 'writeFile'] as const;

let operations = 0;
let eventful = Number.POSITIVE_INFINITY;
let event = () => {};

// biome-ignore lint/suspicious/noExplicitAny: it stands before functions of every kind
function countCalls<Name extends string>(object: Record<Name, any>, names: readonly Name[]): void {
  for (const name of names) {
    const original = object[name];
    // biome-ignore lint/suspicious/noExplicitAny: as above
    object[name] = function (this: unknown, ...words: any[]) {
      const isReading = name === 'open' && words[1] !== 'wx';
      if (!isReading && ++operations === eventful) event();
      return original.apply(this, words);
    };
  }
}

async function countOperations(): Promise<void> {
  const handle = await fs.open('/dev/null');
  countCalls(Object.getPrototypeOf(handle), HANDLE_OPERATIONS);
  await handle.close();
  countCalls(fs, OPERATIONS);
  syncBuiltinESMExports();
}

const {
  stateDir,
  paths,
  isAlone = false,
  cannotExchange = false,
}: DriverOptions = JSON.parse(process.argv[2] ?? '');
const nobody = () => Promise.reject(new Failure('there is no such program'));
const dns = createLinuxDns({
  paths: { ...SYSTEM_PATHS, ...paths },
  stateDir,
  clock: systemClock,
  log: createLog((line) => process.stderr.write(line), Date.now),
  ...(isAlone ? { run: nobody } : {}),
});

function expectAt(operation: number, happens: () => void): void {
  operations = 0;
  eventful = operation;
  event = happens;
}

async function obey(order: Order): Promise<void> {
  switch (order.verb) {
    case 'recover':
      return dns.recover(order.adopted);
    case 'apply':
      return dns.apply(order.settings);
    case 'revert':
      return dns.revert(order.device);
    case 'die-at':
      return expectAt(order.operation, () => process.kill(process.pid, 'SIGKILL'));
    case 'meet-at':
      return expectAt(order.operation, () => renameSync(order.from, order.to));
  }
}

if (cannotExchange) {
  const { installFilter } = await import('./seccomp.mjs');
  installFilter([{ call: 'renameat2', arguments: {}, errno: constants.errno.EINVAL }]);
}
await countOperations();
for await (const line of createInterface({ input: process.stdin })) {
  const answer: Answer = { failure: null, operations: 0 };
  try {
    await obey(JSON.parse(line));
  } catch (error) {
    answer.failure = toFailure(error).parts;
  }
  answer.operations = operations;
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
