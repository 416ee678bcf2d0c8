import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMachineSettings } from '../../../helper/machine-settings.ts';
import { guardOf } from '../../../helper/tunnel/bring-up.ts';
import { DEFAULT_TUNNEL_SETTINGS } from '../../../helper/tunnel/settings.ts';
import { openTunnelStore } from '../../../helper/tunnel/store.ts';
import { Tunnels } from '../../../helper/tunnel/tunnels.ts';
import { CONF, configOf, FakeWorld, staying, until } from './fake-world.ts';

const FULL = CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 0.0.0.0/0');
const FULL_OF_IPV6 = CONF.replace(/AllowedIPs.*/, 'AllowedIPs = ::/0');
const LEFTOVERS_REMOVED = ['revertDns home', 'removeLeftRoutes ', 'removeLeftover home'];

let stateDir = '';
let fake = new FakeWorld();
let tunnels: Tunnels;

beforeEach(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'wayfare-resume-'));
  fake = new FakeWorld();
  tunnels = new Tunnels(await openTunnelStore(stateDir), await openMachineSettings(stateDir), fake.world);
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

/** After a helper that was killed while tunnels with these configs were up; some are gone, or another, since. */
async function resume(left: Record<string, string>, stored: Record<string, string> = left): Promise<void> {
  for (const [name, text] of Object.entries(stored)) {
    const content = Buffer.from(text).toString('base64');
    await tunnels.handlers.import({ fileName: `${name}.conf`, name, content }, staying);
  }
  const guards = Object.entries(left).map(
    ([name, text]) => [name, guardOf(configOf(text), DEFAULT_TUNNEL_SETTINGS)] as const,
  );
  await fake.world.protection.resume(new Map(guards));
  await tunnels.resume(guards.map(([name]) => name));
}

async function stateOf(name: string): Promise<string> {
  const { tunnels: all } = await tunnels.handlers.list({}, staying);
  return all.find((each) => each.name === name)?.state ?? 'unknown';
}

/** What nobody has taken over is removed after that. */
const untilStanding = () =>
  until(() => fake.done.includes('removeLeftRoutes ') && fake.clock.sleeperCount === 1);
const down = (name: string) => tunnels.handlers.down({ name }, staying);
const lossOf = async (name: string) =>
  (await tunnels.handlers.status({ name }, staying)).tunnels[0]?.loss ?? null;

describe('a tunnel that is gone on with', () => {
  it('stands without an answer, for as long as that takes, and is connected by one', async () => {
    fake.peerAnswers = false;
    fake.rxBytes = 0;
    await resume({ home: FULL });
    await untilStanding();
    expect([await stateOf('home'), await lossOf('home')]).toEqual(['connecting', 'no-answer']);
    fake.clock.advance(2 * 3_600_000);
    await until(() => fake.clock.sleeperCount === 1);
    expect(await stateOf('home')).toBe('connecting');
    const joined = tunnels.handlers.up(
      { name: 'home', timeoutSeconds: 30, replace: false, detached: false },
      staying,
    );
    await until(() => fake.clock.sleeperCount === 2);
    fake.rxBytes = 92;
    fake.clock.advance(1_000);
    expect(await joined).toEqual({ outcome: 'connected' });
    expect(await stateOf('home')).toBe('connected');
  });

  it('is called until its engine has called', async () => {
    fake.rxBytes = 0;
    fake.txBytes = 0;
    await resume({ home: FULL });
    await untilStanding();
    const calls = () => fake.done.filter((what) => what === 'initiate ').length;
    expect(calls()).toBe(1);
    fake.clock.advance(1_000);
    await until(() => calls() === 2);
  });

  it('stays guarded though its config asks for no guard any more, until down', async () => {
    await resume({ home: FULL }, { home: CONF });
    await until(() => fake.done.includes('setDns home 10.7.0.1'));
    expect(fake.world.protection.isClosed).toBe(true);
    await down('home');
    expect(fake.world.protection.isClosed).toBe(false);
  });

  it.each(['open', 'startEngine', 'setUp'])(
    'leaves nothing of its former life where it fails at %s, while another waits',
    async (deed) => {
      fake.failing = deed;
      fake.lookUp = () => new Promise(() => {});
      const waiting = CONF.replace('192.0.2.1:', 'vpn.example:').replace(
        /AllowedIPs.*/,
        'AllowedIPs = fd09::/64',
      );
      await resume({ home: FULL, other: waiting });
      await until(() => fake.done.includes('removeLeftover home') || fake.clock.sleeperCount === 3);
      fake.clock.advance(500); // a failure waits for the news that the engine has died
      await until(() => fake.done.includes('removeLeftover home'));
      expect(fake.done.filter((what) => LEFTOVERS_REMOVED.includes(what))).toEqual(LEFTOVERS_REMOVED);
      await until(() => fake.world.protection.of('home')?.state === 'error');
      expect([await stateOf('home'), await stateOf('other')]).toEqual(['error', 'connecting']);
      expect(await down('home')).toMatchObject({ hasOpened: true, leftovers: [] });
    },
  );

  it('whose file is gone is an error, which down opens', async () => {
    await resume({ home: FULL }, {});
    await until(() => fake.world.protection.of('home')?.state === 'error');
    expect(fake.done.filter((what) => LEFTOVERS_REMOVED.includes(what))).toEqual(
      expect.arrayContaining(LEFTOVERS_REMOVED),
    );
    expect(await stateOf('home')).toBe('error');
    expect(await down('home')).toMatchObject({ hasOpened: true });
    expect(await stateOf('home')).toBe('unknown');
  });

  it('has its own failure, which another does not take over', async () => {
    await resume({ home: FULL, other: FULL_OF_IPV6 }, { other: FULL_OF_IPV6 });
    await until(() => fake.done.includes('setDns other 10.7.0.1'));
    expect(await stateOf('home')).toBe('error');
    expect(fake.world.protection.of('home')?.state).toBe('error');
  });

  it('gets no place beside another that takes all traffic', async () => {
    await resume({ home: FULL, other: FULL_OF_IPV6 });
    await until(() => fake.world.protection.of('other')?.state === 'error');
    expect([await stateOf('home'), await stateOf('other')]).not.toContain('unknown');
    const { tunnels: told } = await tunnels.handlers.status({ name: 'other' }, staying);
    expect(told[0]?.error?.what).toBe('only one tunnel at a time can take all traffic, and home is up');
    expect(fake.done).not.toContain('open other');
  });
});
