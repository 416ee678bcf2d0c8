/**
 * A program: a client of the helper's socket, its path the first argument. The second says what it does:
 *
 * `ask` asks every verb once, and prints a JSON object of what each answered: `ok`, or the failure in one line.
 * `probe` connects, asks and leaves until SIGTERM. It prints a dot for each answer, and in the end, on a line of its own, a
 * JSON {@link ProbeReport}.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../helper/failure.ts';
import { connectToHelper, type HelperClient } from '../../helper/ipc/client.ts';

export interface ProbeReport {
  readonly answers: number;
  readonly failures: readonly string[];
  readonly medianMs: number;
  readonly worstMs: number;
}

const PROBE_INTERVAL_MS = 5;
const name = 'home';

const VERBS: Readonly<Record<string, (helper: HelperClient) => Promise<unknown>>> = {
  list: (helper) => helper.request('list', {}),
  status: (helper) => helper.request('status', { name }),
  logs: (helper) => helper.request('logs', { since: 0, limit: 1 }),
  up: (helper) => helper.request('up', { name, timeoutSeconds: 1, replace: false, detached: false }),
  reconnect: (helper) => helper.request('reconnect', { name, timeoutSeconds: 1, detached: false }),
  down: (helper) => helper.request('down', { name }),
  traffic: (helper) => helper.request('traffic', { name, span: '5m' }),
  hello: (helper) => helper.request('hello', {}),
  subscribe: (helper) => helper.subscribe(['tunnels', 'traffic', 'log'], () => {}),
  import: (helper) => helper.request('import', { fileName: 'home.conf', content: '', name: null }),
  edit: (helper) => helper.request('edit', { name, newName: name, content: '', base: null }),
  export: (helper) => helper.request('export', { name }),
  remove: (helper) => helper.request('remove', { name }),
  set: (helper) => helper.request('set', { name, killSwitch: 'off', allowLan: null }),
  lockdown: (helper) => helper.request('lockdown', { isOn: false }),
  reset: (helper) => helper.request('reset', {}),
};

async function outcomeOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'ok';
  } catch (error) {
    if (error instanceof Failure) return error.message;
    throw error;
  }
}

async function ask(path: string): Promise<void> {
  const outcomes: Record<string, string> = {};
  for (const [verb, request] of Object.entries(VERBS))
    outcomes[verb] = await outcomeOf(async () => {
      const helper = await connectToHelper(path);
      await request(helper).finally(() => helper.close());
    });
  process.stdout.write(JSON.stringify(outcomes));
}

async function probe(path: string): Promise<void> {
  let isOver = false;
  process.once('SIGTERM', () => {
    isOver = true;
  });
  const times: number[] = [];
  const failures: string[] = [];
  while (!isOver) {
    const began = performance.now();
    const outcome = await outcomeOf(async () => {
      const helper = await connectToHelper(path);
      await helper.request('list', {}).finally(() => helper.close());
    });
    times.push(performance.now() - began);
    if (outcome === 'ok') process.stdout.write('.');
    else failures.push(outcome);
    await delay(PROBE_INTERVAL_MS);
  }
  times.sort((a, b) => a - b);
  const report: ProbeReport = {
    answers: times.length - failures.length,
    failures,
    medianMs: times[times.length >> 1] ?? 0,
    worstMs: times.at(-1) ?? 0,
  };
  process.stdout.write(`\n${JSON.stringify(report)}`);
}

const [, , path, what] = process.argv;
await (what === 'ask' ? ask(path!) : probe(path!));
