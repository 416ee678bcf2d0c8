/** Tunnels of the helper from end to end: what `up` makes of a conf, and that `down` leaves nothing of it. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DISTANT_ADDRESS, HelperWorld, pidsIn, publicKeyOf, SERVER_PORT } from '../support/helper-world.ts';
import { run, waitFor } from '../support/processes.ts';

const world = new HelperWorld();

beforeAll(() => world.open());
afterEach(() => world.down());
afterAll(() => world.close());

describe('a tunnel', () => {
  it('import_up_ping_status_down_leaves_nothing', async () => {
    const name = await world.importTunnel();
    expect(await world.wayfare('up', name)).toEqual({
      code: 0,
      stdout: `${name} is connected.\n`,
      stderr: '',
    });
    for (const address of ['10.70.0.1', 'fd70::1'])
      expect(await world.traveller.ping(address)).toMatchObject({ sent: 3, received: 3 });
    expect(await world.traveller.wg('show', name, 'public-key')).toBe(
      `${await publicKeyOf(world.clientKey)}\n`,
    );
    expect(await world.wayfare('down', name)).toMatchObject({
      code: 0,
      stdout: `${name} is disconnected.\n`,
    });
    await world.expectNothingLeft(name);
  });

  it('status_has_the_keys_of_the_contract_and_no_secret', async () => {
    const name = await world.importTunnel({ extra: 'DNS = 10.70.0.1, home.example' });
    await world.up(name);
    await world.traveller.ping('10.70.0.1');
    const status = await world.statusOf(name);
    expect(status).toEqual({
      name,
      state: 'connected',
      loss: null,
      error: null,
      interface: name,
      publicKey: await publicKeyOf(world.clientKey),
      listenPort: Number(await world.traveller.wg('show', name, 'listen-port')),
      addresses: ['10.70.0.2/24', 'fd70::2/64'],
      dns: ['10.70.0.1', 'home.example'],
      mtu: 1_420,
      isFullTunnel: false,
      hasRoutes: true,
      killSwitch: 'automatic',
      isGuarded: false,
      allowLan: false,
      connectedSince: expect.closeTo(Date.now() / 1_000, -1.5),
      rxBytes: expect.any(Number),
      txBytes: expect.any(Number),
      peers: [
        {
          publicKey: world.serverPublicKey,
          endpoint: `${world.link.b.v4}:${SERVER_PORT}`,
          allowedIps: expect.arrayContaining(['10.70.0.0/24', 'fd70::/64']),
          latestHandshake: expect.closeTo(Date.now() / 1_000, -1.5),
          rxBytes: expect.any(Number),
          txBytes: expect.any(Number),
          persistentKeepalive: null,
        },
      ],
    });
    expect(status.rxBytes).toBeGreaterThan(3 * 84);
    const human = (await world.wayfare('status')).stdout;
    for (const secret of [world.clientKey, world.presharedKey])
      expect(`${human}${JSON.stringify(status)}${world.helper.stderr}`).not.toContain(secret);
  });

  it('export_gives_back_a_conf_that_wg_accepts', async () => {
    const name = await world.importTunnel({ extra: 'PostUp = touch /tmp/never' });
    const { stdout } = await world.wayfare('export', name);
    expect(stdout).toContain(world.clientKey);
    expect(stdout).toContain('PostUp = touch /tmp/never');
    const file = join(world.folder, 'exported.conf');
    writeFileSync(file, stdout);
    expect((await run('wg-quick', ['strip', file])).stdout).toContain(world.serverPublicKey);
  });

  it.each(['0.0.0.0/0, ::/0', '0.0.0.0/1, 128.0.0.0/1'])(
    '%s_does_not_loop_its_endpoint',
    async (allowedIps) => {
      const name = await world.importTunnel({ allowedIps, endpoint: `${DISTANT_ADDRESS}:${SERVER_PORT}` });
      await world.up(name);
      const bearer = await world.traveller.ip(`route get ${DISTANT_ADDRESS} mark 0xca6c`);
      expect(bearer).toContain(`via ${world.link.b.v4}`);
      expect(await world.traveller.ip('route get 10.71.0.1')).toContain(`dev ${name}`);
      expect(await world.traveller.ping('10.71.0.1')).toMatchObject({ received: 3 });
      await world.down();
      await world.expectNothingLeft(name);
    },
  );

  it('two_tunnels_to_one_server_share_its_route_until_both_are_down', async () => {
    const endpoint = `${DISTANT_ADDRESS}:${SERVER_PORT}`;
    const [first, second] = [
      await world.importTunnel({ allowedIps: '198.51.100.0/25', endpoint }),
      await world.importTunnel({ allowedIps: '10.71.0.0/24', endpoint, address: '198.51.100.2/24' }),
    ];
    for (const name of [first, second]) await world.up(name);
    await world.down(first);
    expect(await world.traveller.ip(`route get ${DISTANT_ADDRESS}`)).toContain(`via ${world.link.b.v4}`);
    await world.down(second);
    await world.expectNothingLeft(second);
  });

  it.each([
    ['before', 51_821, 'fd71:'],
    ['after', 51_822, 'fd72:'],
  ] as const)(
    'a_split_tunnel_of_ipv6_that_comes_up_%s_a_full_one_of_ipv4_carries_what_is_for_it',
    async (when, port, network) => {
      const peerKey = await world.startServer(port, [`${network}:1/64`], `${network}:2/128`);
      const split = await world.importTunnel({
        peerKey,
        endpoint: `${world.link.b.v4}:${port}`,
        address: `${network}:2/64`,
        allowedIps: `${network}:/64`,
      });
      const full = await world.importTunnel({ allowedIps: '0.0.0.0/0' });
      for (const name of when === 'before' ? [split, full] : [full, split]) await world.up(name);
      for (const address of [`${network}:1`, '10.71.0.1'])
        expect(await world.traveller.ping(address)).toMatchObject({ received: 3 });
      // The rest of IPv6 stays closed, and with the split tunnel its way goes.
      await expect(world.traveller.run('ping', ['-c', '1', '-W', '1', world.link.b.v6])).rejects.toThrow();
      await world.down(split);
      await expect(world.traveller.run('ping', ['-c', '1', '-W', '1', `${network}:1`])).rejects.toThrow();
      expect(await world.traveller.ping('10.71.0.1')).toMatchObject({ received: 3 });
      await world.down(full);
      await world.expectNothingLeft(full);
    },
  );

  it('table_off_adds_no_route_and_a_numbered_table_takes_them', async () => {
    const off = await world.importTunnel({ allowedIps: '10.71.0.0/24', extra: 'Table = off' });
    await world.up(off);
    expect(await world.traveller.ip('route show table all')).not.toContain('10.71.0.0/24');
    await world.down();
    const numbered = await world.importTunnel({
      allowedIps: '10.71.0.0/24, 0.0.0.0/0',
      extra: 'Table = 4242',
    });
    await world.up(numbered);
    const routes = (await world.traveller.ip('route show table 4242')).trim().split(/ *\n/).sort();
    expect(routes).toEqual([`10.71.0.0/24 dev ${numbered} scope link`, `default dev ${numbered} scope link`]);
    await world.down();
    await world.expectNothingLeft(numbered);
  });

  it('mtu_is_the_links_minus_80_and_follows_it_or_is_what_the_conf_says', async () => {
    const mtuOf = async (name: string) =>
      /mtu (\d+)/.exec(await world.traveller.ip(`link show ${name}`))?.[1];
    const measured = await world.importTunnel();
    await world.traveller.ip(`link set ${world.link.a.interface} mtu 1400`);
    await world.up(measured);
    expect(await mtuOf(measured)).toBe('1320');
    await world.traveller.ip(`link set ${world.link.a.interface} mtu 1500`);
    await waitFor(async () => (await mtuOf(measured)) === '1420', { what: 'the tunnel’s MTU to follow' });
    expect(await world.statusOf(measured)).toMatchObject({ mtu: 1_420 });
    await world.down();
    const given = await world.importTunnel({ extra: 'MTU = 1300' });
    await world.up(given);
    expect(await mtuOf(given)).toBe('1300');
  });

  it('without_an_endpoint_is_up_once_its_interface_is', async () => {
    const name = await world.importTunnel({ endpoint: null });
    const { code, stdout } = await world.wayfare('up', name);
    expect([code, stdout]).toEqual([0, expect.stringContaining('waits for its peer, which has no endpoint')]);
    expect(await world.statusOf(name)).toMatchObject({ state: 'connecting', loss: 'not-called' });
  });

  it('two_ups_at_once_and_a_third_are_one_tunnel', async () => {
    const name = await world.importTunnel();
    const both = await Promise.all([world.wayfare('up', name), world.wayfare('up', name)]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    await waitFor(async () => (await pidsIn(world.traveller)).length === 2, { what: 'one engine alone' });
    expect(await world.wayfare('up', name)).toMatchObject({
      code: 0,
      stdout: `${name} is connected already.\n`,
    });
    expect(await world.wayfare('remove', name)).toMatchObject({
      code: 1,
      stderr: `wayfare: the tunnel is connected, named ${name}, take it down first: wayfare down ${name}\n`,
    });
  });
});
