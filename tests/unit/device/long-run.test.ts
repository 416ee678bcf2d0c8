/** 24 hours in seconds: the clock goes from event to event. */
import { describe, expect, it } from 'vitest';
import type { VirtualPair } from '../../support/virtual-network.ts';
import { virtualPair } from '../../support/virtual-network.ts';

const DAY_MS = 24 * 3_600_000;

/** The initiations and responses of a whole run, with the rest forgotten. */
function countHandshakes({ network }: VirtualPair) {
  const counts = { initiation: 0, response: 0 };
  network.isRecording = false;
  network.isLost = ({ kind }) => {
    if (kind === 'initiation' || kind === 'response') counts[kind]++;
    return false;
  };
  return counts;
}

describe('24 hours', () => {
  it('steady_traffic_both_ways_loses_no_packet_across_rekeys', () => {
    const pair = virtualPair({ seed: 24, link: { delayMs: 20, jitterMs: 15, loss: 0, duplication: 0 } });
    const { network, alice, bob } = pair;
    const counts = countHandshakes(pair);
    const end = network.clock.now + DAY_MS;
    let sent = 0;
    while (network.clock.now < end) {
      alice.send(bob);
      bob.send(alice, 6);
      sent++;
      network.runFor(network.random.below(14_000));
    }
    network.runFor(1_000);
    expect([alice.delivered.length, bob.delivered.length]).toEqual([sent, sent]);
    // The first handshakes cross: one end lets its own go.
    expect({ ...alice.device.drops.toJSON(), ...bob.device.drops.toJSON() }).toEqual({
      'unexpected-response': 1,
    });
    expect(counts.initiation).toBeGreaterThan(DAY_MS / 130_000);
    expect(counts.initiation).toBeLessThan(DAY_MS / 115_000);
    expect(counts.response).toBe(counts.initiation);
    console.log(`24 h: ${2 * sent} packets, none lost, ${counts.initiation} handshakes`);
  });

  it.each([
    ['the_initiator_alone', 0],
    ['the_responder_alone', 1],
  ])('one_way_traffic_of_%s_loses_no_packet', (_, who) => {
    const pair = virtualPair({ seed: 25 });
    const { network, alice, bob } = pair;
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    countHandshakes(pair);
    const [from, to] = who === 0 ? [alice, bob] : [bob, alice];
    const end = network.clock.now + DAY_MS;
    let sent = 0;
    while (network.clock.now < end) {
      from.send(to);
      sent++;
      network.runFor(12_000);
    }
    expect(to.delivered).toHaveLength(sent);
    expect(from.device.drops.toJSON()).toEqual({});
    expect(to.device.drops.toJSON()).toEqual({});
  });

  it.each([
    ['the_initiator', 0],
    ['the_responder', 1],
  ])('an_idle_tunnel_with_persistent_keepalive_of_%s_is_always_ready', (_, who) => {
    const pair = virtualPair({ seed: 26 });
    const { network, alice, bob } = pair;
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    const counts = countHandshakes(pair);
    const [keeper, other] = who === 0 ? [alice, bob] : [bob, alice];
    keeper.setPersistentKeepalive(other, 25);
    for (let hour = 0; hour < 24; hour++) {
      network.runFor(3_600_000);
      other.send(keeper);
      keeper.send(other);
      network.runUntilQuiet();
      expect([alice.delivered.length, bob.delivered.length]).toEqual([hour + 1, hour + 1]);
    }
    expect(alice.device.drops.toJSON()).toEqual({});
    expect(bob.device.drops.toJSON()).toEqual({});
    expect(counts.initiation).toBeGreaterThan(DAY_MS / 180_000);
    expect(counts.initiation).toBeLessThan(DAY_MS / 115_000);
  });

  it('bursts_with_pauses_of_every_length_lose_no_packet', () => {
    const pair = virtualPair({ seed: 27 });
    const { network, alice, bob } = pair;
    countHandshakes(pair);
    const end = network.clock.now + DAY_MS;
    let [fromAlice, fromBob] = [0, 0];
    while (network.clock.now < end) {
      const isAlice = network.random.chance(0.5);
      const burst = 1 + network.random.below(20);
      for (let i = 0; i < burst; i++) {
        if (isAlice) alice.send(bob);
        else bob.send(alice);
      }
      if (isAlice) fromAlice += burst;
      else fromBob += burst;
      network.runFor(2 ** (network.random.fraction() * 20));
    }
    network.runFor(20_000);
    expect([bob.delivered.length, alice.delivered.length]).toEqual([fromAlice, fromBob]);
  });

  it('a_silent_tunnel_sends_nothing', () => {
    const { network, alice, bob } = virtualPair();
    alice.send(bob);
    network.runFor(60_000);
    network.datagrams = [];
    network.runFor(DAY_MS);
    expect(network.datagrams).toEqual([]);
    expect([alice.cipher.liveKeys, bob.cipher.liveKeys]).toEqual([0, 0]);
  });
});
