import { beforeEach, describe, expect, it } from 'vitest';
import { Keypair } from '../../../engine/noise/keypair.ts';
import { Keypairs } from '../../../engine/peer/keypairs.ts';
import { WatchedCipher } from '../../support/test-memory.ts';

let cipher: WatchedCipher;
let discarded: Keypair[];
let keypairs: Keypairs;
let nextIndex: number;

beforeEach(() => {
  cipher = new WatchedCipher();
  discarded = [];
  keypairs = new Keypairs((keypair) => discarded.push(keypair));
  nextIndex = 1;
});

function keypair(isInitiator: boolean): Keypair {
  return new Keypair({
    sendingKey: cipher.importKey(new Uint8Array(32)),
    receivingKey: cipher.importKey(new Uint8Array(32)),
    localIndex: nextIndex++,
    remoteIndex: 0,
    isInitiator,
    createdAt: 0,
  });
}

function add(isInitiator: boolean): Keypair {
  const added = keypair(isInitiator);
  keypairs.add(added);
  return added;
}

const slots = () => [keypairs.previous, keypairs.current, keypairs.next];

describe("an initiator's new keypair", () => {
  it('it_becomes_current_at_once', () => {
    const first = add(true);
    expect(slots()).toEqual([null, first, null]);
  });

  it('current_becomes_previous_and_the_old_previous_is_discarded', () => {
    const [first, second, third] = [add(true), add(true), add(true)];
    expect(slots()).toEqual([second, third, null]);
    expect(discarded).toEqual([first]);
  });

  it('a_next_becomes_previous_and_current_is_discarded', () => {
    const current = add(true);
    const next = add(false);
    const newest = add(true);
    expect(slots()).toEqual([next, newest, null]);
    expect(discarded).toEqual([current]);
  });
});

describe("a responder's new keypair", () => {
  it('it_waits_in_next_and_current_goes_on', () => {
    const current = add(true);
    const next = add(false);
    expect(slots()).toEqual([null, current, next]);
  });

  it('it_replaces_next_and_clears_previous', () => {
    const [first, second] = [add(true), add(true)];
    const third = add(false);
    expect(slots()).toEqual([null, second, third]);
    const fourth = add(false);
    expect(slots()).toEqual([null, second, fourth]);
    expect(discarded).toEqual([first, third]);
  });

  it('the_first_packet_under_it_makes_it_current', () => {
    const current = add(true);
    const next = add(false);
    expect(keypairs.confirm(next)).toBe(true);
    expect(slots()).toEqual([current, next, null]);
    expect(keypairs.confirm(next)).toBe(false);
  });

  it('confirmation_discards_the_old_previous', () => {
    const [first, second] = [add(false), null];
    keypairs.confirm(first);
    const third = add(false);
    keypairs.confirm(third);
    const fourth = add(false);
    expect(slots()).toEqual([second, third, fourth]);
    keypairs.confirm(fourth);
    expect(slots()).toEqual([third, fourth, null]);
    expect(discarded).toEqual([first]);
  });

  it('packets_under_current_or_previous_confirm_nothing', () => {
    const [previous, current] = [add(true), add(true)];
    expect(keypairs.confirm(current)).toBe(false);
    expect(keypairs.confirm(previous)).toBe(false);
    expect(slots()).toEqual([previous, current, null]);
  });
});

describe('all keypairs', () => {
  it('every_discarded_keypair_is_wiped', () => {
    for (let i = 0; i < 20; i++) {
      const added = add(i % 3 === 0);
      if (i % 2 === 0) keypairs.confirm(added);
      const kept = slots().filter((slot) => slot !== null).length;
      expect(cipher.liveKeys).toBe(kept * 2);
      expect(discarded.length + kept).toBe(i + 1);
    }
    keypairs.clear();
    expect(slots()).toEqual([null, null, null]);
    expect(cipher.liveKeys).toBe(0);
    expect(new Set(discarded).size).toBe(20);
  });

  it('expiring_stops_current_and_next_from_sending', () => {
    const current = add(true);
    const next = add(false);
    keypairs.expireSending();
    expect([current.canSend(0), next.canSend(0)]).toEqual([false, false]);
    expect(cipher.liveKeys).toBe(4);
  });
});
