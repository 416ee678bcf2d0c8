import { describe, expect, it } from 'vitest';
import { type Taker, Turns } from '../../../../helper/ipc/turns.ts';
import { until } from '../fake-world.ts';

/** Somebody with so many requests. */
function taker(uid: number, requests: number, turns: Turns, taken: number[]): Taker {
  let left = requests;
  const self: Taker = {
    uid,
    takeTurn() {
      if (left-- === 0) return;
      taken.push(uid);
      turns.wait(self);
    },
  };
  return self;
}

describe('turns', () => {
  it('go round the users, not the connections', async () => {
    const turns = new Turns();
    const taken: number[] = [];
    for (let i = 0; i < 5; i++) turns.wait(taker(1, 2, turns, taken));
    turns.wait(taker(2, 3, turns, taken));
    await until(() => taken.length === 13);
    expect(taken.slice(0, 6)).toEqual([1, 2, 1, 2, 1, 2]);
  });

  it('go round the connections of one user', async () => {
    const turns = new Turns();
    const taken: string[] = [];
    const named = (name: string) => ({
      uid: 1,
      takeTurn() {
        taken.push(name);
        if (taken.length < 6) turns.wait(this);
      },
    });
    for (const name of ['a', 'b', 'c']) turns.wait(named(name));
    await until(() => taken.length >= 6);
    expect(taken.slice(0, 6)).toEqual(['a', 'b', 'c', 'a', 'b', 'c']);
  });

  it('come once to whoever asks twice, and leave the event loop time in between', async () => {
    const turns = new Turns();
    const taken: string[] = [];
    const once = { uid: 1, takeTurn: () => void taken.push('turn') };
    const again = { uid: 1, takeTurn: () => void taken.push('turn') };
    turns.wait(once);
    turns.wait(once);
    turns.wait(again);
    setImmediate(() => taken.push('others'));
    await until(() => taken.length === 3);
    await new Promise((resolve) => setImmediate(resolve));
    expect(taken).toEqual(['turn', 'others', 'turn']);
  });
});
