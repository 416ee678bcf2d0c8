import { describe, expect, it } from 'vitest';
import { StagedPackets } from '../../../engine/peer/staged-packets.ts';

describe('staged packets', () => {
  it('they_leave_in_the_order_in_which_they_came', () => {
    const staged = new StagedPackets();
    for (let i = 0; i < 3; i++) staged.push(Uint8Array.of(i));
    expect([staged.shift(), staged.shift(), staged.shift(), staged.shift()]).toEqual([
      Uint8Array.of(0),
      Uint8Array.of(1),
      Uint8Array.of(2),
      undefined,
    ]);
  });

  it('there_are_at_most_128_and_the_oldest_makes_room', () => {
    const staged = new StagedPackets();
    for (let i = 0; i < 128; i++) expect(staged.push(Uint8Array.of(i))).toBe(0);
    expect(staged.push(Uint8Array.of(200))).toBe(1);
    expect(staged.length).toBe(128);
    expect(staged.shift()).toEqual(Uint8Array.of(1));
  });

  it('clearing_tells_how_many_there_were', () => {
    const staged = new StagedPackets();
    staged.push(Uint8Array.of(1));
    staged.push(new Uint8Array(0));
    expect(staged.clear()).toBe(2);
    expect(staged.length).toBe(0);
  });
});
