/** The processes of the helper from end to end: how it starts, ends and is killed, and what its engines inherit. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DISTANT_ADDRESS, HelperWorld, networkOf, pidsIn, SERVER_PORT } from '../support/helper-world.ts';
import { uniqueInterface } from '../support/netns.ts';
import { waitFor } from '../support/processes.ts';

const world = new HelperWorld();

beforeAll(() => world.open());
afterEach(() => world.wayfare('down'));
afterAll(() => world.close());

describe('the helper', () => {
  it('takes_every_tunnel_down_at_sigterm', async () => {
    const name = await world.importTunnel({ allowedIps: '0.0.0.0/0' });
    await world.wayfare('up', name);
    expect(await world.helper.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await networkOf(world.traveller)).toBe(world.untouched);
    expect(await pidsIn(world.traveller)).toEqual([]);
    expect(await world.wayfare('list')).toMatchObject({
      code: 1,
      stderr: `wayfare: the helper is not running, at ${world.socketPath}, start it with 'sudo npx wayfare helper'\n`,
    });
    world.helper = await world.startHelper();
  });

  it('leaves_nothing_in_the_way_of_the_next_one_when_it_is_killed', async () => {
    const name = await world.importTunnel();
    await world.wayfare('up', name);
    await world.helper.stop('SIGKILL');
    await waitFor(async () => (await pidsIn(world.traveller)).length === 0, { what: 'the engine to end' });
    world.helper = await world.startHelper();
    await world.expectNothingLeft(name);
    expect(await world.wayfare('up', name)).toMatchObject({ code: 0 });
  });

  it('refuses_to_run_twice_on_one_socket', async () => {
    const { code, stderr } = await world.wayfare('helper', '--state-dir', join(world.folder, 'other'));
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: another helper is running, at /)]);
  });

  it('refuses_to_run_twice_on_one_state_folder', async () => {
    const elsewhere = ['--socket', join(world.folder, 'elsewhere', 'helper.sock')];
    const { code, stderr } = await world.wayfare(
      'helper',
      '--state-dir',
      join(world.folder, 'state'),
      ...elsewhere,
    );
    expect([code, stderr]).toEqual([
      1,
      `wayfare: another helper has its tunnels, in ${join(world.folder, 'state')}, stop it first, or choose another --state-dir\n`,
    ]);
  });

  it('hands_its_engines_no_descriptor_that_it_was_started_with', async () => {
    await world.helper.stop('SIGTERM');
    const args = ['helper', '--socket', world.socketPath, '--state-dir', join(world.folder, 'state')];
    const script = 'exec 4</etc/hostname 25</etc/hostname; exec "$@"';
    world.helper = world.traveller.spawn('bash', [
      '-c',
      script,
      'bash',
      process.execPath,
      world.program,
      ...args,
    ]);
    await waitFor(() => world.helper.stderr.includes('helper ready'), { what: 'the helper to be ready' });
    const name = await world.importTunnel();
    await world.wayfare('up', name);
    const fds = `/proc/${await world.engineOf(name)}/fd`;
    expect(readdirSync(fds).map((fd) => readlinkSync(join(fds, fd)))).not.toContain('/etc/hostname');
  });

  it('reuses_the_route_that_a_killed_one_left', async () => {
    const endpoint = `${DISTANT_ADDRESS}:${SERVER_PORT}`;
    const name = await world.importTunnel({ allowedIps: '0.0.0.0/0', endpoint });
    await world.wayfare('up', name);
    await world.helper.stop('SIGKILL');
    await waitFor(async () => (await pidsIn(world.traveller)).length === 0, { what: 'the engine to end' });
    expect(await world.traveller.ip('route')).toContain(DISTANT_ADDRESS);
    world.helper = await world.startHelper();
    expect(await world.wayfare('up', name)).toMatchObject({ code: 0 });
    await world.wayfare('down', name);
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
