import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONF, configOf, PEER_KEY, PRIVATE_KEY, staying } from './fake-world.ts';
import { TunnelsWorld } from './tunnels-world.ts';

const world = new TunnelsWorld();

describe('import', () => {
  it('tells what it found, and keeps hooks as text', async () => {
    const summary = await world.import(CONF.replace('[Peer]', 'PostUp = touch /tmp/owned # %i\n[Peer]'));
    expect(summary).toMatchObject({
      name: 'home',
      addresses: ['10.7.0.2/24', 'fd07::2/64'],
      dns: ['10.7.0.1', 'home.example'],
      peers: [
        { publicKey: PEER_KEY, endpoint: '192.0.2.1:51820', allowedIps: ['10.7.0.0/24', '10.8.0.0/16'] },
      ],
      hooks: [{ key: 'PostUp', text: 'touch /tmp/owned # %i' }],
    });
    expect(summary.warnings.map(({ kind }) => kind)).toContain('hooks-not-run');
    expect(JSON.stringify(summary)).not.toContain(PRIVATE_KEY);
  });

  it('gives back by export what was imported', async () => {
    await world.import(CONF);
    const { config } = await world.tunnels.handlers.export({ name: 'home' }, staying);
    expect(JSON.stringify(configOf(config))).toBe(JSON.stringify(configOf(CONF)));
    expect(config).toContain(PRIVATE_KEY);
  });

  it('stores nothing of a broken file, and names file and line', async () => {
    await expect(world.import(`${CONF}Endpont = x\n`, 'odd.conf')).rejects.toThrow(
      /line 11: .*, in odd\.conf$/,
    );
    expect(readdirSync(join(world.stateDir, 'tunnels'))).toEqual([]);
  });

  it('refuses a name that exists, given or taken from the file', async () => {
    await world.import(CONF);
    await expect(world.import(CONF)).rejects.toThrow(
      'a tunnel of this name exists, named home, choose another with --name, or remove it first',
    );
    await expect(world.import(CONF, 'other.conf', 'home')).rejects.toThrow('a tunnel of this name exists');
    expect(await world.names()).toEqual(['home']);
    expect((await world.import(CONF, 'home.conf', 'home2')).name).toBe('home2');
  });

  it('makes a valid name of a file that has none, with a suffix where that is taken', async () => {
    expect((await world.import(CONF, 'Büro Köln.conf')).name).toBe('Buro-Koln');
    expect((await world.import(CONF, 'Büro Köln.conf')).name).toBe('Buro-Koln-2');
  });
});

describe('a file that cannot be stored', () => {
  it('is refused where it would be too long to be read again', async () => {
    const bare = Array.from({ length: 75_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`).join(
      ',',
    );
    await expect(world.import(CONF.replace('10.7.0.0/24, 10.8.0.0/16', bare))).rejects.toThrow(
      /^written out in full the tunnel takes \d+ bytes, and 1048576 are the most, in home\.conf, join its allowed IPs/,
    );
    expect(readdirSync(join(world.stateDir, 'tunnels'))).toEqual([]);
  });

  it('is refused where it says nothing', async () => {
    for (const text of ['', '\n', '# nothing'])
      await expect(world.import(text)).rejects.toThrow(
        "line 1: there is no [Interface] and no [Peer]; check that this is a tunnel's file, in home.conf",
      );
  });
});
