/** What a tunnel tells of its engine's counters. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Tunnel } from '../../../../helper/tunnel/tunnel.ts';
import { CONF, FakeWorld, reading, staying, until } from '../fake-world.ts';

let fake = new FakeWorld();
let tunnel: Tunnel;

beforeEach(async () => {
  fake = new FakeWorld();
  fake.rxBytes = 92;
  tunnel = new Tunnel('home', fake.world, () => {});
  expect(await tunnel.up(reading(CONF), 30, staying)).toBe('connected');
});

const traffic = () => fake.world.traffic.read('home', '5m');
const received = async () => (await traffic()).session?.rxBytes;

/** The reading of the next second has been told. */
async function nextReading(): Promise<void> {
  await until(() => fake.clock.sleeperCount === 1);
  fake.clock.advance(1_000);
  await until(() => fake.clock.sleeperCount === 1);
}

describe('the session of a tunnel', () => {
  it('counts from its connection on, once a second', async () => {
    expect(await traffic()).toMatchObject({ session: { since: 1_800_000_000, rxBytes: 0 }, months: [] });
    await nextReading();
    expect(await received()).toBe(92);
    fake.rxBytes = 1_092;
    await nextReading();
    expect((await traffic()).rxBytes.slice(-2)).toEqual([92, 1_000]);
  });

  it('has all that came before its engine was stopped', async () => {
    await nextReading();
    fake.rxBytes = 5_000; // since the last reading
    await tunnel.down();
    expect(await traffic()).toMatchObject({ session: { rxBytes: 5_000 }, months: [{ rxBytes: 5_000 }] });
    expect(fake.savedTraffic.get('home')?.session).toMatchObject({ rxBytes: 5_000 });
  });

  it('has all that came before the helper left it to the next one', async () => {
    fake.rxBytes = 5_000;
    await tunnel.abandon();
    expect(await received()).toBe(5_000);
  });

  it('goes on when another engine takes over, which counts from nothing', async () => {
    await nextReading();
    fake.rxBytes = 1_000; // more than the first has told, before it was asked the first time
    await fake.restartEngine();
    await nextReading();
    fake.rxBytes = 1_500;
    await nextReading();
    expect(await received()).toBe(92 + 1_500);
    await tunnel.down();
    expect(await received()).toBe(92 + 1_500);
  });

  it('ends with an engine that answers no more, with what was known', async () => {
    await nextReading();
    fake.rxBytes = 5_000;
    fake.killEngine('SIGKILL');
    await until(() => tunnel.state.kind === 'error');
    expect(await received()).toBe(92);
    expect(fake.savedTraffic.get('home')?.session).toMatchObject({ rxBytes: 92 });
  });

  it('begins anew with the next connection, and the month goes on', async () => {
    await tunnel.down();
    fake.rxBytes = 10;
    await tunnel.up(reading(CONF), 30, staying);
    await tunnel.down();
    expect(await traffic()).toMatchObject({ session: { rxBytes: 10 }, months: [{ rxBytes: 102 }] });
  });
});
