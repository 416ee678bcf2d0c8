import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TunnelsEvent } from '../../../helper/ipc/contract.ts';
import { openMachineSettings } from '../../../helper/machine-settings.ts';
import { openTunnelStore } from '../../../helper/tunnel/store.ts';
import { Tunnels } from '../../../helper/tunnel/tunnels.ts';
import { CONF, FakeWorld, staying } from './fake-world.ts';

const OTHER_CONF = CONF.replace('10.7.0.2/24', '10.7.0.9/24');

let stateDir = '';
let fake = new FakeWorld();
let tunnels: Tunnels;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'wayfare-edit-'));
  fake = new FakeWorld();
  tunnels = new Tunnels(await openTunnelStore(stateDir), await openMachineSettings(stateDir), fake.world);
  await importing('home');
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');
const stored = (name: string) => readFileSync(join(stateDir, 'tunnels', `${name}.conf`), 'utf8');
const importing = (name: string, text = CONF) =>
  tunnels.handlers.import({ fileName: 'x.conf', name, content: base64(text) }, staying);
const edit = (newName = 'home', text = OTHER_CONF) =>
  tunnels.handlers.edit({ name: 'home', newName, content: base64(text) }, staying);
const up = (name: string) =>
  tunnels.handlers.up({ name, timeoutSeconds: 30, replace: false, detached: false }, staying);
const down = () => tunnels.handlers.down({ name: null }, staying);
const statusOf = async (name: string) => (await tunnels.handlers.status({ name }, staying)).tunnels[0];
const trafficOf = (name: string) => tunnels.handlers.traffic({ name, span: '24h' }, staying);
const names = async () => (await tunnels.handlers.list({}, staying)).tunnels.map(({ name }) => name);

describe('an edited tunnel', () => {
  it('has the new config, and what was set beside the old one', async () => {
    await tunnels.handlers.set({ name: 'home', killSwitch: 'off', allowLan: true }, staying);
    expect(await edit()).toMatchObject({ name: 'home', addresses: ['10.7.0.9/24', 'fd07::2/64'] });
    expect((await tunnels.handlers.export({ name: 'home' }, staying)).config).toContain('10.7.0.9/24');
    expect(await statusOf('home')).toMatchObject({
      addresses: ['10.7.0.9/24', 'fd07::2/64'],
      killSwitch: 'off',
      allowLan: true,
    });
  });

  it('is called by its new name, with all that was set and counted, and is told of', async () => {
    await tunnels.handlers.set({ name: 'home', killSwitch: 'on', allowLan: null }, staying);
    await up('home');
    await down();
    const heard: TunnelsEvent[] = [];
    await tunnels.events.tunnels.subscribe((event) => heard.push(event), staying);
    heard.length = 0;
    expect(await edit('office')).toMatchObject({ name: 'office' });
    expect(await names()).toEqual(['office']);
    expect(await statusOf('office')).toMatchObject({
      addresses: ['10.7.0.9/24', 'fd07::2/64'],
      killSwitch: 'on',
    });
    expect(await trafficOf('office')).toMatchObject({ session: { rxBytes: 92 }, months: [{ rxBytes: 92 }] });
    expect(heard).toEqual([
      { event: 'tunnel-removed', name: 'home' },
      { event: 'tunnel-state', name: 'office', state: 'disconnected', error: null },
    ]);
    await expect(trafficOf('home')).rejects.toThrow('there is no such tunnel, named home');
  });

  it('goes on as it is while it is up, and is the new one from its next connection on', async () => {
    await up('home');
    fake.done.length = 0;
    await edit();
    expect(fake.done).toEqual([]);
    expect(await statusOf('home')).toMatchObject({
      state: 'connected',
      addresses: ['10.7.0.2/24', 'fd07::2/64'],
    });
    await down();
    await up('home');
    expect(fake.done).toContain('setAddresses 10.7.0.9/24 fd07::2/64');
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
    await importing('office');
    const before = [stored('home'), stored('office')];
    await expect(edit('office')).rejects.toThrow('a tunnel of this name exists, named office');
    expect([stored('home'), stored('office')]).toEqual(before);
  });

  it('the name of a tunnel that is up', async () => {
    await up('home');
    const before = stored('home');
    await expect(edit('office')).rejects.toThrow(
      'the tunnel is connected, named home, take it down first: wayfare down home',
    );
    expect([stored('home'), await names()]).toEqual([before, ['home']]);
  });

  it('a tunnel that is not there', async () => {
    for (const newName of ['nowhere', 'other'])
      await expect(
        tunnels.handlers.edit({ name: 'nowhere', newName, content: base64(CONF) }, staying),
      ).rejects.toThrow('there is no such tunnel, named nowhere');
    expect(await names()).toEqual(['home']);
  });
});

describe('the traffic of a tunnel', () => {
  it('is forgotten with it, and is not another tunnel’s of the same name', async () => {
    await up('home');
    await down();
    expect(fake.savedTraffic.has('home')).toBe(true);
    await tunnels.handlers.remove({ name: 'home' }, staying);
    expect(fake.savedTraffic.has('home')).toBe(false);
    await importing('home');
    expect(await trafficOf('home')).toMatchObject({ session: null, months: [] });
  });

  it('of one whose file was taken away by hand is not the next one’s', async () => {
    await up('home');
    await down();
    rmSync(join(stateDir, 'tunnels', 'home.conf'));
    await importing('home');
    expect(await trafficOf('home')).toMatchObject({ session: null, months: [] });
  });
});
