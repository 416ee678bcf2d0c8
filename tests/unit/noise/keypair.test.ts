import { describe, expect, it } from 'vitest';
import { REJECT_AFTER_MESSAGES, REKEY_AFTER_MESSAGES } from '../../../engine/constants.ts';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import { Keypair } from '../../../engine/noise/keypair.ts';
import { plainRun } from '../../../engine/wire/packet-run.ts';
import { WatchedCipher } from '../../support/test-memory.ts';

function keypair({ firstCounter = 0n, cipher = new WatchedCipher() } = {}): Keypair {
  return new Keypair(
    {
      sendingKey: cipher.importKey(new Uint8Array(32).fill(1)),
      receivingKey: cipher.importKey(new Uint8Array(32).fill(2)),
      localIndex: 1,
      remoteIndex: 2,
      isInitiator: true,
      createdAt: 1_000,
    },
    firstCounter,
  );
}

const counterOf = (pair: Keypair) => (BigInt(pair.counterHigh) << 32n) + BigInt(pair.counterLow);

describe('a keypair', () => {
  it('the_first_counter_is_zero', () => {
    expect(counterOf(keypair())).toBe(0n);
  });

  it.each([
    ['one', 1n],
    ['2_to_the_32', 2n ** 32n],
    ['2_to_the_53', 2n ** 53n],
    ['2_to_the_60', 2n ** 60n],
    ['the_last_counter', REJECT_AFTER_MESSAGES - 1n],
  ])('counters_advance_by_one_across_%s', (_, target) => {
    const pair = keypair({ firstCounter: target - 1n });
    for (const expected of [target - 1n, target, target + 1n]) {
      expect(counterOf(pair)).toBe(expected);
      pair.advanceCounter();
    }
  });

  it('it_is_worn_out_from_2_to_the_60_on', () => {
    const pair = keypair({ firstCounter: REKEY_AFTER_MESSAGES - 1n });
    expect(pair.isWornOut()).toBe(false);
    pair.advanceCounter();
    expect(pair.isWornOut()).toBe(true);
    expect(pair.canSend(1_000)).toBe(true);
  });

  it('it_sends_nothing_at_REJECT_AFTER_MESSAGES', () => {
    const pair = keypair({ firstCounter: REJECT_AFTER_MESSAGES - 1n });
    expect(pair.canSend(1_000)).toBe(true);
    pair.advanceCounter();
    expect(pair.canSend(1_000)).toBe(false);
  });

  it('it_neither_sends_nor_receives_once_180_s_old', () => {
    const pair = keypair();
    expect(pair.isExpired(180_999)).toBe(false);
    expect(pair.canSend(180_999)).toBe(true);
    expect(pair.isExpired(181_000)).toBe(true);
    expect(pair.canSend(181_000)).toBe(false);
  });

  it('an_expired_sender_still_receives', () => {
    const pair = keypair();
    pair.expireSending();
    expect(pair.canSend(1_000)).toBe(false);
    expect(pair.isExpired(1_000)).toBe(false);
  });

  it('wiping_wipes_both_keys_and_stops_sending', () => {
    const cipher = new WatchedCipher();
    const pair = keypair({ cipher });
    expect(cipher.liveKeys).toBe(2);
    pair.wipe();
    expect(cipher.liveKeys).toBe(0);
    expect(pair.canSend(1_000)).toBe(false);
  });

  it('a_wiped_key_no_longer_opens_what_it_sealed', () => {
    const memory = new SharedMemory(16_384);
    const datagram = memory.allocate(128);
    const key = new WatchedCipher().importKey(new Uint8Array(32).fill(1));
    const header = { remoteIndex: 1, counterHigh: 0, counterLow: 0 };
    key.sealRun(memory, { ...plainRun(), packet: datagram + 16, length: 16 }, header, 1_420, datagram);
    key.wipe();
    key.openRun(memory, datagram, 48, 1, 48);
    expect(memory.bytes[memory.verdicts]).toBe(0);
  });
});
