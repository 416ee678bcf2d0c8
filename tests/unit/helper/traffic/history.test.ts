import { describe, expect, it } from 'vitest';
import type { TrafficSpan } from '../../../../helper/ipc/contract.ts';
import { VERBS } from '../../../../helper/ipc/contract.ts';
import { SPANS, TrafficHistory } from '../../../../helper/traffic/history.ts';
import { Timeline } from '../../../../helper/traffic/timeline.ts';
import {
  formatTrafficFile,
  MAX_TRAFFIC_FILE_BYTES,
  parseTrafficFile,
  type SavedTraffic,
} from '../../../../helper/traffic/traffic-file.ts';

const HOUR = 3_600_000;
/** Local time: months are by the machine's own calendar. */
const NOON = new Date(2026, 10, 21, 12).getTime();

/** A machine with two clocks, and an engine that is read once a second. */
class Machine {
  boot = 100_000;
  wall: number;
  readonly timeline: Timeline;
  readonly history: TrafficHistory;
  counted = { rxBytes: 0, txBytes: 0 };

  constructor(wall = NOON, saved: SavedTraffic | null = null) {
    this.wall = wall;
    this.timeline = new Timeline({ bootMs: () => this.boot, wallMs: () => this.wall });
    this.history = new TrafficHistory(saved, this.timeline.now());
  }

  begin(): this {
    this.counted = { rxBytes: 0, txBytes: 0 };
    this.history.begin(this.timeline.now());
    return this;
  }

  pass(ms: number): this {
    this.boot += ms;
    this.wall += ms;
    return this;
  }

  /** @param rxBytes of each second; as many tenths are sent */
  run(seconds: number, rxBytes: number): this {
    for (let i = 0; i < seconds; i++) {
      this.counted = {
        rxBytes: this.counted.rxBytes + rxBytes,
        txBytes: this.counted.txBytes + rxBytes / 10,
      };
      this.pass(1_000).observe();
    }
    return this;
  }

  observe(): boolean {
    return this.history.observe([{ publicKey: 'peer', ...this.counted }], this.timeline.now());
  }

  end(): this {
    this.history.end();
    return this;
  }

  read(span: TrafficSpan = '5m') {
    return VERBS.traffic.result.parse(this.history.read(span, this.timeline.now()));
  }

  save(): SavedTraffic {
    return this.history.save(this.timeline.now());
  }
}

const lastOf = <T>(values: readonly T[], count: number) => values.slice(-count);
const countedIn = (values: readonly (number | null)[]) => values.filter((value) => value !== null);

describe('the history of a tunnel', () => {
  it('has all its steps from the beginning, of nothing', () => {
    const machine = new Machine();
    for (const [span, { stepMs, steps }] of Object.entries(SPANS)) {
      const { rxBytes, txBytes, ...rest } = machine.read(span as TrafficSpan);
      expect([rxBytes, txBytes]).toEqual([new Array(steps).fill(null), new Array(steps).fill(null)]);
      expect(rest).toEqual({
        stepSeconds: stepMs / 1_000,
        newestSeconds: stepMs / 1_000,
        endsAt: NOON / 1_000,
        session: null,
        months: [],
      });
    }
  });

  it('tells each second, each 10 seconds and each 5 minutes', () => {
    const machine = new Machine().begin().run(300, 100).run(300, 10);
    expect(machine.read('5m')).toMatchObject({
      endsAt: NOON / 1_000 + 600,
      rxBytes: new Array(300).fill(10),
    });
    expect(lastOf(machine.read('1h').rxBytes, 61)).toEqual([
      null,
      ...new Array(30).fill(1_000),
      ...new Array(30).fill(100),
    ]);
    expect(lastOf(machine.read('24h').rxBytes, 3)).toEqual([null, 30_000, 3_000]);
    expect(lastOf(machine.read('24h').txBytes, 3)).toEqual([null, 3_000, 300]);
  });

  it('shows no step before a reading has told all of it', () => {
    const machine = new Machine().begin().run(3, 100);
    machine.pass(999);
    expect(machine.read()).toMatchObject({ endsAt: NOON / 1_000 + 3 });
    machine.pass(1); // the next second is over, and its reading on its way
    expect(machine.read()).toMatchObject({ endsAt: NOON / 1_000 + 3 });
    expect(lastOf(machine.read().rxBytes, 4)).toEqual([null, 100, 100, 100]);
  });

  it('tells the step that runs up to its last reading, so that the first minutes are seen too', () => {
    const machine = new Machine().begin().run(20, 100).pass(500);
    const newest = { newestSeconds: 20, endsAt: NOON / 1_000 + 20 };
    expect(machine.read('24h')).toMatchObject(newest);
    expect(lastOf(machine.read('24h').rxBytes, 2)).toEqual([null, 2_000]);
  });

  it('adds up the session and the month, a byte exactly once', () => {
    const machine = new Machine().begin().run(7, 1_000).end();
    const session = { since: NOON / 1_000, rxBytes: 7_000, txBytes: 700 };
    expect(machine.read()).toMatchObject({
      session,
      months: [{ month: '2026-11', rxBytes: 7_000, txBytes: 700 }],
    });
    machine.pass(60_000).begin().run(1, 10);
    expect(machine.read()).toMatchObject({
      session: { since: NOON / 1_000 + 67, rxBytes: 10, txBytes: 1 },
      months: [{ month: '2026-11', rxBytes: 7_010, txBytes: 701 }],
    });
  });

  it('goes on with the session when another engine takes over, which counts from nothing', () => {
    const machine = new Machine().begin().run(5, 1_000);
    machine.history.restart();
    machine.counted = { rxBytes: 0, txBytes: 0 };
    machine.run(5, 2_000); // in its last seconds, more than the one before
    expect(machine.read().session).toMatchObject({ since: NOON / 1_000, rxBytes: 15_000 });
    expect(countedIn(machine.read().rxBytes)).toEqual([
      ...new Array(5).fill(1_000),
      ...new Array(5).fill(2_000),
    ]);
  });

  it('counts nothing that an engine says outside of a session', () => {
    const machine = new Machine();
    machine.counted = { rxBytes: 9, txBytes: 9 };
    expect([machine.observe(), machine.begin().run(1, 0).end().observe()]).toEqual([false, false]);
    expect(machine.read()).toMatchObject({ session: { rxBytes: 0 }, months: [] });
  });

  it('tells whether anything went through', () => {
    const machine = new Machine().begin();
    expect(machine.pass(1_000).observe()).toBe(false);
    machine.counted = { rxBytes: 1, txBytes: 0 };
    expect(machine.pass(1_000).observe()).toBe(true);
  });

  it('has nulls between two sessions', () => {
    const machine = new Machine().begin().run(2, 10).end().pass(3_000).begin().run(2, 20);
    expect(lastOf(machine.read().rxBytes, 7)).toEqual([10, 10, 0, null, null, 20, 20].slice(-7));
  });
});

describe('a machine that sleeps', () => {
  it('leaves a gap of nulls, and what came before and after stays where it was', () => {
    const machine = new Machine().begin().run(10, 100);
    machine.counted = { rxBytes: machine.counted.rxBytes + 500, txBytes: machine.counted.txBytes };
    machine.pass(60_000).observe();
    machine.run(2, 100);
    const { rxBytes, endsAt } = machine.read();
    expect(endsAt).toBe(NOON / 1_000 + 72);
    expect(lastOf(rxBytes, 73)).toEqual([
      null,
      ...new Array(10).fill(100),
      0, // begun when the machine fell asleep
      ...new Array(58).fill(null),
      500,
      100,
      100,
    ]);
    expect(machine.read().session).toMatchObject({ rxBytes: 1_700 });
  });
});

describe('a wall clock that is set', () => {
  it.each([
    ['forward by an hour', HOUR],
    ['back by an hour', -HOUR],
    ['forward by three years', 3 * 365 * 24 * HOUR],
    ['back to 1970', -NOON],
  ])('%s moves the labels and nothing else', (_, jump) => {
    const machine = new Machine().begin().run(10, 100);
    const before = machine.read();
    machine.wall += jump;
    expect(machine.read()).toEqual({ ...before, endsAt: before.endsAt + jump / 1_000 });
    machine.run(10, 100);
    const { rxBytes, endsAt, session } = machine.read();
    expect(countedIn(rxBytes)).toEqual(new Array(20).fill(100));
    expect(lastOf(rxBytes, 20)).not.toContain(null);
    expect(endsAt).toBe((NOON + jump) / 1_000 + 20);
    expect(session).toMatchObject({ rxBytes: 2_000 });
  });

  it('back costs no month its bytes, and fills no other than the present one', () => {
    const machine = new Machine();
    for (let month = 0; month < 14; month++) {
      machine.wall = new Date(2026, month, 5).getTime();
      machine.begin().run(1, 10).end();
    }
    expect(machine.read().months.map(({ month }) => month)).toEqual([
      '2027-02',
      '2027-01',
      ...Array.from({ length: 10 }, (_, i) => `2026-${String(12 - i).padStart(2, '0')}`),
    ]);
    machine.wall = new Date(1970, 0, 5).getTime();
    machine.begin().run(3, 10);
    expect(machine.read().months).toHaveLength(12);
    expect(machine.read().months.at(-1)).toEqual({ month: '1970-01', rxBytes: 30, txBytes: 3 });
  });

  it('to the next month begins a new total by the calendar of this machine', () => {
    const midnight = new Date(2026, 11, 1).getTime();
    const machine = new Machine(midnight - 2_500).begin().run(5, 10);
    expect(machine.read().months).toEqual([
      { month: '2026-12', rxBytes: 30, txBytes: 3 },
      { month: '2026-11', rxBytes: 20, txBytes: 2 },
    ]);
  });
});

describe('what is saved', () => {
  const stored = (saved: SavedTraffic) => parseTrafficFile(Buffer.from(formatTrafficFile(saved)), '');

  it('is there again after a restart, with a gap for the time between; but for the single seconds', () => {
    const before = new Machine().begin().run(600, 100);
    const after = new Machine(before.wall + 20_000, stored(before.save()));
    expect(after.read()).toMatchObject({ session: before.read().session, months: before.read().months });
    expect(countedIn(after.read('5m').rxBytes)).toEqual([]);
    expect(lastOf(after.read('1h').rxBytes, 63)).toEqual([null, ...new Array(60).fill(1_000), 0, null]);
    after.begin().run(300, 10);
    expect(lastOf(after.read('24h').rxBytes, 5)).toEqual([null, 30_000, 30_000, 2_800, 200]);
    expect(after.read().months).toEqual([{ month: '2026-11', rxBytes: 63_000, txBytes: 6_300 }]);
  });

  it.each([
    ['back by an hour', -HOUR],
    ['back to 1970', -NOON],
  ])('is there again where the wall clock was put %s', (_, jump) => {
    const before = new Machine().begin().run(600, 100);
    const after = new Machine(before.wall + jump, stored(before.save())).begin().run(10, 70);
    expect(countedIn(after.read('1h').rxBytes)).toEqual([...new Array(60).fill(1_000), 700]);
  });

  it('is labelled by the wall clock as it is when it is saved', () => {
    const before = new Machine(0).begin().run(600, 100);
    before.wall = NOON; // the network has told the time
    const after = new Machine(NOON + 10_000, stored(before.save()));
    expect(countedIn(after.read('1h').rxBytes)).toEqual([...new Array(60).fill(1_000), 0]);
  });

  it('stays below the most that is read, whatever was counted', () => {
    const machine = new Machine();
    for (let month = 0; month < 12; month++) {
      machine.wall = new Date(2026, month, 5).getTime();
      machine.begin();
      machine.counted = { rxBytes: Number.MAX_SAFE_INTEGER, txBytes: Number.MAX_SAFE_INTEGER };
      machine.pass(1_000).observe();
    }
    const saved = machine.save();
    const huge = (values: readonly unknown[]) => values.map(() => Number.MAX_SAFE_INTEGER);
    const full = ({ rxBytes, txBytes }: SavedTraffic['hour']) => ({
      rxBytes: huge(rxBytes),
      txBytes: huge(txBytes),
    });
    const text = formatTrafficFile({ ...saved, hour: full(saved.hour), day: full(saved.day) });
    expect(text.length).toBeLessThan(MAX_TRAFFIC_FILE_BYTES / 2);
    expect(parseTrafficFile(Buffer.from(text), '')).toBeTruthy();
  });

  it.each(['', '{', '[]', '{"version":1}', '{"version":1,"savedAt":-1}', 'null', '\u0000'.repeat(100)])(
    'is refused where it is damaged: %j',
    (text) => {
      expect(() => parseTrafficFile(Buffer.from(text), 'at x')).toThrow('the file is damaged, at x');
    },
  );

  it('is refused where a newer Wayfare wrote it, and where it holds what it may not', () => {
    const saved = new Machine().begin().run(1, 10).save();
    const text = formatTrafficFile(saved);
    const parse = (changed: string) => () => parseTrafficFile(Buffer.from(changed), 'at x');
    expect(parse(text.replace('"version":1', '"version":2'))).toThrow('a newer Wayfare (version 2;');
    expect(parse(text.replace('"savedAt":', '"savedAt":1e99,"x":'))).toThrow('damaged');
    expect(parse(text.replace('null', '-5'))).toThrow('damaged');
    expect(parse(text.replace('null,', ''))).toThrow('damaged'); // one list shorter than the other
    expect(parse(text.replace('2026-11', '../../x'))).toThrow('damaged');
  });
});
