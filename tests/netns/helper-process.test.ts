/** The processes of the helper from end to end: how it starts, ends and is killed, and what its engines inherit. */
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DISTANT_ADDRESS, HelperWorld, networkOf, pidsIn, SERVER_PORT } from '../support/helper-world.ts';
import { uniqueInterface } from '../support/netns.ts';
import { waitFor } from '../support/processes.ts';

const world = new HelperWorld();

beforeAll(() => world.open());
afterEach(() => world.down());
afterAll(() => world.close());

/** An interface without an engine has no carrier. */
function withoutLinkStates(network: string): string {
  return network.replace(/ *(UNKNOWN|DOWN|UP|linkdown|<[A-Z,_-]*>) */g, ' ');
}

describe('the helper', () => {
  it('takes_every_tunnel_down_at_ctrl_c', async () => {
    const name = await world.importTunnel({ allowedIps: '0.0.0.0/0' });
    await world.up(name);
    expect(await world.helper.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(await networkOf(world.traveller)).toBe(world.untouched);
    expect(await pidsIn(world.traveller)).toEqual([]);
    expect(await world.wayfare('list')).toMatchObject({
      code: 1,
      stderr: `wayfare: the helper is not running, at ${world.socketPath}, start it with 'sudo npx wayfare helper'\n`,
    });
    world.helper = await world.startHelper();
  });

  it.each(['SIGKILL', 'SIGTERM'] as const)(
    'ended_by_%s_leaves_a_guarded_tunnel_that_the_next_one_goes_on_with',
    async (signal) => {
      const name = await world.importTunnel({ allowedIps: '0.0.0.0/0' });
      await world.up(name);
      const stands = withoutLinkStates(await networkOf(world.traveller));
      const rules = await world.rules();
      await world.helper.stop(signal);
      await waitFor(async () => (await pidsIn(world.traveller)).length === 0, { what: 'the engine to end' });
      expect(withoutLinkStates(await networkOf(world.traveller))).toBe(stands);
      expect(await world.rules()).toBe(rules);
      await expect(world.traveller.run('ping', ['-c', '1', '-W', '1', DISTANT_ADDRESS])).rejects.toThrow();
      world.helper = await world.startHelper();
      await waitFor(async () => (await world.statusOf(name)).state === 'connected', { what: 'the tunnel' });
      expect(await world.traveller.ping('10.71.0.1')).toMatchObject({ received: 3 });
      await world.down(name);
      await world.expectNothingLeft(name);
    },
  );

  it('killed_is_followed_by_one_that_finds_a_named_endpoint_where_it_was', async () => {
    const hosts = join(world.folder, 'etc', 'hosts');
    const before = readFileSync(hosts, 'utf8');
    writeFileSync(hosts, `${world.link.b.v4} vpn.wayfare.test\n`);
    const endpoint = `vpn.wayfare.test:${SERVER_PORT}`;
    const name = await world.importTunnel({ allowedIps: '0.0.0.0/0', endpoint });
    await world.up(name);
    await world.helper.stop('SIGKILL');
    writeFileSync(hosts, '192.0.2.9 vpn.wayfare.test\n'); // whoever asks finds nobody there
    world.helper = await world.startHelper();
    await waitFor(async () => (await world.statusOf(name)).state === 'connected', { what: 'the tunnel' });
    writeFileSync(hosts, before);
    await world.down(name);
    await world.expectNothingLeft(name);
  });

  it('ended_by_SIGTERM_takes_down_what_guards_nothing', async () => {
    const name = await world.importTunnel();
    await world.up(name);
    await world.helper.stop('SIGTERM');
    expect(await networkOf(world.traveller)).toBe(world.untouched);
    world.helper = await world.startHelper();
    expect((await world.statusOf(name)).state).toBe('disconnected');
  });

  it('reset_removes_everything_of_a_killed_helper_and_of_a_running_one', async () => {
    const name = await world.importTunnel({ allowedIps: '0.0.0.0/0' });
    await world.up(name);
    await world.wayfare('lockdown', 'on');
    await world.helper.stop('SIGKILL');
    await waitFor(async () => (await pidsIn(world.traveller)).length === 0, { what: 'the engine to end' });
    const { stderr } = await world.traveller.run(process.execPath, [
      world.program,
      'reset',
      '--socket',
      world.socketPath,
      '--state-dir',
      world.stateDir,
    ]);
    expect(stderr).toBe('');
    expect(await networkOf(world.traveller)).toBe(world.untouched);
    expect(await world.rules()).toBe('');
    world.helper = await world.startHelper();
    expect((await world.statusOf(name)).state).toBe('disconnected');
    await world.up(name);
    await world.wayfare('lockdown', 'on');
    expect(await world.wayfare('reset')).toMatchObject({ code: 0 });
    await world.expectNothingLeft(name);
  });

  it('refuses_to_run_twice_on_one_socket', async () => {
    const second = world.spawnHelper({ stateDir: join(world.folder, 'other') });
    expect((await second.exited).code).toBe(1);
    expect(second.stderr).toMatch(/^wayfare: another helper is running, at /m);
  });

  it('refuses_to_run_twice_on_one_state_folder', async () => {
    const second = world.spawnHelper({ socketPath: join(world.folder, 'elsewhere', 'helper.sock') });
    expect((await second.exited).code).toBe(1);
    expect(second.stderr).toBe(
      `wayfare: another helper has its tunnels, in ${world.stateDir}, stop it first, or choose another --state-dir\n`,
    );
  });

  it('refuses_to_run_twice_in_one_network_whatever_its_socket_and_state_folder', async () => {
    const stateDir = join(world.folder, 'other');
    const elsewhere = { stateDir, socketPath: join(world.folder, 'elsewhere', 'helper.sock') };
    const second = world.spawnHelper(elsewhere);
    expect((await second.exited).code).toBe(1);
    expect(second.stderr).toMatch(
      /^wayfare: another helper has the network of this machine, in network namespace \d+, stop it first/m,
    );
    const reset = [world.program, 'reset', '--socket', elsewhere.socketPath, '--state-dir', stateDir];
    await expect(world.traveller.run(process.execPath, reset)).rejects.toThrow(
      'another helper has the network',
    );
    // Another network is another's.
    const beside = world.spawnHelper({ ...elsewhere, namespace: world.server });
    await waitFor(() => beside.stderr.includes('helper ready'), { what: 'the helper beside it' });
    await beside.stop();
  });

  it('hands_its_engines_no_descriptor_that_it_was_started_with', async () => {
    await world.helper.stop('SIGTERM');
    world.helper = world.spawnHelper({ prepare: 'exec 4</etc/hostname 25</etc/hostname' });
    await waitFor(() => world.helper.stderr.includes('helper ready'), { what: 'the helper to be ready' });
    const name = await world.importTunnel();
    await world.up(name);
    const fds = `/proc/${await world.engineOf(name)}/fd`;
    expect(readdirSync(fds).map((fd) => readlinkSync(join(fds, fd)))).not.toContain('/etc/hostname');
  });

  it('reuses_the_route_that_a_killed_one_left', async () => {
    const endpoint = `${DISTANT_ADDRESS}:${SERVER_PORT}`;
    const name = await world.importTunnel({ allowedIps: '198.51.100.0/24', endpoint });
    await world.up(name);
    await world.helper.stop('SIGKILL');
    await waitFor(async () => (await pidsIn(world.traveller)).length === 0, { what: 'the engine to end' });
    expect(await world.traveller.ip('route')).toContain(`${DISTANT_ADDRESS} via`);
    world.helper = await world.startHelper();
    await waitFor(async () => (await world.statusOf(name)).state === 'connected', { what: 'the tunnel' });
    await world.down(name);
    await world.expectNothingLeft(name);
  });
});

describe('an engine in the background', () => {
  it('keeps_nothing_of_its_callers_environment_but_what_concerns_it', async () => {
    const name = uniqueInterface('wfe');
    const engine = join(world.folder, 'dist', 'wayfare-engine.js');
    const env = { TOKEN: 'secret', WG_PROCESS_FOREGROUND: '0' };
    await world.traveller.run(process.execPath, [engine, name], { env });
    const pid = (await pidsIn(world.traveller)).find((each) =>
      readFileSync(`/proc/${each}/cmdline`, 'utf8').includes(name),
    );
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').filter(Boolean);
    const names = environment.map((each) => each.split('=', 1)[0]);
    expect(names).toContain('WG_TUN_FD');
    expect(names.filter((each) => !/^(PATH|LOG_LEVEL|WG_.*|NODE_CHANNEL_.*)$/.test(each ?? ''))).toEqual([]);
    await world.traveller.ip(`link del ${name}`);
  });
});
