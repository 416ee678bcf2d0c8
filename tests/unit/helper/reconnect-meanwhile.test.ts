/** What happens while a tunnel is reconnected: others ask for something, its engine dies, the helper is stopped. */
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { ResultOf } from '../../../helper/ipc/contract.ts';
import { CONF, staying, until } from './fake-world.ts';
import { TunnelsWorld } from './tunnels-world.ts';

const FULL = CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 0.0.0.0/0');
const NAMED = FULL.replace('192.0.2.1:', 'vpn.example:');
const ORDER = { name: 'home', timeoutSeconds: 30, detached: false };

const world = new TunnelsWorld();

function edit(text: string): Promise<ResultOf<'edit'>> {
  const content = Buffer.from(text).toString('base64');
  return world.tunnels.handlers.edit({ name: 'home', newName: 'home', content, base: null }, staying);
}
const reconnect = (departed = staying) => world.tunnels.handlers.reconnect(ORDER, departed);
const told = (attempt: Promise<unknown>) => attempt.catch((error: Error) => error.message);
const guard = () => world.fake.world.protection.of('home');
const stateOf = async (name: string) =>
  (await world.tunnels.handlers.status({ name }, staying)).tunnels[0]?.state;
const done = (wanted: RegExp) => world.fake.done.filter((what) => wanted.test(what));

/** Lets whatever can go on do so. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await turn();
}

function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** Whenever a name is asked for, `done` has whether the kill switch was closed. */
function noteLookUps(): void {
  world.fake.lookUp = async () => {
    world.fake.done.push(world.fake.world.protection.isClosed ? 'asked' : 'asked in the open');
    return ['192.0.2.7'];
  };
}

/** Once, when the guard of the reconnection is set: what goes on before, and right after it. */
function atGuard({ before = async () => {}, after = () => {} }): void {
  const { protection } = world.fake.world;
  const set = protection.set.bind(protection);
  protection.set = async (name, tunnel) => {
    protection.set = set;
    await before();
    await set(name, tunnel);
    after();
    await settle();
  };
}

describe('a reconnection', () => {
  it('does not undo a down that came after it', async () => {
    await world.import(FULL);
    await world.up('home');
    await edit(NAMED);
    const answer = gate();
    world.fake.lookUp = () => answer.passed.then(() => ['192.0.2.7']);
    const attempt = told(reconnect());
    await settle();
    expect(await world.down('home')).toMatchObject({ hasOpened: true });
    answer.open();
    expect(await attempt).toContain('it was cancelled, tunnel home');
    expect([await stateOf('home'), guard()]).toEqual(['disconnected', null]);
  });

  it('keeps what it holds though the attempt before it ends', async () => {
    await world.import(CONF);
    world.fake.peerAnswers = false;
    const first = told(world.up('home'));
    await until(() => done(/initiate/).length === 1);
    world.fake.done.length = 0;
    world.fake.peerAnswers = true;
    await reconnect();
    await first;
    const [hold, close, routes, release, ...rest] = done(/hold|release|close|setTunnelRoutes/);
    expect([hold, close, routes, release, rest]).toEqual([
      expect.stringMatching(/^hold home/),
      'close home',
      expect.stringMatching(/^setTunnelRoutes/),
      'release home',
      [],
    ]);
  });

  it('leaves a tunnel alone whose caller has gone before its turn', async () => {
    await world.import(CONF);
    await world.up('home');
    await world.import(CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 10.9.0.0/16'), 'other.conf');
    await world.up('other');
    const reverted = gate();
    Object.assign(world.fake.world.dns, { revert: () => reverted.passed });
    world.fake.done.length = 0;
    const downing = world.down('home');
    await settle();
    const gone = new AbortController();
    const attempt = told(world.tunnels.handlers.reconnect({ ...ORDER, name: 'other' }, gone.signal));
    await settle();
    gone.abort();
    reverted.open();
    await downing;
    expect(await attempt).toContain('it was cancelled, tunnel other');
    expect(done(/close other|stopEngine other/)).toEqual([]);
  });

  it('stays guarded where its engine dies for good meanwhile', async () => {
    await world.import(FULL);
    await world.up('home');
    await edit(NAMED);
    noteLookUps();
    world.fake.done.length = 0;
    Object.assign(world.fake.world.routes, { release: settle }); // its queue has other work
    atGuard({ after: () => world.fake.killEngine('exit code 1') });
    await told(reconnect());
    expect(done(/unguard|in the open/)).toEqual([]);
    expect(guard()).toMatchObject({ killSwitch: true });
  });

  it('stays guarded where the caller of the attempt before it leaves meanwhile', async () => {
    await world.import(NAMED);
    noteLookUps();
    world.fake.peerAnswers = false;
    const gone = new AbortController();
    const first = told(world.tunnels.handlers.up({ ...ORDER, replace: false }, gone.signal));
    await until(() => done(/initiate/).length === 1);
    world.fake.done.length = 0;
    world.fake.peerAnswers = true;
    atGuard({ after: () => gone.abort() });
    expect(await reconnect()).toEqual({ outcome: 'connected' });
    await first;
    expect(done(/unguard|in the open/)).toEqual([]);
  });

  it('does not open a kill switch that a person closes meanwhile', async () => {
    await world.import(FULL);
    await world.tunnels.handlers.set({ name: 'home', killSwitch: 'off', allowLan: null }, staying);
    await world.up('home');
    const { protection } = world.fake.world;
    const settings = { name: 'home', killSwitch: 'on' as const, allowLan: null };
    let isSet = false;
    let isOpenedAgain = false;
    let setting: Promise<unknown> = Promise.resolve();
    atGuard({
      before: () => {
        setting = world.tunnels.handlers.set(settings, staying).then(() => {
          isSet = true;
        });
        return Promise.race([setting.then(() => {}), delay(100)]); // its turn comes later
      },
      after: () => {
        isOpenedAgain = isSet && !protection.isClosed;
      },
    });
    await reconnect();
    await setting;
    expect([isOpenedAgain, protection.isClosed]).toEqual([false, true]);
  });

  it.each([
    ['closed', CONF, () => world.tunnels.close()],
    ['closed', FULL, () => world.tunnels.close()],
    ['left to the next', FULL, () => world.tunnels.abandon()],
  ])('brings nothing up in a helper that is %s', async (_, conf, end) => {
    await world.import(conf);
    await world.up('home');
    const reverted = gate();
    Object.assign(world.fake.world.dns, { revert: () => reverted.passed });
    const attempt = told(world.tunnels.handlers.reconnect({ ...ORDER, detached: true }, staying));
    await settle();
    const ending = end();
    reverted.open();
    await ending;
    world.fake.done.length = 0;
    await attempt;
    await settle();
    expect(done(/open|startEngine|Routes|setDns|guard/)).toEqual([]);
  });
});
