import { describe, expect, it } from 'vitest';
import { guardOf } from '../../../helper/tunnel/bring-up.ts';
import { DEFAULT_TUNNEL_SETTINGS } from '../../../helper/tunnel/settings.ts';
import { CONF, configOf, staying, until } from './fake-world.ts';
import { TunnelsWorld } from './tunnels-world.ts';

const FULL = CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 0.0.0.0/0');
const FULL_OF_IPV6 = CONF.replace(/AllowedIPs.*/, 'AllowedIPs = ::/0');
const LEFTOVERS_REMOVED = ['revertDns home', 'removeLeftRoutes ', 'removeLeftover home'];

const world = new TunnelsWorld();

/** After a helper that was killed while tunnels with these configs were up; some are gone, or another, since. */
async function resume(left: Record<string, string>, stored: Record<string, string> = left): Promise<void> {
  for (const [name, text] of Object.entries(stored)) await world.import(text, `${name}.conf`);
  const guards = Object.entries(left).map(
    ([name, text]) => [name, guardOf(configOf(text), DEFAULT_TUNNEL_SETTINGS)] as const,
  );
  await world.fake.world.protection.resume(new Map(guards));
  await world.tunnels.resume(guards.map(([name]) => name));
}

async function stateOf(name: string): Promise<string> {
  const { tunnels: all } = await world.tunnels.handlers.list({}, staying);
  return all.find((each) => each.name === name)?.state ?? 'unknown';
}

/** What nobody has taken over is removed after that. */
const untilStanding = () =>
  until(() => world.fake.done.includes('removeLeftRoutes ') && world.fake.clock.sleeperCount === 1);
const lossOf = async (name: string) =>
  (await world.tunnels.handlers.status({ name }, staying)).tunnels[0]?.loss ?? null;

describe('a tunnel that is gone on with', () => {
  it('stands without an answer, for as long as that takes, and is connected by one', async () => {
    world.fake.peerAnswers = false;
    world.fake.rxBytes = 0;
    await resume({ home: FULL });
    await untilStanding();
    expect([await stateOf('home'), await lossOf('home')]).toEqual(['connecting', 'no-answer']);
    world.fake.clock.advance(2 * 3_600_000);
    await until(() => world.fake.clock.sleeperCount === 1);
    expect(await stateOf('home')).toBe('connecting');
    const joined = world.up('home');
    await until(() => world.fake.clock.sleeperCount === 2);
    world.fake.rxBytes = 92;
    world.fake.clock.advance(1_000);
    expect(await joined).toEqual({ outcome: 'connected' });
    expect(await stateOf('home')).toBe('connected');
  });

  it('is called until its engine has called', async () => {
    world.fake.rxBytes = 0;
    world.fake.txBytes = 0;
    await resume({ home: FULL });
    await untilStanding();
    const calls = () => world.fake.done.filter((what) => what === 'initiate ').length;
    expect(calls()).toBe(1);
    world.fake.clock.advance(1_000);
    await until(() => calls() === 2);
  });

  it('stays guarded though its config asks for no guard any more, until down', async () => {
    await resume({ home: FULL }, { home: CONF });
    await until(() => world.fake.done.includes('setDns home 10.7.0.1'));
    expect(world.fake.world.protection.isClosed).toBe(true);
    await world.down('home');
    expect(world.fake.world.protection.isClosed).toBe(false);
  });

  it.each(['open', 'startEngine', 'setUp'])(
    'leaves nothing of its former life where it fails at %s, while another waits',
    async (deed) => {
      world.fake.failing = deed;
      world.fake.lookUp = () => new Promise(() => {});
      const waiting = CONF.replace('192.0.2.1:', 'vpn.example:').replace(
        /AllowedIPs.*/,
        'AllowedIPs = fd09::/64',
      );
      await resume({ home: FULL, other: waiting });
      await until(
        () => world.fake.done.includes('removeLeftover home') || world.fake.clock.sleeperCount === 3,
      );
      world.fake.clock.advance(500); // a failure waits for the news that the engine has died
      await until(() => world.fake.done.includes('removeLeftover home'));
      expect(world.fake.done.filter((what) => LEFTOVERS_REMOVED.includes(what))).toEqual(LEFTOVERS_REMOVED);
      await until(() => world.fake.world.protection.of('home')?.state === 'error');
      expect([await stateOf('home'), await stateOf('other')]).toEqual(['error', 'connecting']);
      expect(await world.down('home')).toMatchObject({ hasOpened: true, leftovers: [] });
    },
  );

  it('whose file is gone is an error, which down opens', async () => {
    await resume({ home: FULL }, {});
    await until(() => world.fake.world.protection.of('home')?.state === 'error');
    expect(world.fake.done.filter((what) => LEFTOVERS_REMOVED.includes(what))).toEqual(
      expect.arrayContaining(LEFTOVERS_REMOVED),
    );
    expect(await stateOf('home')).toBe('error');
    expect(await world.down('home')).toMatchObject({ hasOpened: true });
    expect(await stateOf('home')).toBe('unknown');
  });

  it('has its own failure, which another does not take over', async () => {
    await resume({ home: FULL, other: FULL_OF_IPV6 }, { other: FULL_OF_IPV6 });
    await until(() => world.fake.done.includes('setDns other 10.7.0.1'));
    expect(await stateOf('home')).toBe('error');
    expect(world.fake.world.protection.of('home')?.state).toBe('error');
  });

  it('gets no place beside another that takes all traffic', async () => {
    await resume({ home: FULL, other: FULL_OF_IPV6 });
    await until(() => world.fake.world.protection.of('other')?.state === 'error');
    expect([await stateOf('home'), await stateOf('other')]).not.toContain('unknown');
    const { tunnels: told } = await world.tunnels.handlers.status({ name: 'other' }, staying);
    expect(told[0]?.error?.what).toBe('only one tunnel at a time can take all traffic, and home is up');
    expect(world.fake.done).not.toContain('open other');
  });
});
