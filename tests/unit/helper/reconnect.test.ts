import { describe, expect, it } from 'vitest';
import type { ResultOf } from '../../../helper/ipc/contract.ts';
import { CONF, staying, until } from './fake-world.ts';
import { TunnelsWorld } from './tunnels-world.ts';

const FULL = CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 0.0.0.0/0');
const NAMED = FULL.replace('192.0.2.1:', 'vpn.example:');

const world = new TunnelsWorld();

function edit(text: string): Promise<ResultOf<'edit'>> {
  const content = Buffer.from(text).toString('base64');
  return world.tunnels.handlers.edit({ name: 'home', newName: 'home', content, base: null }, staying);
}
function reconnect(departed = staying): Promise<ResultOf<'up'>> {
  const order = { name: 'home', timeoutSeconds: 30, detached: false };
  return world.tunnels.handlers.reconnect(order, departed);
}
const guard = () => world.fake.world.protection.of('home');
const status = async () => (await world.tunnels.handlers.status({ name: 'home' }, staying)).tunnels[0];
const done = (wanted: RegExp) => world.fake.done.filter((what) => wanted.test(what));

async function upAs(first: string, then: string): Promise<void> {
  await world.import(first);
  await world.up('home');
  await edit(then);
  world.fake.done.length = 0;
}

describe('a tunnel that is reconnected', () => {
  it('is up as it is stored by now, and was guarded all the while', async () => {
    await upAs(FULL, FULL.replace('10.7.0.2/24', '10.7.0.9/24'));
    expect(await reconnect()).toEqual({ outcome: 'connected' });
    expect(done(/guard|open|close/).slice(0, 3)).toEqual([
      'guard null connecting',
      'close home',
      'guard null connecting',
    ]);
    expect(done(/unguard/)).toEqual([]);
    expect(await status()).toMatchObject({ state: 'connected', addresses: ['10.7.0.9/24', 'fd07::2/64'] });
  });

  it('stays guarded though its config asks for no guard any more, until down', async () => {
    await upAs(FULL, CONF);
    await reconnect();
    expect(done(/unguard/)).toEqual([]);
    expect(guard()).toMatchObject({ isFull: false, killSwitch: true });
    expect(await world.down('home')).toMatchObject({ hasOpened: true });
  });

  it('holds what it has and had, where it has no kill switch, until its own routes stand', async () => {
    await upAs(CONF, CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 10.8.4.0/24, 10.9.0.0/16'));
    await reconnect();
    expect(done(/hold|release|close|setTunnelRoutes/)).toEqual([
      'hold home 10.8.4.0/24',
      'close home',
      'setTunnelRoutes 10.8.4.0/24 10.9.0.0/16',
      'release home',
    ]);
  });

  it('that fails, or is given up, is an error, which down opens', async () => {
    await upAs(FULL, FULL);
    world.fake.failing = 'open';
    await expect(reconnect()).rejects.toThrow('the kill switch stays closed until: wayfare down home');
    expect(guard()).toMatchObject({ state: 'error', killSwitch: true });
    world.fake.failing = '';
    await world.up('home');
    world.fake.peerAnswers = false;
    const gone = new AbortController();
    const attempt = reconnect(gone.signal).catch((error: Error) => error.message);
    await until(() => done(/initiate/).length === 2);
    gone.abort();
    expect(await attempt).toContain('it was cancelled, tunnel home');
    expect(guard()).toMatchObject({ state: 'error', killSwitch: true });
    expect(await world.down('home')).toMatchObject({ hasOpened: true });
  });

  it('fails those who wait for the attempt that it ends', async () => {
    await world.import(FULL);
    world.fake.peerAnswers = false;
    const first = world.up('home').catch((error: Error) => error.message);
    await until(() => done(/initiate/).length === 1);
    world.fake.peerAnswers = true;
    expect(await reconnect()).toEqual({ outcome: 'connected' });
    expect(await first).toContain('it was cancelled, tunnel home');
  });

  it('comes up where it is down', async () => {
    await world.import(CONF);
    expect(await reconnect()).toEqual({ outcome: 'connected' });
  });
});

describe('goes on as it was', () => {
  const goesOn = async (refusal: string) => {
    const before = guard();
    await expect(reconnect()).rejects.toThrow(refusal);
    expect(done(/close|stopEngine/)).toEqual([]);
    expect(guard()).toEqual(before);
    expect(await status()).toMatchObject({ state: 'connected', addresses: ['10.7.0.2/24', 'fd07::2/64'] });
  };

  it('where another has by now what it would take', async () => {
    const [mine, theirs] = ['10.8.0.0/16', '10.9.0.0/16'].map((each) =>
      CONF.replace(/AllowedIPs.*/, `AllowedIPs = ${each}`),
    );
    await world.import(theirs!, 'other.conf');
    await world.up('other');
    await upAs(mine!, theirs!);
    await goesOn(
      'its allowed IPs meet those of other, which is up, tunnel home at 10.9.0.0/16, take that down first: wayfare down other',
    );
  });

  it('and keeps what it claims, where what it would take cannot be held', async () => {
    await upAs(CONF, CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 10.8.4.0/24'));
    world.fake.failing = 'hold';
    await goesOn('hold failed');
    world.fake.failing = '';
    await world.import(CONF.replace(/AllowedIPs.*/, 'AllowedIPs = 10.7.0.0/24'), 'other.conf');
    await expect(world.up('other')).rejects.toThrow('its allowed IPs meet those of home, which is up');
  });

  it('where whoever asked has gone before it begins', async () => {
    await upAs(FULL, FULL);
    await expect(reconnect(AbortSignal.abort())).rejects.toThrow('it was cancelled, tunnel home');
    expect(done(/close|stopEngine/)).toEqual([]);
  });

  it('where no connection can be made of its config', async () => {
    await upAs(FULL, FULL.replace(/PrivateKey.*\n/, ''));
    await goesOn('its config has no PrivateKey');
  });

  it('where its new name has no answer, and its kill switch would let no question out', async () => {
    await upAs(FULL, NAMED);
    world.fake.lookUp = () => Promise.reject(Object.assign(new Error(), { code: 'EAI_AGAIN' }));
    const stop = setInterval(() => world.fake.clock.advance(1_000), 1);
    await goesOn(
      "the endpoint's name could not be resolved, at vpn.example, the tunnel goes on as it was",
    ).finally(() => clearInterval(stop));
  });

  it('where the name of its new endpoint does not exist', async () => {
    await upAs(FULL, NAMED);
    world.fake.lookUp = () => Promise.reject(Object.assign(new Error(), { code: 'ENOTFOUND' }));
    await goesOn('the name of an endpoint does not exist, at vpn.example, check its spelling');
  });
});

it('a new name is asked for before the tunnel goes down that carries the question', async () => {
  await upAs(FULL, NAMED);
  world.fake.lookUp = async () => {
    world.fake.done.push('lookUp');
    return ['192.0.2.7'];
  };
  await reconnect();
  expect(done(/lookUp|close/)).toEqual(['lookUp', 'close home']);
  expect(guard()?.endpoints).toEqual([{ address: '192.0.2.7', port: 51_820, host: 'vpn.example' }]);
});
