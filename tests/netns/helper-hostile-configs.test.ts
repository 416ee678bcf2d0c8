/** Whoever writes a tunnel's file runs nothing: every program that the helper starts over 500 of them is traced. */
import { randomInt } from 'node:crypto';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Failure } from '../../helper/failure.ts';
import { connectToHelper, type HelperClient } from '../../helper/ipc/client.ts';
import type { ImportSummary } from '../../helper/ipc/contract.ts';
import { type Execution, executionsIn, traceInto } from '../support/exec-trace.ts';
import { HelperWorld, SERVER_PORT } from '../support/helper-world.ts';
import { type Connection, hostileConfig } from '../support/hostile-configs.ts';
import { run, waitFor } from '../support/processes.ts';
import { SeededRandom } from '../support/virtual-clock.ts';

const CONFIGS = 500;
/** Of them, at least. */
const IMPORTED = 150;
/** Of those, at least, go through every step up to the handshake. */
const BROUGHT_UP = 45;
const CLIENTS = 6;
const SESSION_MS = 180_000;
/** Seconds for a handshake with the server, and for one with nobody. */
const PATIENCE = 3;
const LITTLE_PATIENCE = 1;

const FOLDERS = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const ENVIRONMENTS = ['', `PATH=${FOLDERS.join(':')} LC_ALL=C`];
const ENGINE = String.raw`\S+/dist/wayfare-engine\.js --without-rights \d+ \d+ [\w=+.][\w=+.-]{0,14}`;
const BUS_OPTIONS = '--system --auto-start=no --timeout=3 --json=short';
/** All that the helper may start, word by word: of a config there is a tunnel's name, a prefix, a table's name. */
const OWN_COMMANDS = [
  'ip -j( -d)? link show',
  'ip -j -[46] route show( default)?',
  String.raw`ip -j -[46] route show exact [\da-f.:]+/\d+( table [A-Za-z0-9_][\w.-]*)?`,
  'ip -j( -N)? -[46] (rule show|route show table all)',
  'ip -j address show',
  'ip( -[46])? -batch -',
  'ip -[46] -j -force -batch -',
  'nft -f -',
  'nft list tables',
  'getent (group|passwd) -- wayfare(-admin|-engine)?',
  String.raw`busctl ${BUS_OPTIONS} call -- org\.freedesktop\.resolve1 /org/freedesktop/resolve1 org\.freedesktop\.DBus\.Properties GetAll s org\.freedesktop\.resolve1\.Manager`,
  `/usr/bin/setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,\\+setuid,\\+setgid ${process.execPath} ${ENGINE}`,
  `${process.execPath} ${ENGINE}`,
].map((command) => new RegExp(`^${command}$`));

const seed = randomInt(2 ** 31);
const random = new SeededRandom(seed);
/** For failures: the same seed gives the same configs. */
const made = `made from seed ${seed}`;
const world = new HelperWorld();
const imported: string[] = [];
/** What was said of tunnels that did not come up. */
const failures: string[] = [];
let executions: Execution[] = [];
let etcBefore = '';
const markers = () => join(world.folder, 'owned');

beforeAll(async () => {
  await world.open();
  mkdirSync(markers());
  chmodSync(markers(), 0o777);
  // Names are refused at once, but for a few that lead to the server.
  writeFileSync(join(world.folder, 'etc', 'resolv.conf'), 'nameserver 127.0.0.1\n');
  appendFileSync(join(world.folder, 'etc', 'hosts'), `${world.link.b.v4} exec flush vrf\n`);
  etcBefore = await filesOfEtc();
  await world.helper.stop();
  const trace = join(world.folder, 'trace');
  world.helper = world.spawnHelper({ prepare: traceInto(trace, world.traveller) });
  await waitFor(() => world.helper.stderr.includes('helper ready'), { what: 'the helper to be ready' });
  await offerAll();
  const all = executionsIn(trace);
  executions = all.slice(all.findIndex(({ words }) => words[2] === 'helper') + 1);
}, SESSION_MS);
afterAll(() => world.close());

it('the_tracer_sees_a_helper_that_runs_hooks', async () => {
  const trace = join(world.folder, 'control');
  const marker = join(world.folder, 'run-by-control');
  const script = `${traceInto(trace, world.traveller)}; exec "$@"`;
  const hook = `/usr/bin/touch ${marker}; :`;
  await world.traveller.run('bash', ['-c', script, 'bash', 'sh', '-c', hook]);
  expect(existsSync(marker)).toBe(true);
  const isSeen = () => executionsIn(trace).some(({ path }) => path === '/usr/bin/touch');
  await waitFor(isSeen, { what: 'the hook in the trace' });
  expect(foreign(executionsIn(trace))).toContain(`/usr/bin/touch: /usr/bin/touch ${marker}`);
});

it('500_hostile_configs_go_through_the_helper_in_large_part', () => {
  const broughtUp = world.helper.stderr.split('"step handshake"').length - 1;
  const counts = `${imported.length} imported, ${broughtUp} up to the handshake`;
  console.log(`${counts}, ${executions.length} programs started, ${made}`);
  expect(imported.length, made).toBeGreaterThan(IMPORTED);
  expect(broughtUp, made).toBeGreaterThan(BROUGHT_UP);
});

it('500_hostile_configs_start_no_program_and_no_option_of_their_own', () => {
  expect(executions.length).toBeGreaterThan(BROUGHT_UP);
  expect(foreign(executions), made).toEqual([]);
  expect(readdirSync(markers()), made).toEqual([]);
});

it('500_hostile_configs_reach_ip_and_nft_as_values_alone', () => {
  const misread = /unknown|syntax|garbage|duplicate|usage:|unexpected/i;
  expect(failures.length).toBeGreaterThan(0);
  expect(
    failures.filter((failure) => misread.test(failure)),
    made,
  ).toEqual([]);
});

it('500_hostile_configs_write_no_file_but_tunnels_in_the_store', async () => {
  const own =
    /^(settings|live|dns)\.json$|^lock$|^logs$|^logs\/[a-z0-9.-]+$|^tunnels$|^tunnels\/[\w=+.][\w=+.-]{0,14}\.conf$|^traffic$|^traffic\/[\w=+.][\w=+.-]{0,14}\.json$/;
  const stored = readdirSync(world.stateDir, { recursive: true, encoding: 'utf8' });
  expect(
    stored.filter((name) => !own.test(name)),
    made,
  ).toEqual([]);
  expect(stored.length).toBeGreaterThan(IMPORTED / 2);
  const beside = ['dist', 'etc', 'node_modules', 'owned', 'run', 'state', 'trace'];
  const ofTheTest = /^(control|run-by-control|srv\w*\.conf)$/;
  const there = readdirSync(world.folder).filter((name) => !ofTheTest.test(name));
  expect(there.sort(), made).toEqual(beside);
  expect(await filesOfEtc(), made).toBe(etcBefore);
});

it('500_hostile_configs_leave_no_control_character_in_the_log', () => {
  const logs = join(world.stateDir, 'logs');
  const kept = readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
  for (const text of [world.helper.stderr, ...kept]) {
    const lines = text.trimEnd().split('\n');
    expect(() => lines.forEach((line) => void JSON.parse(line)), made).not.toThrow();
    expect(
      lines.filter((line) => /[\p{Cc}\p{Zl}\p{Zp}]|\p{Bidi_Control}/u.test(line)),
      made,
    ).toEqual([]);
  }
});

it('500_hostile_configs_leave_a_helper_that_serves_and_a_machine_as_it_was', async () => {
  await world.expectNothingLeft('h0');
  const name = await world.importTunnel();
  await world.up(name);
  expect((await world.traveller.ping('10.70.0.1')).received).toBe(3);
  await world.down(name);
  await world.expectNothingLeft(name);
});

/** Several clients at once; the tunnels that take everything one by one at the end, for they meet all others. */
async function offerAll(): Promise<void> {
  const connection: Connection = {
    privateKey: world.clientKey,
    publicKey: world.serverPublicKey,
    presharedKey: world.presharedKey,
    endpoint: `${world.link.b.v4}:${SERVER_PORT}`,
    hostNames: ['exec', 'flush', 'vrf', 'nowhere.example'],
    interfaces: ['lo', world.link.a.interface],
  };
  const configs = Array.from({ length: CONFIGS }, (_, i) =>
    hostileConfig(random, i, connection, join(markers(), String(i))),
  );
  const waiting = configs.entries();
  const full: ImportSummary[] = [];
  const client = await connectToHelper(world.socketPath);
  const work = async () => {
    for (const [i, { fileName, name, content }] of waiting) {
      const request = { fileName, name, content: content.toString('base64') };
      const summary = await orFailure(client.request('import', request));
      if (summary instanceof Failure) continue;
      imported.push(summary.name);
      if (i % 3 === 0) await client.request('set', { name: summary.name, killSwitch: 'on', allowLan: true });
      if (i % 5 > 1) continue; // an engine takes the time of hundreds of imports
      const takesAll = summary.peers.some(({ allowedIps }) =>
        allowedIps.some((prefix) => /\/[01]$/.test(prefix)),
      );
      if (takesAll) full.push(summary);
      else await use(client, summary, connection.endpoint);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, work));
  for (const summary of full) await use(client, summary, connection.endpoint);
  client.close();
}

/** Through every verb that takes a name. */
async function use(client: HelperClient, { name, peers }: ImportSummary, endpoint: string): Promise<void> {
  const timeoutSeconds = peers.some((peer) => peer.endpoint === endpoint) ? PATIENCE : LITTLE_PATIENCE;
  const outcome = await orFailure(
    client.request('up', { name, timeoutSeconds, replace: false, detached: false }),
  );
  if (outcome instanceof Failure) failures.push(outcome.message);
  await client.request('status', { name });
  await client.request('export', { name });
  expect(await client.request('down', { name })).toMatchObject({ leftovers: [] });
  if (imported.length % 2 === 0) await client.request('remove', { name });
}

async function orFailure<T>(answer: Promise<T>): Promise<T | Failure> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

/** @returns each once, without its environment, where the test's own secrets could be */
function foreign(all: readonly Execution[]): string[] {
  return [...new Set(all.filter(isForeign).map((each) => `${each.path}: ${commandLine(each)}`))];
}

/** PATH is gone through by whoever starts a program, so that some are sought where they are not. */
function isForeign({ path, words, environment }: Execution): boolean {
  const [program = ''] = words;
  const isAtHome = path === program || FOLDERS.some((folder) => path === `${folder}/${program}`);
  const isOwn = OWN_COMMANDS.some((command) => command.test(commandLine({ words })));
  return !isAtHome || !isOwn || !ENVIRONMENTS.includes(environment.join(' '));
}

/** A word that holds anything but plain characters is quoted, so that none can pass for two. */
function commandLine({ words }: Pick<Execution, 'words'>): string {
  return words.map((word) => (/^[\w./:=+,-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

/** Names, sizes and times of change: no secret, and enough to see a file that came or changed. */
async function filesOfEtc(): Promise<string> {
  const files = ['-type', 'f', '-printf', '%P %s %C@\\n'];
  const { stdout } = await run('find', [join(world.folder, 'etc'), ...files]);
  const resolvConf = readFileSync(join(world.folder, 'etc', 'resolv.conf'), 'utf8');
  const others = stdout.split('\n').filter((line) => !line.startsWith('resolv.conf '));
  return [...others.sort(), resolvConf].join('\n');
}
