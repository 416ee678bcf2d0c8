import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONF, PEER_KEY, PRIVATE_KEY, staying, until } from './fake-world.ts';
import { TunnelsWorld } from './tunnels-world.ts';

const world = new TunnelsWorld();

describe('status', () => {
  const status = async () => (await world.tunnels.handlers.status({ name: null }, staying)).tunnels[0];

  it('shows the config of a tunnel at rest', async () => {
    await world.import(CONF);
    expect(await status()).toEqual({
      name: 'home',
      state: 'disconnected',
      loss: null,
      error: null,
      interface: null,
      publicKey: 'HIgo9xNzJMWLKASShiTqIybxZ0U3wGLiUeJ1PKf8ykw=',
      listenPort: null,
      addresses: ['10.7.0.2/24', 'fd07::2/64'],
      dns: ['10.7.0.1', 'home.example'],
      mtu: null,
      isFullTunnel: false,
      hasRoutes: true,
      killSwitch: 'automatic',
      isGuarded: false,
      allowLan: false,
      connectedSince: null,
      rxBytes: 0,
      txBytes: 0,
      peers: [
        {
          publicKey: PEER_KEY,
          endpoint: '192.0.2.1:51820',
          allowedIps: ['10.7.0.0/24', '10.8.0.0/16'],
          latestHandshake: null,
          rxBytes: 0,
          txBytes: 0,
          persistentKeepalive: 25,
        },
      ],
    });
  });

  it('shows what the engine knows while it is up, and no secret', async () => {
    await world.import(CONF);
    await world.up('home');
    expect(await status()).toMatchObject({
      state: 'connected',
      interface: 'home',
      listenPort: 4_242,
      mtu: 1_420,
      connectedSince: 1_800_000_000,
      rxBytes: 92,
      txBytes: 148,
      peers: [{ publicKey: PEER_KEY, latestHandshake: 1_800_000_000 }],
    });
    expect(JSON.stringify([await status(), world.fake.logged])).not.toContain(PRIVATE_KEY);
  });

  it('shows why a tunnel failed', async () => {
    await world.import(CONF);
    world.fake.failing = 'open';
    await expect(world.up('home')).rejects.toThrow('open failed');
    expect(await status()).toMatchObject({
      state: 'error',
      error: { cause: 'open-tun', what: 'open failed', where: 'tunnel home', advice: 'mend it' },
    });
  });

  it('shows a tunnel while it connects', async () => {
    await world.import(CONF);
    world.fake.peerAnswers = false;
    const attempt = world.up('home').catch(() => {}); // it is cancelled below
    await until(() => world.fake.clock.sleeperCount === 2);
    expect(await status()).toMatchObject({ state: 'connecting', interface: 'home', connectedSince: null });
    await world.tunnels.handlers.down({ name: 'home' }, staying);
    await attempt;
  });

  it('names a stored file that somebody broke, and shows the others', async () => {
    await world.import(CONF);
    writeFileSync(join(world.stateDir, 'tunnels', 'odd.conf'), 'garbage', { mode: 0o600 });
    const { tunnels: all } = await world.tunnels.handlers.status({ name: null }, staying);
    expect(all.map(({ name, error }) => [name, error?.cause ?? null])).toEqual([
      ['home', null],
      ['odd', 'read-config'],
    ]);
    await expect(world.up('odd')).rejects.toThrow(/line 1: .* in odd\.conf/);
  });
});
