/**
 * The helper's DNS as a process of its own, for tests: it can be put into namespaces, and killed in the middle of a
 * step. Reads orders as JSON lines, and answers each with one. The log goes to standard error.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
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
}

export type Order =
  | { verb: 'recover'; adopted: string[] }
  | { verb: 'apply'; settings: DnsSettings }
  | { verb: 'revert'; device: string }
  /** From here on operations on files are counted, and this one is not reached. */
  | { verb: 'die-at'; operation: number };

export interface Answer {
  failure: FailureParts | null;
  /** Operations on files since `die-at`. */
  operations: number;
}

/** What a crash can come before and make a difference: reading, and waiting for the disk, are none. */
const OPERATIONS = ['mkdir', 'open', 'rename', 'symlink', 'unlink'] as const;
const HANDLE_OPERATIONS = ['truncate', 'write', 'writeFile'] as const;

let operations = 0;
let deadly = Number.POSITIVE_INFINITY;

// biome-ignore lint/suspicious/noExplicitAny: it stands before functions of every kind
function countCalls<Name extends string>(object: Record<Name, any>, names: readonly Name[]): void {
  for (const name of names) {
    const original = object[name];
    // biome-ignore lint/suspicious/noExplicitAny: as above
    object[name] = function (this: unknown, ...words: any[]) {
      const isReading = name === 'open' && words[1] !== 'wx';
      if (!isReading && ++operations >= deadly) process.kill(process.pid, 'SIGKILL');
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

const { stateDir, paths, isAlone = false }: DriverOptions = JSON.parse(process.argv[2] ?? '');
const nobody = () => Promise.reject(new Failure('there is no such program'));
const dns = createLinuxDns({
  paths: { ...SYSTEM_PATHS, ...paths },
  stateDir,
  clock: systemClock,
  log: createLog((line) => process.stderr.write(line), Date.now),
  ...(isAlone ? { run: nobody } : {}),
});

async function obey(order: Order): Promise<void> {
  switch (order.verb) {
    case 'recover':
      return dns.recover(order.adopted);
    case 'apply':
      return dns.apply(order.settings);
    case 'revert':
      return dns.revert(order.device);
    case 'die-at':
      operations = 0;
      deadly = order.operation;
  }
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
