import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { TunnelsEvent } from '../../../helper/ipc/contract.ts';
import { openMachineSettings } from '../../../helper/machine-settings.ts';
import { guardOf } from '../../../helper/tunnel/bring-up.ts';
import { DEFAULT_TUNNEL_SETTINGS } from '../../../helper/tunnel/settings.ts';
import { CONF, configOf, staying, until } from './fake-world.ts';
import { TunnelsWorld } from './tunnels-world.ts';

const world = new TunnelsWorld();

describe('a tunnel whose file is gone', () => {
  it('is shown and taken down while it is alive', async () => {
    await world.import(CONF);
    await world.up('home');
    rmSync(join(world.stateDir, 'tunnels', 'home.conf'));
    for (const name of ['home', null])
      expect((await world.tunnels.handlers.status({ name }, staying)).tunnels).toMatchObject([
        { name: 'home', state: 'connected', error: null, mtu: 1_420 },
      ]);
    expect(await world.tunnels.handlers.down({ name: 'home' }, staying)).toMatchObject({ names: ['home'] });
    expect(await world.names()).toEqual([]);
  });
});

describe('the verbs', () => {
  it('know no tunnel that is not stored', async () => {
    const { handlers } = world.tunnels;
    const name = 'nowhere';
    for (const attempt of [
      () => handlers.export({ name }, staying),
      () => handlers.remove({ name }, staying),
      () => world.up(name),
      () => handlers.down({ name }, staying),
      () => handlers.status({ name }, staying),
    ])
      await expect(attempt()).rejects.toThrow("there is no such tunnel, named nowhere, see 'wayfare list'");
  });

  it('do not remove a tunnel that is up', async () => {
    await world.import(CONF);
    await world.up('home');
    await expect(world.tunnels.handlers.remove({ name: 'home' }, staying)).rejects.toThrow(
      'the tunnel is connected, named home, take it down first: wayfare down home',
    );
    await world.tunnels.handlers.down({ name: 'home' }, staying);
    await world.tunnels.handlers.remove({ name: 'home' }, staying);
    expect(await world.names()).toEqual([]);
  });

  it('take down one, or all, and say which were up', async () => {
    for (const [i, name] of ['a', 'b', 'c'].entries())
      await world.import(CONF.replace(/AllowedIPs.*/, `AllowedIPs = 10.${i}.0.0/16`), 'x.conf', name);
    for (const name of ['a', 'b', 'c']) await world.up(name);
    const nothing = { names: [], leftovers: [], hasOpened: false };
    expect(await world.tunnels.handlers.down({ name: 'a' }, staying)).toEqual({ ...nothing, names: ['a'] });
    expect(await world.tunnels.handlers.down({ name: 'a' }, staying)).toEqual(nothing);
    expect(await world.tunnels.handlers.down({ name: null }, staying)).toEqual({
      ...nothing,
      names: ['b', 'c'],
    });
  });

  const full = CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 0.0.0.0/0');

  it('say that a failure leaves the machine closed, and that down has opened it', async () => {
    await world.import(full, 'x.conf', 'a');
    world.fake.failing = 'open';
    await expect(world.up('a')).rejects.toThrow(
      'open failed, tunnel a, mend it; the kill switch stays closed until: wayfare down a',
    );
    const outcome = { names: ['a'], leftovers: [], hasOpened: true };
    expect(await world.tunnels.handlers.down({ name: 'a' }, staying)).toEqual(outcome);
    world.fake.failing = '';
    await world.up('a');
    await world.tunnels.handlers.lockdown({ isOn: true }, staying);
    expect(await world.tunnels.handlers.down({ name: null }, staying)).toEqual({
      ...outcome,
      hasOpened: false,
    });
  });

  it.each([true, false])(
    'take last addresses for names where the kill switch is closed: %s',
    async (isOn) => {
      const named = full.replace('192.0.2.1:51820', 'vpn.example:51820');
      await world.import(named, 'x.conf', 'a');
      await world.tunnels.handlers.set(
        { name: 'a', killSwitch: isOn ? 'on' : 'off', allowLan: null },
        staying,
      );
      world.fake.lookUp = () => Promise.resolve(['192.0.2.7']);
      world.fake.failing = 'open';
      await expect(world.up('a')).rejects.toThrow('open failed');
      world.fake.failing = '';
      let asked = 0;
      world.fake.lookUp = () => {
        asked += 1;
        return Promise.resolve(['192.0.2.8']);
      };
      await world.up('a');
      expect(asked).toBe(isOn ? 0 : 1);
      expect(world.fake.world.protection.of('a')?.endpoints).toEqual([
        { address: isOn ? '192.0.2.7' : '192.0.2.8', port: 51_820, host: 'vpn.example' },
      ]);
    },
  );

  it.each([true, false])(
    'are resumed by their last addresses, without a question, with a kill switch: %s',
    async (killSwitch) => {
      await world.import(full.replace('192.0.2.1:51820', 'vpn.example:51820'), 'x.conf', 'a');
      await world.tunnels.handlers.set(
        { name: 'a', killSwitch: killSwitch ? 'on' : 'off', allowLan: null },
        staying,
      );
      world.fake.lookUp = () => Promise.resolve(['192.0.2.8']);
      const endpoints = [{ address: '192.0.2.7', port: 51_820, host: 'vpn.example' }];
      const guard = { ...guardOf(configOf(full), DEFAULT_TUNNEL_SETTINGS), killSwitch, endpoints };
      await world.fake.world.protection.resume(new Map([['a', guard]]));
      await world.tunnels.resume(['a']);
      await until(() => world.fake.done.includes('setDns a 10.7.0.1'));
      expect(world.fake.world.protection.of('a')?.endpoints).toEqual(endpoints);
    },
  );

  const upBy = (name: string, replace: boolean) =>
    world.tunnels.handlers.up({ name, timeoutSeconds: 30, replace, detached: false }, staying);

  it('bring up no two tunnels that claim one address', async () => {
    await world.import(CONF, 'x.conf', 'a');
    await world.import(CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 10.8.4.0/24'), 'x.conf', 'b');
    await world.up('a');
    await expect(world.up('b')).rejects.toMatchObject({
      message:
        'its allowed IPs meet those of a, which is up, tunnel b at 10.8.4.0/24, take that down first: wayfare down a; ' +
        'or let this one take its place: wayfare up b --replace',
      parts: { coded: { code: 'allowed-ips-taken', tunnel: 'b', other: 'a', prefix: '10.8.4.0/24' } },
    });
    await world.tunnels.handlers.down({ name: 'a' }, staying);
    expect(await world.up('b')).toEqual({ outcome: 'connected' });
  });

  it('bring up no two tunnels that take all traffic, though of different families', async () => {
    await world.import(full, 'x.conf', 'a');
    await world.import(full.replace('0.0.0.0/0', '::/0'), 'x.conf', 'b');
    await world.up('a');
    await expect(world.up('b')).rejects.toMatchObject({
      message:
        'only one tunnel at a time can take all traffic, and a is up, tunnel b, take that down first: ' +
        'wayfare down a; or let this one take its place: wayfare up b --replace',
      parts: { coded: { code: 'all-traffic-taken', other: 'a' } },
    });
    await upBy('b', true);
    expect((await world.tunnels.handlers.list({}, staying)).tunnels).toEqual([
      { name: 'a', state: 'disconnected' },
      { name: 'b', state: 'connected' },
    ]);
  });

  it('say that a name was not asked for anew, where nobody answers at its last address', async () => {
    await world.import(full.replace('192.0.2.1:51820', 'vpn.example:51820'), 'x.conf', 'a');
    world.fake.lookUp = () => Promise.resolve(['192.0.2.7']);
    world.fake.peerAnswers = false;
    const outcome = async () => {
      const attempt = world.up('a').catch((error: Error) => error.message);
      await until(() => world.fake.clock.sleeperCount === 2);
      world.fake.clock.advance(30_000);
      return attempt;
    };
    expect(await outcome()).toContain('check the endpoint, the keys');
    expect(await outcome()).toContain(
      'its name was not asked for anew while the kill switch is closed: give the endpoint as an address, ' +
        'or take the tunnel down first',
    );
  });

  it('leave the machine as it was where whoever asked has gone before it begins', async () => {
    await world.import(full, 'x.conf', 'a');
    await world.import(full, 'x.conf', 'b');
    await world.tunnels.handlers.set({ name: 'a', killSwitch: 'off', allowLan: null }, staying);
    await world.up('a');
    const gone = new AbortController();
    const attempt = world.tunnels.handlers.up(
      { name: 'b', timeoutSeconds: 30, replace: true, detached: false },
      gone.signal,
    );
    const outcome = attempt.catch((error: Error) => error.message);
    await until(
      () => world.fake.done.at(-1)?.startsWith('guard') === true && world.fake.world.protection.isClosed,
    );
    gone.abort();
    expect(await outcome).toBe('it was cancelled, tunnel b');
    expect(world.fake.world.protection.of('b')).toBeNull();
    expect(world.fake.world.protection.isClosed).toBe(false);
  });

  it('leave no guard where what it would take from another cannot be held', async () => {
    await world.import(CONF, 'x.conf', 'a');
    await world.import(CONF, 'x.conf', 'b');
    await world.up('a');
    world.fake.failing = 'hold';
    await expect(upBy('b', true)).rejects.toThrow('hold failed');
    expect(world.fake.world.protection.of('b')).toBeNull();
  });

  it('let one tunnel take the place of another without a moment unguarded', async () => {
    await world.import(full, 'x.conf', 'a');
    await world.import(full, 'x.conf', 'b');
    await world.up('a');
    world.fake.done.length = 0;
    expect(await upBy('b', true)).toEqual({ outcome: 'connected' });
    const guards = world.fake.done.filter((what) => /guard|open|close/.test(what));
    expect(guards.slice(0, 2)).toEqual(['guard a connecting, null connecting', 'close a']);
    expect(guards).not.toContain('unguard ');
    expect((await world.tunnels.handlers.list({}, staying)).tunnels).toEqual([
      { name: 'a', state: 'disconnected' },
      { name: 'b', state: 'connected' },
    ]);
  });

  it('hold what a tunnel without a kill switch takes from another until its own routes stand', async () => {
    await world.import(CONF, 'x.conf', 'a');
    await world.import(CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 10.8.4.0/24, 10.9.0.0/16'), 'x.conf', 'b');
    await world.up('a');
    world.fake.done.length = 0;
    await upBy('b', true);
    expect(world.fake.done.filter((what) => /hold|release|close|setTunnelRoutes/.test(what))).toEqual([
      'hold b 10.8.4.0/24',
      'close a',
      'setTunnelRoutes 10.8.4.0/24 10.9.0.0/16',
      'release b',
    ]);
    world.fake.failing = 'open';
    await expect(upBy('a', true)).rejects.toThrow();
    expect(world.fake.done.at(-1)).toBe('release a');
  });

  it('change what guards a tunnel at once, and keep it', async () => {
    await world.import(full, 'x.conf', 'a');
    await world.up('a');
    world.fake.done.length = 0;
    await world.tunnels.handlers.set({ name: 'a', killSwitch: 'off', allowLan: true }, staying);
    expect(world.fake.done).toEqual(['guard a connecting', 'setAllowLan true']);
    expect(world.fake.world.protection.of('a')).toMatchObject({ killSwitch: false, allowLan: true });
    await world.tunnels.handlers.set({ name: 'a', killSwitch: 'automatic', allowLan: null }, staying);
    expect(world.fake.world.protection.of('a')).toMatchObject({ killSwitch: true, allowLan: true });
    const { tunnels: told } = await world.tunnels.handlers.status({ name: 'a' }, staying);
    expect(told[0]).toMatchObject({ killSwitch: 'automatic', allowLan: true });
  });

  it('close the machine for good, and open it', async () => {
    const isClosed = async () => (await world.tunnels.handlers.status({ name: null }, staying)).isClosed;
    await world.tunnels.handlers.lockdown({ isOn: true }, staying);
    expect([await isClosed(), (await (await openMachineSettings(world.stateDir)).read()).lockdown]).toEqual([
      true,
      true,
    ]);
    await world.tunnels.handlers.lockdown({ isOn: false }, staying);
    expect([await isClosed(), (await (await openMachineSettings(world.stateDir)).read()).lockdown]).toEqual([
      false,
      false,
    ]);
    await world.tunnels.handlers.lockdown({ isOn: true }, staying);
    await world.tunnels.handlers.reset({}, staying);
    expect(await isClosed()).toBe(false);
  });

  it('tell what is changed of the machine and of a tunnel that is down', async () => {
    await world.import(full, 'x.conf', 'a');
    const heard: TunnelsEvent[] = [];
    await world.tunnels.events.tunnels.subscribe((event) => heard.push(event), staying);
    const machine = (lockdown: boolean, isClosed: boolean) => ({
      event: 'machine-state',
      lockdown,
      isClosed,
    });
    expect(heard.splice(0)).toMatchObject([machine(false, false), { name: 'a' }]);
    await world.tunnels.handlers.lockdown({ isOn: true }, staying);
    await world.tunnels.handlers.lockdown({ isOn: true }, staying);
    await world.tunnels.handlers.set({ name: 'a', killSwitch: 'on', allowLan: null }, staying);
    await world.tunnels.handlers.reset({}, staying);
    expect(heard.splice(0)).toMatchObject([machine(true, true), { name: 'a' }, machine(false, false)]);
    world.fake.failing = 'open';
    await world.up('a').catch(() => {}); // its kill switch stays closed
    heard.length = 0;
    await world.tunnels.handlers.down({ name: 'a' }, staying);
    expect(heard.at(-1)).toMatchObject(machine(false, false));
  });

  it('keep closed what was closed when whoever asked for more has gone', async () => {
    await world.import(full, 'x.conf', 'a');
    await world.import(full, 'x.conf', 'b');
    await world.up('a');
    world.fake.peerAnswers = false;
    const gone = new AbortController();
    const attempt = world.tunnels.handlers
      .up({ name: 'b', timeoutSeconds: 30, replace: true, detached: false }, gone.signal)
      .catch((error: Error) => error.message);
    await until(() => world.fake.done.at(-1) === 'initiate ' && world.fake.done.includes('close a'));
    gone.abort();
    expect(await attempt).toContain('it was cancelled, tunnel b');
    expect(world.fake.world.protection.isClosed).toBe(true);
    expect((await world.tunnels.handlers.status({ name: 'b' }, staying)).tunnels[0]).toMatchObject({
      state: 'error',
    });
    await world.tunnels.handlers.down({ name: 'b' }, staying);
    expect(world.fake.world.protection.isClosed).toBe(false);
  });

  it('bring a tunnel up to the end that its client has left to itself', async () => {
    await world.import(CONF, 'x.conf', 'a');
    world.fake.peerAnswers = false;
    const gone = new AbortController();
    const request = { name: 'a', timeoutSeconds: 30, replace: false, detached: true };
    const attempt = world.tunnels.handlers.up(request, gone.signal);
    await until(() => world.fake.done.at(-1) === 'initiate ');
    gone.abort();
    world.fake.peerAnswers = true;
    world.fake.clock.advance(1_000);
    expect(await attempt).toEqual({ outcome: 'connected' });
  });

  it('let two that are asked for at once not both take one place', async () => {
    await world.import(full, 'x.conf', 'a');
    await world.import(full, 'x.conf', 'b');
    const outcomes = await Promise.allSettled([upBy('a', true), upBy('b', true)]);
    expect(outcomes.map(({ status }) => status)).toContain('fulfilled');
    const { tunnels: states } = await world.tunnels.handlers.list({}, staying);
    expect(states.filter(({ state }) => state === 'connected')).toHaveLength(1);
  });

  it('remove no tunnel that comes up meanwhile', async () => {
    await world.import(CONF, 'x.conf', 'a');
    const [removed, upped] = await Promise.allSettled([
      world.tunnels.handlers.remove({ name: 'a' }, staying),
      upBy('a', false),
    ]);
    expect([removed.status, upped.status]).toEqual(['fulfilled', 'rejected']);
    expect(world.fake.done).toEqual([]);
  });

  it('bring nothing up once the helper stops', async () => {
    await world.import(CONF);
    await world.up('home');
    const late = world.up('home');
    await world.tunnels.close();
    await late.catch(() => {}); // whether it was in time or not, nothing may stand now
    await expect(world.up('home')).rejects.toThrow('the helper is stopping');
    expect((await world.tunnels.handlers.list({}, staying)).tunnels).toEqual([
      { name: 'home', state: 'disconnected' },
    ]);
  });
});
