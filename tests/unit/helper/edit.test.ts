import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ResultOf, TunnelsEvent } from '../../../helper/ipc/contract.ts';
import { CONF, staying } from './fake-world.ts';
import { TunnelsWorld } from './tunnels-world.ts';

const OTHER_CONF = CONF.replace('10.7.0.2/24', '10.7.0.9/24');

const world = new TunnelsWorld();

beforeEach(() => world.import(CONF));

const stored = (name: string) => readFileSync(join(world.stateDir, 'tunnels', `${name}.conf`), 'utf8');
/** @param base the digest of what was read; null: overwrites whatever is stored */
function edit(newName = 'home', text = OTHER_CONF, base: string | null = null): Promise<ResultOf<'edit'>> {
  const content = Buffer.from(text).toString('base64');
  return world.tunnels.handlers.edit({ name: 'home', newName, content, base }, staying);
}
const digest = async () => (await world.tunnels.handlers.export({ name: 'home' }, staying)).digest;
const statusOf = async (name: string) => (await world.tunnels.handlers.status({ name }, staying)).tunnels[0];
const trafficOf = (name: string) => world.tunnels.handlers.traffic({ name, span: '24h' }, staying);

describe('an edited tunnel', () => {
  it('has the new config, and what was set beside the old one', async () => {
    await world.tunnels.handlers.set({ name: 'home', killSwitch: 'off', allowLan: true }, staying);
    expect(await edit()).toMatchObject({ name: 'home', addresses: ['10.7.0.9/24', 'fd07::2/64'] });
    expect((await world.tunnels.handlers.export({ name: 'home' }, staying)).config).toContain('10.7.0.9/24');
    expect(await statusOf('home')).toMatchObject({
      addresses: ['10.7.0.9/24', 'fd07::2/64'],
      killSwitch: 'off',
      allowLan: true,
    });
  });

  it('is called by its new name, with all that was set and counted, and is told of', async () => {
    await world.tunnels.handlers.set({ name: 'home', killSwitch: 'on', allowLan: null }, staying);
    await world.up('home');
    await world.down(null);
    const heard: TunnelsEvent[] = [];
    await world.tunnels.events.tunnels.subscribe((event) => heard.push(event), staying);
    heard.length = 0;
    expect(await edit('office')).toMatchObject({ name: 'office' });
    expect(await world.names()).toEqual(['office']);
    expect(await statusOf('office')).toMatchObject({
      addresses: ['10.7.0.9/24', 'fd07::2/64'],
      killSwitch: 'on',
    });
    expect(await trafficOf('office')).toMatchObject({ session: { rxBytes: 92 }, months: [{ rxBytes: 92 }] });
    expect(heard).toEqual([
      { event: 'tunnel-removed', name: 'home', newName: 'office' },
      { event: 'tunnel-state', name: 'office', state: 'disconnected', error: null },
    ]);
    await expect(trafficOf('home')).rejects.toThrow('there is no such tunnel, named home');
  });

  it('goes on as it is while it is up, and is the new one from its next connection on', async () => {
    await world.up('home');
    world.fake.done.length = 0;
    await edit();
    expect(world.fake.done).toEqual([]);
    expect(await statusOf('home')).toMatchObject({
      state: 'connected',
      addresses: ['10.7.0.2/24', 'fd07::2/64'],
    });
    await world.down(null);
    await world.up('home');
    expect(world.fake.done).toContain('setAddresses 10.7.0.9/24 fd07::2/64');
  });
});

describe('a tunnel that somebody else has edited meanwhile', () => {
  it.each(['home', 'office'])('is not overwritten by who did not read that, as %s', async (newName) => {
    const read = await digest();
    await edit();
    const before = stored('home');
    await expect(edit(newName, CONF, read)).rejects.toThrow(
      'the tunnel was changed meanwhile, named home, see what is stored now, and change that: wayfare export home',
    );
    expect([stored('home'), await world.names()]).toEqual([before, ['home']]);
  });

  it('is overwritten by who has read it since, or has stored it, or does not care', async () => {
    const first = await digest();
    const { digest: second } = await edit('home', OTHER_CONF, first);
    expect(second).toBe(await digest());
    await edit('home', CONF, second);
    expect(await digest()).toBe(first);
    await edit('home', OTHER_CONF, null);
    expect(await digest()).toBe(second);
  });

  it('is the same to who has only seen other settings', async () => {
    const read = await digest();
    await world.tunnels.handlers.set({ name: 'home', killSwitch: 'on', allowLan: true }, staying);
    expect(await edit('home', OTHER_CONF, read)).toMatchObject({ addresses: ['10.7.0.9/24', 'fd07::2/64'] });
  });
});

describe('what cannot be edited stays as it was stored', () => {
  it.each([
    ['a line that is none', `${CONF}Endpont = x\n`, /line 11: .*, in home\.conf$/],
    ['a value that is none', CONF.replace('10.7.0.2/24', '10.7.0.2/99'), /line 3: .*, in home\.conf$/],
    ['nothing', '', /line 1: there is no \[Interface\]/],
  ])('%s', async (_, text, refusal) => {
    const before = stored('home');
    await expect(edit('home', text)).rejects.toThrow(refusal);
    expect(stored('home')).toBe(before);
  });

  it('a name that is taken', async () => {
    await world.import(CONF, 'office.conf');
    const before = [stored('home'), stored('office')];
    await expect(edit('office')).rejects.toThrow('a tunnel of this name exists, named office');
    expect([stored('home'), stored('office')]).toEqual(before);
  });

  it('the name of a tunnel that is up', async () => {
    await world.up('home');
    const before = stored('home');
    await expect(edit('office')).rejects.toThrow(
      'the tunnel is connected, named home, take it down first: wayfare down home',
    );
    expect([stored('home'), await world.names()]).toEqual([before, ['home']]);
  });

  it('a tunnel that is not there', async () => {
    const content = Buffer.from(CONF).toString('base64');
    for (const newName of ['nowhere', 'other'])
      await expect(
        world.tunnels.handlers.edit({ name: 'nowhere', newName, content, base: null }, staying),
      ).rejects.toThrow('there is no such tunnel, named nowhere');
    expect(await world.names()).toEqual(['home']);
  });
});

describe('the traffic of a tunnel', () => {
  it('is forgotten with it, and is not another tunnel’s of the same name', async () => {
    await world.up('home');
    await world.down(null);
    expect(world.fake.savedTraffic.has('home')).toBe(true);
    await world.tunnels.handlers.remove({ name: 'home' }, staying);
    expect(world.fake.savedTraffic.has('home')).toBe(false);
    await world.import(CONF);
    expect(await trafficOf('home')).toMatchObject({ session: null, months: [] });
  });

  it('of one whose file was taken away by hand is not the next one’s', async () => {
    await world.up('home');
    await world.down(null);
    rmSync(join(world.stateDir, 'tunnels', 'home.conf'));
    await world.import(CONF);
    expect(await trafficOf('home')).toMatchObject({ session: null, months: [] });
  });
});
