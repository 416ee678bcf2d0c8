import { describe, expect, it } from 'vitest';
import { Announcements, Samples } from '../../../../helper/ipc/events.ts';
import { ManualClock, until } from '../fake-world.ts';

const staying = new AbortController().signal;

describe('announcements', () => {
  it('begin with the present state and go on until the listener leaves', async () => {
    const source = new Announcements(async () => ['present']);
    const leaving = new AbortController();
    const [one, other]: string[][] = [[], []];
    source.announce('before');
    await source.subscribe((event) => one!.push(event), leaving.signal);
    await source.subscribe((event) => other!.push(event), staying);
    source.announce('first');
    leaving.abort();
    source.announce('second');
    expect(one).toEqual(['present', 'first']);
    expect(other).toEqual(['present', 'first', 'second']);
  });

  it('lose nothing that changes while the present state is read', async () => {
    let tellPresent: (events: string[]) => void = () => {};
    const source = new Announcements(
      () =>
        new Promise<string[]>((resolve) => {
          tellPresent = resolve;
        }),
    );
    const heard: string[] = [];
    const subscribed = source.subscribe((event) => heard.push(event), staying);
    source.announce('meanwhile');
    expect(heard).toEqual([]);
    tellPresent(['present']);
    source.announce('just after');
    await subscribed;
    source.announce('later');
    expect(heard).toEqual(['present', 'meanwhile', 'just after', 'later']);
  });

  it('do not begin where the present state cannot be read', async () => {
    const source = new Announcements<string>(() => Promise.reject(new Error('no disk')));
    const heard: string[] = [];
    await expect(source.subscribe((event) => heard.push(event), staying)).rejects.toThrow('no disk');
    source.announce('later');
    expect(heard).toEqual([]);
  });

  it('tell nothing to a listener that has left while the present state was read', async () => {
    const source = new Announcements(async () => ['present']);
    const leaving = new AbortController();
    const heard: string[] = [];
    const subscribed = source.subscribe((event) => heard.push(event), leaving.signal);
    leaving.abort();
    await subscribed;
    source.announce('later');
    expect(heard).toEqual([]);
  });
});

describe('samples', () => {
  function counting(): { clock: ManualClock; source: Samples<number>; taken: () => number } {
    const clock = new ManualClock();
    let taken = 0;
    return { clock, source: new Samples(async () => ++taken, 1_000, clock), taken: () => taken };
  }

  it('are taken at once, then at intervals, one for all who listen', async () => {
    const { clock, source } = counting();
    const [one, other]: number[][] = [[], []];
    await source.subscribe((sample) => one!.push(sample), staying);
    clock.advance(999);
    await source.subscribe((sample) => other!.push(sample), staying);
    expect([one, other]).toEqual([[1], [2]]);
    clock.advance(1);
    await until(() => one!.length === 2 && clock.sleeperCount === 1);
    clock.advance(1_000);
    await until(() => one!.length === 3);
    expect([one, other]).toEqual([
      [1, 3, 4],
      [2, 3, 4],
    ]);
  });

  it('are taken only while somebody listens', async () => {
    const { clock, source, taken } = counting();
    clock.advance(5_000);
    expect(taken()).toBe(0);
    const [one, other] = [new AbortController(), new AbortController()];
    await source.subscribe(() => {}, one.signal);
    await source.subscribe(() => {}, other.signal);
    one.abort();
    expect(clock.sleeperCount).toBe(1);
    other.abort();
    expect(clock.sleeperCount).toBe(0);
    clock.advance(5_000);
    await source.subscribe(() => {}, staying);
    expect(taken()).toBe(3);
  });
});
