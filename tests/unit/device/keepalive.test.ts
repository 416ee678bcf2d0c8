import { describe, expect, it } from 'vitest';
import { establishedPair, virtualPair } from '../../support/virtual-network.ts';

describe('a passive keepalive', () => {
  it('data_received_and_nothing_sent_for_10_s_is_answered_with_a_keepalive', () => {
    const { network, alice, bob } = establishedPair();
    alice.send(bob);
    network.runUntilQuiet();
    const receivedAt = network.clock.now;
    network.runFor(9_999);
    expect(network.seen('keepalive')).toEqual([]);
    network.runFor(1);
    expect(network.seen('keepalive', bob).map(({ at }) => at)).toEqual([receivedAt + 10_000]);
    network.runFor(60_000);
    expect(network.datagrams).toHaveLength(2);
  });

  it('data_sent_in_time_takes_its_place', () => {
    const { network, alice, bob } = establishedPair();
    alice.send(bob);
    network.runFor(9_000);
    bob.send(alice);
    network.runFor(5_000);
    expect(network.seen('keepalive')).toEqual([]);
  });

  it('another_follows_if_more_data_came_before_the_first', () => {
    const { network, alice, bob } = establishedPair();
    alice.send(bob);
    network.runUntilQuiet();
    const receivedAt = network.clock.now;
    network.runFor(5_000);
    alice.send(bob);
    network.runFor(60_000);
    expect(network.seen('keepalive', bob).map(({ at }) => at - receivedAt)).toEqual([10_000, 20_000]);
  });
});

describe('silence', () => {
  it('15_s_after_data_was_sent_a_new_handshake_begins', () => {
    const { network, alice, bob } = establishedPair();
    network.isLost = () => true;
    alice.send(bob);
    const sentAt = network.clock.now;
    network.runFor(16_000);
    const [initiation] = network.seen('initiation', alice);
    expect(initiation!.at - sentAt).toBeGreaterThanOrEqual(15_000);
    expect(initiation!.at - sentAt).toBeLessThanOrEqual(15_333);
  });

  it('the_responder_notices_it_too', () => {
    const { network, alice, bob } = establishedPair();
    network.isLost = () => true;
    bob.send(alice);
    network.runFor(16_000);
    expect(network.seen('initiation', bob)).toHaveLength(1);
  });

  it('a_keepalive_of_the_other_side_is_enough', () => {
    const { network, alice, bob } = establishedPair();
    alice.send(bob);
    network.runFor(60_000);
    expect(network.seen('initiation')).toEqual([]);
    expect(network.seen('keepalive', bob)).toHaveLength(1);
  });

  it('a_keepalive_that_is_lost_is_not_missed_by_its_sender', () => {
    const { network, alice, bob } = establishedPair();
    network.isLost = () => true;
    alice.setPersistentKeepalive(bob, 65_535);
    network.runFor(60_000);
    expect(network.seen('initiation')).toEqual([]);
  });

  it('a_peer_that_restarted_is_found_again_within_16_s_of_the_next_packet', () => {
    const { network, alice, bob } = establishedPair();
    bob.down();
    bob.up();
    alice.send(bob);
    network.runFor(15_400);
    alice.send(bob);
    network.runFor(1_000);
    expect(bob.drops('unknown-index')).toBe(1);
    expect(bob.delivered).toHaveLength(1);
  });
});

describe('persistent keepalive', () => {
  it('one_is_sent_at_once_when_it_is_enabled', () => {
    const { network, alice, bob } = establishedPair();
    alice.setPersistentKeepalive(bob, 25);
    expect(network.seen('keepalive', alice)).toHaveLength(1);
    alice.setPersistentKeepalive(bob, 26);
    expect(network.seen('keepalive', alice)).toHaveLength(1);
  });

  it('enabling_it_without_a_session_starts_one', () => {
    const { network, alice, bob } = virtualPair();
    alice.setPersistentKeepalive(bob, 25);
    network.runUntilQuiet();
    expect(network.datagrams.map(({ kind }) => kind)).toEqual(['initiation', 'response', 'keepalive']);
  });

  it('one_follows_every_interval_of_silence', () => {
    const { network, alice, bob } = establishedPair();
    alice.setPersistentKeepalive(bob, 25);
    const start = network.clock.now;
    network.runFor(100_000);
    expect(network.seen('keepalive', alice).map(({ at }) => at - start)).toEqual([
      0, 25_000, 50_000, 75_000, 100_000,
    ]);
  });

  it('authenticated_traffic_either_way_puts_it_off', () => {
    const { network, alice, bob } = establishedPair();
    alice.setPersistentKeepalive(bob, 25);
    network.datagrams = [];
    network.runFor(20_000);
    bob.setPersistentKeepalive(alice, 65_535);
    network.runUntilQuiet();
    const heardAt = network.clock.now;
    network.runFor(25_000);
    expect(network.seen('keepalive', alice).map(({ at }) => at)).toEqual([heardAt + 25_000]);
    network.isLost = () => true;
    network.runFor(5_000);
    alice.sendKeepalive(bob);
    const sentAt = network.clock.now;
    network.runFor(25_000);
    expect(network.seen('keepalive', alice).map(({ at }) => at)).toEqual([
      heardAt + 25_000,
      sentAt,
      sentAt + 25_000,
    ]);
  });

  it('forged_traffic_does_not_put_it_off', () => {
    const { network, alice, bob } = establishedPair();
    alice.setPersistentKeepalive(bob, 25);
    network.runFor(20_000);
    network.isLost = ({ from }) => from === bob;
    bob.send(alice);
    const forged = Uint8Array.from(network.latest('data', bob).bytes);
    forged[40]! ^= 1;
    alice.receive(forged, bob.outer);
    network.runFor(5_000);
    expect(network.seen('keepalive', alice)).toHaveLength(2);
  });

  it('zero_switches_it_off', () => {
    const { network, alice, bob } = establishedPair();
    alice.setPersistentKeepalive(bob, 25);
    alice.setPersistentKeepalive(bob, 0);
    network.runFor(100_000);
    expect(network.seen('keepalive')).toHaveLength(1);
  });

  it('while_the_interface_is_down_none_is_sent_and_up_sends_one_at_once', () => {
    const { network, alice, bob } = virtualPair();
    alice.down();
    alice.setPersistentKeepalive(bob, 25);
    network.runFor(100_000);
    expect(network.datagrams).toEqual([]);
    alice.up();
    expect(network.seen('initiation', alice)).toHaveLength(1);
  });

  it.each([1, 4, 5, 25, 300])('an_interval_of_%i_s_brings_a_dead_session_back', (seconds) => {
    const { network, alice, bob } = establishedPair();
    alice.setPersistentKeepalive(bob, seconds);
    network.isLost = () => true;
    network.runFor(600_000);
    network.isLost = () => false;
    network.runFor(seconds * 1_000 + 6_000);
    bob.send(alice);
    network.runUntilQuiet();
    expect(alice.delivered).toHaveLength(1);
  });
});
