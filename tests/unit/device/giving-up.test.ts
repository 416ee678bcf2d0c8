import { describe, expect, it } from 'vitest';
import { establishedPair, virtualPair } from '../../support/virtual-network.ts';

describe('giving up', () => {
  it('after_18_retries_and_one_the_staged_packets_are_flushed', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = () => true;
    for (let i = 0; i < 3; i++) alice.send(bob);
    const startedAt = network.clock.now;
    network.runFor(300_000);
    const initiations = network.seen('initiation');
    // As in the Linux driver and wireguard-go: the first, and one more than MAX_TIMER_HANDSHAKES retries.
    expect(initiations).toHaveLength(20);
    expect(initiations.at(-1)!.at - startedAt).toBeGreaterThanOrEqual(95_000);
    expect(initiations.at(-1)!.at - startedAt).toBeLessThanOrEqual(19 * 5_333);
    expect(alice.drops('staged-given-up')).toBe(3);
    network.isLost = () => false;
    network.runFor(1_000);
    expect(network.seen('initiation')).toHaveLength(20);
  });

  it('retries_are_5_s_and_up_to_333_ms_apart', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = () => true;
    alice.send(bob);
    network.runFor(120_000);
    const times = network.seen('initiation').map(({ at }) => at);
    const gaps = times.slice(1).map((at, i) => at - times[i]!);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(5_000);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5_333);
    expect(new Set(gaps).size).toBeGreaterThan(5);
  });

  it('each_retry_is_a_new_message_with_a_later_timestamp_that_is_accepted', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = ({ kind, from }) =>
      kind === 'initiation' && network.seen('initiation', from).length < 15;
    alice.send(bob);
    network.runFor(90_000);
    expect(bob.delivered).toHaveLength(1);
    expect(network.seen('initiation')).toHaveLength(15);
  });

  it('540_s_later_the_pending_handshake_is_zeroed', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = () => true;
    alice.send(bob);
    network.runFor(110_000);
    expect(alice.device.indexTable.size).toBe(1);
    network.runFor(540_000);
    expect(alice.device.indexTable.size).toBe(0);
    expect(alice.peerOf(bob).nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('the_next_packet_starts_over_with_all_attempts', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = () => true;
    alice.send(bob);
    network.runFor(200_000);
    alice.send(bob);
    network.runFor(200_000);
    expect(network.seen('initiation')).toHaveLength(40);
    network.isLost = () => false;
    const packet = alice.send(bob);
    network.runFor(1_000);
    expect(bob.delivered).toEqual([packet]);
  });
});

describe('a wall clock that jumps', () => {
  it.each([
    ['back_a_year', -365 * 86_400_000],
    ['back_a_second', -1_000],
    ['forward_a_year', 365 * 86_400_000],
    ['back_before_the_epoch', -100 * 365 * 86_400_000],
  ])('%s_kills_no_handshake_of_this_process', (_, jump) => {
    const { network, alice, bob } = establishedPair();
    for (let i = 1; i <= 5; i++) {
      network.clock.jumpWallBy(i % 2 === 1 ? jump : -jump);
      network.runFor(200_000);
      alice.send(bob);
      network.runUntilQuiet();
      expect(bob.delivered).toHaveLength(i);
    }
    expect(bob.drops('replayed-timestamp')).toBe(0);
  });
});
