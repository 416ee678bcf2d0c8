import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Traffic } from '../../../../helper/traffic/index.ts';
import { Timeline } from '../../../../helper/traffic/timeline.ts';
import { type TrafficStore, trafficStore } from '../../../../helper/traffic/traffic-store.ts';
import type { TrafficCounter } from '../../../../helper/traffic/tunnel-traffic.ts';
import { ManualClock } from '../fake-world.ts';

let stateDir = '';
let logged: string[] = [];
let clock = new ManualClock();
let traffic: Traffic;
const folder = () => join(stateDir, 'traffic');
const file = (name: string) => join(folder(), `${name}.json`);

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'wayfare-traffic-'));
  logged = [];
  clock = new ManualClock();
  traffic = newTraffic();
});

afterEach(() => rmSync(stateDir, { recursive: true, force: true }));

/** As the next helper has it. */
function newTraffic(store: TrafficStore = trafficStore(stateDir)): Traffic {
  const timeline = new Timeline({ bootMs: () => clock.monotonicMs(), wallMs: () => clock.wallMs() });
  return new Traffic({
    store,
    timeline,
    log: (level, message, fields) => logged.push(JSON.stringify({ level, message, ...fields })),
  });
}

/** The engine has counted so many bytes a second later. */
function count(counter: TrafficCounter, rxBytes: number): void {
  clock.advance(1_000);
  counter.observe([{ publicKey: 'peer', rxBytes, txBytes: 0 }]);
}

/** A session from its beginning to its end. */
async function run(name: string, rxBytes: number, by = traffic): Promise<void> {
  const counter = by.begin(name);
  count(counter, rxBytes);
  counter.end();
  await by.settled();
}

const monthOf = async (name: string, of = traffic) => (await of.read(name, '5m')).months[0]?.rxBytes ?? null;

describe('the traffic of the tunnels', () => {
  it('is kept for the next helper, each tunnel by itself, for root alone', async () => {
    await run('home', 100);
    await run('work', 7);
    expect([statSync(folder()).mode & 0o777, statSync(file('home')).mode & 0o777]).toEqual([0o700, 0o600]);
    const next = newTraffic();
    expect([await monthOf('home', next), await monthOf('work', next), await monthOf('new', next)]).toEqual([
      100,
      7,
      null,
    ]);
    await run('home', 50, next);
    expect(await monthOf('home', newTraffic())).toBe(150);
    expect(await next.read('home', '5m')).toMatchObject({ session: { rxBytes: 50 } });
    expect(logged).toEqual([]);
  });

  it('is not read before somebody asks for it, and what never ran gets no file', async () => {
    expect(readdirSync(stateDir)).toEqual([]);
    await traffic.read('home', '5m');
    expect(readdirSync(folder())).toEqual([]);
  });

  it('is saved once a minute at most while it flows, when the tunnel goes down, and not while nothing flows', async () => {
    const saved: number[] = [];
    const store = trafficStore(stateDir);
    traffic = newTraffic({
      ...store,
      write: async (name, what) => {
        saved.push(clock.monotonicMs() / 1_000);
        await store.write(name, what);
      },
    });
    const counter = traffic.begin('home');
    for (let i = 1; i <= 200; i++) {
      count(counter, Math.min(i, 130));
      await traffic.settled();
    }
    expect(saved).toEqual([60, 120]);
    counter.end();
    await traffic.settled();
    expect(saved).toEqual([60, 120, 200]);
    expect(await monthOf('home', newTraffic())).toBe(130);
  });

  it('of a helper that is killed is there but for its last minute', async () => {
    const counter = traffic.begin('home');
    for (let i = 1; i <= 90; i++) {
      count(counter, i * 10);
      await traffic.settled();
    }
    expect(await monthOf('home', newTraffic())).toBe(600);
  });

  it('that is told while the disk still reads what was before is counted too, in order', async () => {
    await run('home', 100);
    let isRead = () => {};
    const store = trafficStore(stateDir);
    const slow = newTraffic({
      ...store,
      read: async (name) => {
        await new Promise<void>((resolve) => {
          isRead = resolve;
        });
        return store.read(name);
      },
    });
    const counter = slow.begin('home');
    count(counter, 10);
    counter.restart();
    count(counter, 5);
    counter.end();
    isRead();
    expect(await slow.read('home', '5m')).toMatchObject({
      session: { rxBytes: 15 },
      months: [{ rxBytes: 115 }],
    });
    await slow.settled();
  });

  it('goes with its tunnel', async () => {
    await run('home', 100);
    await traffic.remove('home');
    expect(readdirSync(folder())).toEqual([]);
    expect(await monthOf('home')).toBeNull();
  });

  it('is not brought back by what was on its way to the disk', async () => {
    const counter = traffic.begin('home');
    count(counter, 100);
    counter.end();
    await traffic.remove('home');
    expect(await monthOf('home')).toBeNull(); // what the disk is asked later, it answers later
    expect(readdirSync(folder())).toEqual([]);
  });

  it('follows its tunnel to another name, in the place of what was there', async () => {
    await run('home', 100);
    await run('work', 7);
    await traffic.rename('home', 'work');
    expect(readdirSync(folder())).toEqual(['work.json']);
    expect([await monthOf('home'), await monthOf('work'), await monthOf('work', newTraffic())]).toEqual([
      null,
      100,
      100,
    ]);
    await run('work', 1);
    expect(await monthOf('work', newTraffic())).toBe(101);
  });
});

describe('a file that cannot be used', () => {
  it.each([
    ['damaged', '{"version":1,', 0o600, 'the file is damaged'],
    ['longer than any', ' '.repeat(70_000), 0o600, 'it has 70000 bytes, and 65536 are the most'],
    ['of a newer Wayfare', '{"version":9}', 0o600, 'it was written by a newer Wayfare'],
    ['open to others', '{}', 0o644, 'others may read or change this file'],
  ])('because it is %s is set aside and told, and counting begins anew', async (_, content, mode, reason) => {
    mkdirSync(folder());
    writeFileSync(file('home'), content);
    chmodSync(file('home'), mode);
    await run('home', 100);
    expect(await monthOf('home', newTraffic())).toBe(100);
    expect(readFileSync(`${file('home')}.damaged`, 'utf8')).toBe(content);
    expect(logged).toEqual([
      expect.stringContaining('"the traffic so far cannot be read, and is counted anew"'),
    ]);
    expect(logged[0]).toContain(reason);
    await traffic.remove('home');
    expect(readdirSync(folder())).toEqual([]);
  });

  it('because a folder is in its place is no matter either', async () => {
    mkdirSync(file('home'), { recursive: true });
    await run('home', 100);
    expect(await monthOf('home', newTraffic())).toBe(100);
  });
});

describe('a disk that takes nothing', () => {
  it('costs what is kept, says so once, and keeps all of it as soon as it takes it', async () => {
    writeFileSync(folder(), 'in the way');
    const refusals = () => logged.filter((line) => line.includes('"the traffic is not kept"'));
    await run('home', 100);
    await run('home', 10);
    expect(refusals()).toHaveLength(1);
    expect(await monthOf('home')).toBe(110);
    rmSync(folder());
    await run('home', 1);
    expect(await monthOf('home', newTraffic())).toBe(111);
    expect(refusals()).toHaveLength(1);
  });

  it('keeps no tunnel from being removed or renamed', async () => {
    writeFileSync(folder(), 'in the way');
    await run('home', 100);
    await traffic.rename('home', 'work');
    expect(await monthOf('work')).toBe(100);
    await traffic.remove('work');
    expect(await monthOf('work')).toBeNull();
  });
});
