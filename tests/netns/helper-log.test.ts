/** What a whole session writes down, with an engine that talks too much: no key of it, in no notation. */
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../helper/clock.ts';
import { readLog } from '../../helper/logs/reader.ts';
import { HelperWorld, newKey } from '../support/helper-world.ts';
import { BackgroundProcess, run, waitFor } from '../support/processes.ts';

const OPERATORS = 61_998;
const STRANGERS = 61_996;

const world = new HelperWorld();
const stateDir = () => join(world.folder, 'state');

/** What all commands but `export` printed. */
let printed = '';

async function wayfare(...args: string[]): Promise<void> {
  const { stdout, stderr } = await world.wayfare(...args);
  printed += stdout + stderr;
}

/** The command line as somebody who is in one group alone. */
function asUser(group: number, ...args: string[]): BackgroundProcess {
  const rights = ['--reuid=61998', '--regid=61996', `--groups=${group}`];
  return new BackgroundProcess('setpriv', [...rights, process.execPath, world.program, ...args], {
    env: { WAYFARE_SOCKET: world.socketPath },
  });
}

/** Every way to write a key that somebody has thought of. */
function notationsOf(key: string): string[] {
  const bytes = Buffer.from(key, 'base64');
  const hex = bytes.toString('hex');
  return [key, key.slice(0, -1), bytes.toString('base64url'), hex, hex.toUpperCase()];
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

/** An engine that prints the keys in every notation before it works, and while it ends. */
function loosenTheEnginesTongue(keys: readonly string[]): void {
  const engine = join(world.folder, 'dist', 'wayfare-engine.js');
  const silent = join(world.folder, 'dist', 'silent-engine.js');
  renameSync(engine, silent);
  const secrets = keys.flatMap(notationsOf);
  const said = [...secrets, ...secrets.map((secret) => `PrivateKey=${secret};`), secrets.join('')];
  const text = JSON.stringify(`${said.join('\n')}\n`);
  writeFileSync(
    engine,
    `process.stderr.write(${text});\nprocess.on('exit', () => process.stderr.write(${text}));\nawait import('./silent-engine.js');\n`,
  );
}

beforeAll(() => world.open());
afterAll(() => world.close());

describe('a session', () => {
  it('leaves_no_key_in_what_is_logged_or_printed', async () => {
    const wrongKey = await newKey();
    const secrets = [world.clientKey, world.presharedKey];
    loosenTheEnginesTongue(secrets);

    const name = await world.importTunnel();
    await wayfare('up', name);
    await wayfare('status');
    await wayfare('status', '--json');
    await wayfare('list', '--json');
    process.kill((await world.engineOf(name))!, 'SIGKILL');
    await waitFor(() => world.helper.stderr.includes('is started again'), { what: 'the end of the engine' });
    await waitFor(async () => (await world.statusOf(name)).state === 'connected', {
      what: 'the next engine',
    });
    await wayfare('status');
    await wayfare('down');
    const unanswered = await world.importTunnel({ peerKey: wrongKey });
    await wayfare('up', unanswered, '--timeout', '1');
    const conf = join(world.folder, 'broken.conf');
    writeFileSync(
      conf,
      `[Interface]\nPrivateKey = ${world.clientKey}x\nPresharedKey = ${world.presharedKey}\n`,
    );
    await wayfare('import', conf);
    await world.wayfare('export', name);
    await wayfare('remove', name);
    await world.helper.stop('SIGTERM');

    const logs = filesBelow(join(stateDir(), 'logs'))
      .map((path) => readFileSync(path, 'utf8'))
      .join('');
    expect(logs).toContain('"from":"engine"');
    expect(logs).toContain('tunnel connected');
    expect(logs).toContain('<redacted>');
    const written = logs + world.helper.stderr + world.helper.stdout + printed;
    for (const secret of secrets.flatMap(notationsOf)) expect(written).not.toContain(secret);

    // Outside the store, nothing below the state folder holds one either.
    const holders = filesBelow(stateDir()).filter((path) =>
      readFileSync(path, 'utf8').includes(world.clientKey),
    );
    expect(holders).toEqual([join(stateDir(), 'tunnels', `${unanswered}.conf`)]);
    world.helper = await world.startHelper();
  });

  it('can_be_read_back_and_followed', async () => {
    const stop = new AbortController();
    const options = { since: 0, follow: true, clock: systemClock, signal: stop.signal };
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { message } of readLog(stateDir(), options)) seen.push(message);
    })();
    await waitFor(() => seen.includes('helper ready'), { what: 'the past' });
    await wayfare('up', 'nowhere');
    await waitFor(() => seen.at(-1) === 'a request failed', { what: 'what comes' });
    stop.abort();
    await reading;
  });

  it('is_read_through_the_helper_by_its_operators_who_may_not_read_the_files', async () => {
    appendFileSync(join(world.folder, 'etc', 'group'), `wayfare:x:${OPERATORS}:\n`);
    await world.helper.stop('SIGTERM');
    rmSync(dirname(world.socketPath), { recursive: true });
    world.helper = await world.startHelper();
    await run('chmod', ['go+rx', world.folder]);
    const follower = asUser(OPERATORS, 'logs', '--follow', '--since', '1h');
    await waitFor(() => follower.stdout.includes('helper ready'), { what: 'the past' });
    await world.wayfare('up', 'nowhere');
    await waitFor(() => follower.stdout.includes('a request failed'), { what: 'what comes' });
    follower.signal('SIGINT');
    expect(await follower.exited).toEqual({ code: 0, signal: null });
    // Nothing twice, and all of it as root finds it in the files.
    const inFiles = await world.wayfare('logs', '--since', '1h', '--state-dir', stateDir());
    expect(inFiles.stdout).toBe(follower.stdout);

    const once = asUser(OPERATORS, 'logs', '--json');
    await once.exited;
    const lines = once.stdout.trimEnd().split('\n');
    expect(JSON.parse(lines.at(-1)!)).toMatchObject({ message: 'a request failed', verb: 'up' });
    expect([world.clientKey, world.presharedKey].filter((key) => once.stdout.includes(key))).toEqual([]);

    const stranger = asUser(STRANGERS, 'logs');
    expect(await stranger.exited).toMatchObject({ code: 1 });
    expect(stranger.stderr).toMatch(/^wayfare: you may not talk to the helper, .*sudo usermod -aG wayfare/);
    expect(stranger.stdout).toBe('');
  });
});
