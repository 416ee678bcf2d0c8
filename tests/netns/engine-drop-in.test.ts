/** `wayfare-engine [-f] NAME` as a process: how it starts and ends, as wireguard-go does. */
import { once } from 'node:events';
import { existsSync, unlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type EngineProcess,
  isAlive,
  pidsIn,
  startEngine,
  uapiSocket,
  WAYFARE_ENGINE,
} from '../support/engine-process.ts';
import { closeNamespaces, createNamespace, type Namespace, uniqueInterface } from '../support/netns.ts';
import { CommandFailed, waitFor } from '../support/processes.ts';

const INHERIT = fileURLToPath(new URL('../support/inherit-descriptors.mjs', import.meta.url));
const STARTS = 5;
/** The goal is half a second on an idle machine; tests run on busy ones. */
const GENEROUS_START_MS = 3_000;

let home: Namespace;
beforeAll(async () => {
  home = await createNamespace('home');
});
afterAll(() => closeNamespaces(home));

function startInBackground(name: string, namespace = home) {
  return namespace.run(WAYFARE_ENGINE, [name], { timeoutMs: 10_000 });
}

async function hasInterface(name: string, namespace = home): Promise<boolean> {
  return (await namespace.ip('-br link')).split('\n').some((line) => line.startsWith(`${name} `));
}

async function expectGone(name: string, pid: number): Promise<void> {
  await waitFor(() => !isAlive(pid), { what: `the end of the engine of ${name}` });
  expect(existsSync(uapiSocket(name))).toBe(false);
  expect(await hasInterface(name)).toBe(false);
}

async function hasOpenPort(port: number): Promise<boolean> {
  return (await home.run('ss', ['-Hlun', 'sport', '=', String(port)])).stdout !== '';
}

async function pidOf(name: string): Promise<number> {
  const pids = await pidsIn(home, name);
  expect(pids).toHaveLength(1);
  return pids[0]!;
}

async function failure(running: Promise<unknown>): Promise<CommandFailed> {
  const error = await running.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof CommandFailed)) throw new Error('it did not fail', { cause: error });
  return error;
}

describe('the start', () => {
  it('returns_once_interface_and_socket_are_ready_and_goes_on_in_the_background', async () => {
    const times: number[] = [];
    for (let i = 0; i < STARTS; i++) {
      const name = uniqueInterface('wf');
      const started = performance.now();
      await startInBackground(name);
      times.push(performance.now() - started);
      expect(await home.wg('show', name)).toContain(`interface: ${name}`);
      expect(await hasInterface(name)).toBe(true);
      const pid = await pidOf(name);
      process.kill(pid);
      await expectGone(name, pid);
    }
    const median = times.sort((a, b) => a - b)[Math.floor(STARTS / 2)]!;
    console.log(`background start: median ${median.toFixed(0)} ms of ${STARTS}`);
    expect(median).toBeLessThan(GENEROUS_START_MS);
  });

  it.each([
    ['-f', { args: ['-f'] }],
    ['--foreground', { args: ['--foreground'] }],
    ['WG_PROCESS_FOREGROUND', { args: [], env: { WG_PROCESS_FOREGROUND: '1' } }],
  ])('stays_in_the_foreground_with_%s', async (_, { args, ...options }) => {
    const name = uniqueInterface('wf');
    const child = home.spawn(WAYFARE_ENGINE, [...args, name], options);
    await waitFor(() => existsSync(uapiSocket(name)), { what: 'its socket' });
    await waitFor(() => home.wg('show', name), { what: 'an answer of its socket' });
    expect(child.exit).toBeNull();
    expect(await child.stop()).toEqual({ code: 0, signal: null });
    await expectGone(name, child.pid);
  });

  it('is_refused_for_a_name_that_is_served_and_leaves_the_first_untouched', async () => {
    const first = await startEngine('wayfare', home);
    await first.set('listen-port 41234');
    const { code, stderr } = await failure(startInBackground(first.name));
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`^wayfare-engine: .*${first.name}.*\n$`));
    expect(await first.show('listen-port')).toBe('41234');
    expect(await hasInterface(first.name)).toBe(true);
    await first.stop();
  });

  it('is_refused_for_a_name_that_is_served_in_another_namespace', async () => {
    const first = await startEngine('wayfare', home);
    const elsewhere = await createNamespace('elsewhere');
    const { code, stderr } = await failure(startInBackground(first.name, elsewhere));
    expect(code).toBe(1);
    expect(stderr).toContain('EADDRINUSE');
    expect(await hasInterface(first.name, elsewhere)).toBe(false);
    expect(await first.show('listen-port')).toBe('0');
    await first.stop();
    await elsewhere.close();
  });

  it.each([[[]], [['-f']], [['--help']], [['-x', 'wf0']], [['wf0', 'wf1']], [['-f', '-f', 'wf0']]])(
    'shows_its_usage_for_%j',
    async (args) => {
      const { code, stderr } = await failure(home.run(WAYFARE_ENGINE, args));
      expect(code).toBe(2);
      expect(stderr).toMatch(/^usage: wayfare-engine .*\n$/);
    },
  );

  it.each(['', 'a/b', 'sixteen-bytes-ab', '..', 'a b', 'lo'])(
    'fails_in_one_line_for_the_interface_name_"%s"',
    async (name) => {
      const { code, stderr } = await failure(startInBackground(name));
      expect(code).toBe(1);
      expect(stderr).toMatch(/^wayfare-engine: [^\n]*\n$/);
      expect(stderr).toContain(name);
    },
  );

  it('takes_descriptors_that_a_parent_has_opened', async () => {
    const name = uniqueInterface('wf');
    const parent = home.spawn(process.execPath, [INHERIT, name, uapiSocket(name), WAYFARE_ENGINE]);
    const pid = await waitFor(() => Number(/^engine (\d+)$/m.exec(parent.stdout)?.[1]), {
      what: 'the engine',
    });
    await waitFor(() => home.wg('show', name), { what: 'an answer of its socket' });
    await home.ip(`link set ${name} up`);
    await waitFor(async () => (await home.wg('show', name, 'listen-port')).trim() !== '0', {
      what: 'a port',
    });
    process.kill(pid);
    expect(await parent.exited).toMatchObject({ code: 0 });
    await expectGone(name, pid);
  });

  it('needs_no_rights_for_what_it_inherits_nor_to_keep_its_mark', async () => {
    const name = uniqueInterface('wf');
    const withoutRights = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    const args = [INHERIT, name, uapiSocket(name), WAYFARE_ENGINE, ...withoutRights];
    const parent = home.spawn(process.execPath, args);
    await waitFor(() => home.wg('show', name), { what: 'an answer of its socket' });
    await home.ip(`link set ${name} up`);
    await home.wg('set', name, 'fwmark', '0', 'listen-port', '41236');
    await waitFor(() => hasOpenPort(41_236), { what: 'its port' });
    await home.wg('set', name, 'fwmark', 'off');
    const { stderr } = await failure(home.run('wg', ['set', name, 'fwmark', '7', 'listen-port', '41237']));
    expect(stderr).toContain('not permitted');
    expect((await home.wg('show', name, 'listen-port')).trim()).toBe('41236');
    expect((await home.wg('show', name, 'fwmark')).trim()).toBe('off');
    process.kill(Number(/^engine (\d+)$/m.exec(parent.stdout)?.[1]));
    expect(await parent.exited).toMatchObject({ code: 0 });
    unlinkSync(uapiSocket(name));
  });

  it('makes_an_interface_of_mtu_1420', async () => {
    const engine = await startEngine('wayfare', home);
    expect(await home.ip(`link show ${engine.name}`)).toContain(' mtu 1420 ');
    await engine.stop();
  });

  it.each(['banana', '-1', '12345678'])('refuses_WG_TUN_FD_%s', async (value) => {
    const { code, stderr } = await failure(
      home.run(WAYFARE_ENGINE, [uniqueInterface('wf')], { env: { WG_TUN_FD: value } }),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^wayfare-engine: WG_TUN_FD=[^\n]*\n$/);
  });

  it('refuses_a_WG_TUN_FD_that_is_not_open_in_one_line', async () => {
    const name = uniqueInterface('wf');
    const { code, stderr } = await failure(
      home.run(WAYFARE_ENGINE, ['-f', name], { env: { WG_TUN_FD: '77' } }),
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/^wayfare-engine: [^\n]*\n$/);
    expect(existsSync(uapiSocket(name))).toBe(false);
  });
});

describe('the end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('by_%s_removes_interface_and_socket', async (signal) => {
    const name = uniqueInterface('wf');
    await startInBackground(name);
    const pid = await pidOf(name);
    process.kill(pid, signal);
    await expectGone(name, pid);
  });

  it.each(['up', 'down'])('comes_when_its_interface_is_deleted_while_%s', async (state) => {
    const name = uniqueInterface('wf');
    await startInBackground(name);
    const pid = await pidOf(name);
    await home.ip(`link set ${name} ${state}`);
    await home.ip(`link del ${name}`);
    await expectGone(name, pid);
  });

  it('comes_when_its_socket_file_is_removed', async () => {
    const name = uniqueInterface('wf');
    await startInBackground(name);
    const pid = await pidOf(name);
    unlinkSync(uapiSocket(name));
    await expectGone(name, pid);
  });

  it('by_SIGKILL_leaves_nothing_that_stops_a_restart', async () => {
    const name = uniqueInterface('wf');
    await startInBackground(name);
    const pid = await pidOf(name);
    process.kill(pid, 'SIGKILL');
    await waitFor(async () => !(await hasInterface(name)), { what: 'the end of the interface' });
    expect(existsSync(uapiSocket(name))).toBe(true);
    await startInBackground(name);
    expect(await home.wg('show', name)).toContain(`interface: ${name}`);
    const restarted = await pidOf(name);
    process.kill(restarted);
    await expectGone(name, restarted);
  });

  describe.each([
    ['is_idle', ''],
    ['never_reads', 'get=1\n\n'.repeat(20_000)],
    ['is_in_the_middle_of_a_set', 'set=1\nfwmark=7\n'],
  ])('while_a_client_%s', (_, input) => {
    it.each([
      ['SIGTERM', ({ child }: EngineProcess) => child.signal('SIGTERM')],
      ['the_deletion_of_its_interface', ({ name }: EngineProcess) => home.ip(`link del ${name}`)],
    ])('by_%s_comes_within_a_second', async (__, end) => {
      const engine = await startEngine('wayfare', home);
      const client = connect(uapiSocket(engine.name)).pause();
      await once(client, 'connect');
      client.on('error', () => {}); // we are hung up on
      client.write(input);
      expect(await engine.show('fwmark')).toBe('off'); // it has had its turn with the client before
      await end(engine);
      await waitFor(() => engine.child.exit, { what: 'its end', timeoutMs: 1_000 });
      expect(engine.child.exit).toEqual({ code: 0, signal: null });
      await expectGone(engine.name, engine.child.pid);
      client.destroy();
    });
  });

  it('of_one_engine_leaves_another_alone', async () => {
    const [ending, staying] = [await startEngine('wayfare', home), await startEngine('wayfare', home)];
    await staying.set('listen-port 41235');
    await ending.stop();
    expect(await staying.show('listen-port')).toBe('41235');
    await staying.stop();
  });
});
