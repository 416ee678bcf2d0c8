/** Failures of the helper and the command line from end to end: each says what and where, and leaves nothing. */
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HelperWorld, newKey, pidsIn, publicKeyOf, SERVER_PORT } from '../support/helper-world.ts';
import { uniqueInterface } from '../support/netns.ts';
import { BackgroundProcess, run, waitFor } from '../support/processes.ts';

const world = new HelperWorld();

beforeAll(() => world.open());
afterEach(() => world.down());
afterAll(() => world.close());

describe('a failure', () => {
  it('no_answer_ends_up_with_exit_1_and_leaves_the_machine_closed_until_down', async () => {
    const name = await world.importTunnel({
      peerKey: await publicKeyOf(await newKey()),
      allowedIps: '0.0.0.0/0',
    });
    const { code, stderr } = await world.wayfare('up', name, '--timeout', '4');
    expect(code).toBe(1);
    expect(stderr).toBe(
      `wayfare: no authenticated packet came back within 4 seconds, tunnel ${name} from ${world.link.b.v4}:${SERVER_PORT}, ` +
        'check the endpoint, the keys and that UDP gets through; ' +
        `the kill switch stays closed until: wayfare down ${name}\n`,
    );
    expect(await world.statusOf(name)).toMatchObject({ state: 'error', error: { cause: 'handshake' } });
    expect((await world.wayfare('status')).stdout).toMatch(/^The kill switch is closed/);
    await expect(world.traveller.run('ping', ['-c', '1', '-W', '1', world.link.b.v4])).rejects.toThrow();
    expect((await world.wayfare('down', name)).stdout).toBe(
      `${name} is disconnected.\nThe kill switch is open.\n`,
    );
    await world.expectNothingLeft(name);
    expect(await world.traveller.ping(world.link.b.v4)).toMatchObject({ received: 3 });
  });

  it('a_name_that_does_not_resolve_is_imported_and_fails_at_up_only', async () => {
    const name = await world.importTunnel({ endpoint: 'vpn.wayfare.invalid:51820' });
    const { code, stderr } = await world.wayfare('up', name, '--timeout', '1.5');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: .* at vpn\.wayfare\.invalid.*\n$/)]);
    await world.expectNothingLeft(name);
  });

  it('down_cancels_an_up_that_is_connecting', async () => {
    const name = await world.importTunnel({ peerKey: await publicKeyOf(await newKey()) });
    const attempt = world.startWayfare('up', name);
    await waitFor(async () => (await world.statusOf(name)).interface !== null, {
      what: 'the tunnel to be connecting',
    });
    expect(await world.wayfare('down', name)).toMatchObject({
      code: 0,
      stdout: `${name} is disconnected.\n`,
    });
    expect((await attempt.exited).code).toBe(1);
    expect(attempt.stderr).toBe(`wayfare: it was cancelled, tunnel ${name}\n`);
    await world.expectNothingLeft(name);
    expect((await world.statusOf(name)).state).toBe('disconnected');
  });

  it('ctrl_c_cancels_an_up', async () => {
    const name = await world.importTunnel({ peerKey: await publicKeyOf(await newKey()) });
    const attempt = world.startWayfare('up', name);
    await waitFor(async () => (await world.statusOf(name)).interface !== null, {
      what: 'the tunnel to be connecting',
    });
    attempt.signal('SIGINT');
    expect(await attempt.exited).toEqual({ code: 1, signal: null });
    expect(attempt.stderr).toBe(`wayfare: it was cancelled, tunnel ${name}\n`);
    await world.expectNothingLeft(name);
  });

  it.each(['SIGHUP', 'SIGKILL'] as const)('an_up_that_ends_by_%s_is_cancelled', async (signal) => {
    const name = await world.importTunnel({ peerKey: await publicKeyOf(await newKey()) });
    const attempt = world.startWayfare('up', name);
    await waitFor(async () => (await world.statusOf(name)).interface !== null, {
      what: 'the tunnel to be connecting',
    });
    attempt.signal(signal);
    await attempt.exited;
    await waitFor(async () => (await world.statusOf(name)).state === 'disconnected', {
      what: 'the end of it',
    });
    await world.expectNothingLeft(name);
  });

  it('a_second_up_that_gives_up_leaves_the_first_alone', async () => {
    const name = await world.importTunnel({ peerKey: await publicKeyOf(await newKey()) });
    const first = world.startWayfare('up', name);
    await waitFor(async () => (await world.statusOf(name)).interface !== null, {
      what: 'the tunnel to be connecting',
    });
    const impatient = await world.wayfare('up', name, '--timeout', '0.5');
    const interrupted = world.startWayfare('up', name);
    await waitFor(async () => (await pidsIn(world.traveller)).length === 2, { what: 'the engine' });
    await delay(500); // until it waits
    interrupted.signal('SIGINT');
    await interrupted.exited;
    for (const { stderr } of [impatient, interrupted])
      expect(stderr).toContain('goes on connecting for whoever began it');
    expect((await world.statusOf(name)).state).toBe('connecting');
    await world.down(name);
    expect((await first.exited).code).toBe(1);
  });

  it('an_interface_that_is_deleted_ends_its_tunnel', async () => {
    const name = await world.importTunnel({ allowedIps: '0.0.0.0/0' });
    await world.up(name);
    await world.traveller.ip(`link del ${name}`);
    await waitFor(async () => (await world.statusOf(name)).state === 'error', { what: 'the error' });
    expect(await world.rules()).toContain('table inet wayfare');
    await world.down(name);
    await world.expectNothingLeft(name);
  });

  it('an_interface_of_that_name_is_left_alone', async () => {
    const name = await world.importTunnel();
    await world.traveller.ip(`link add ${name} type veth peer name ${name.slice(0, 13)}p`);
    const { code, stderr } = await world.wayfare('up', name);
    expect([code, stderr]).toEqual([1, expect.stringContaining(`tunnel ${name}`)]);
    expect(await world.traveller.ip('-br link')).toContain(name);
    await world.traveller.ip(`link del ${name}`);
    await world.expectNothingLeft(name);
  });

  it('a_persistent_tun_device_of_that_name_is_left_alone', async () => {
    const name = await world.importTunnel();
    await world.traveller.ip(`tuntap add ${name} mode tun`);
    const { code, stderr } = await world.wayfare('up', name);
    expect([code, stderr]).toEqual([
      1,
      `wayfare: an interface of that name exists, tunnel ${name}, remove it with 'ip link del ${name}', ` +
        'or import the tunnel under another name\n',
    ]);
    await world.traveller.ip(`link del ${name}`);
    await world.expectNothingLeft(name);
  });

  it('a_route_that_another_network_has_is_named_with_its_device', async () => {
    const name = await world.importTunnel({ allowedIps: '10.72.0.0/16' });
    await world.traveller.ip(`route add 10.72.0.0/16 dev ${world.link.a.interface}`);
    const { code, stderr } = await world.wayfare('up', name);
    await world.traveller.ip(`route del 10.72.0.0/16 dev ${world.link.a.interface}`);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `wayfare: ${world.link.a.interface} has that route already, tunnel ${name} to 10.72.0.0/16, take that tunnel down`,
    );
    await world.expectNothingLeft(name);
  });

  it('ipv6_that_is_turned_off_is_named_with_what_to_do', async () => {
    const name = await world.importTunnel();
    const setIPv6 = (off: number) =>
      world.traveller.run('sysctl', ['-qw', `net.ipv6.conf.default.disable_ipv6=${off}`]);
    await setIPv6(1);
    const { code, stderr } = await world.wayfare('up', name);
    await setIPv6(0);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/IPv6 is disabled.*turn IPv6 on with 'sysctl/)]);
  });

  it('many_endpoints_are_looked_up_at_once_and_an_up_of_them_can_be_stopped', async () => {
    const peers = Array.from({ length: 5_500 }, (_, i) => {
      const key = Buffer.alloc(32, 7);
      key.writeUInt32LE(i);
      return `[Peer]\nPublicKey = ${key.toString('base64')}\nEndpoint = 10.${100 + (i >> 8)}.${i & 255}.1:7\n`;
    });
    const name = uniqueInterface('wf');
    const file = join(world.folder, `${name}.conf`);
    const ours = `[Interface]\nPrivateKey = ${world.clientKey}\nAddress = 10.0.0.1/8\n`;
    writeFileSync(file, ours + peers.join(''));
    await world.wayfare('import', file);
    const begun = performance.now();
    expect(await world.wayfare('up', name, '--timeout', '3')).toMatchObject({ code: 1 });
    expect(performance.now() - begun).toBeLessThan(10_000);
    await world.wayfare('remove', name);
    await world.expectNothingLeft(name);
  });

  it('a_full_disk_behind_stdout_is_said_once', async () => {
    const { code, stderr } = await world.wayfareInto('/dev/full', 'genkey');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: [^\n]*no space left[^\n]*\n$/)]);
  });

  it('an_export_of_nothing_warns_of_nothing', async () => {
    const { code, stderr } = await world.wayfareInto(join(world.folder, 'exported'), 'export', 'nope');
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: there is no such tunnel[^\n]*\n$/)]);
  });

  it('a_broken_file_is_named_with_its_line_and_not_stored', async () => {
    const file = join(world.folder, 'broken.conf');
    writeFileSync(file, '[Interface]\nPrivateKey = nonsense\n');
    const { code, stderr } = await world.wayfare('import', file);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: line 2: .*, in broken\.conf\n$/)]);
    expect(JSON.parse((await world.wayfare('list', '--json')).stdout).tunnels).not.toContainEqual(
      expect.objectContaining({ name: 'broken' }),
    );
  });

  it('a_user_without_rights_is_told_so', async () => {
    // Where no node modules can be found, as in a repository that root alone may read.
    const alone = mkdtempSync(join(tmpdir(), 'wayfare-alone-'));
    copyFileSync(world.program, join(alone, 'wayfare.mjs'));
    const asNobody = [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      join(alone, 'wayfare.mjs'),
      'list',
    ];
    await run('chmod', ['-R', 'go+rX', world.folder, alone]);
    const child = new BackgroundProcess('setpriv', asNobody, { env: { WAYFARE_SOCKET: world.socketPath } });
    expect(await child.exited).toMatchObject({ code: 1 });
    rmSync(alone, { recursive: true });
    expect(child.stderr).toBe(
      `wayfare: you may not talk to the helper, at ${world.socketPath}, use sudo, or join the group with ` +
        "'sudo usermod -aG wayfare $USER' and sign in again\n",
    );
  });
});
