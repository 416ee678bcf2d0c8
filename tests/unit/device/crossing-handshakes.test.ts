import { describe, expect, it } from 'vitest';
import { establishedPair, virtualPair } from '../../support/virtual-network.ts';

describe('both ends initiate at once', () => {
  it('a_session_works_both_ways_as_soon_as_the_messages_crossed', () => {
    const { network, alice, bob } = virtualPair();
    alice.send(bob);
    bob.send(alice);
    network.runUntilQuiet();
    expect([alice.delivered.length, bob.delivered.length]).toEqual([1, 1]);
    expect(network.seen('initiation')).toHaveLength(2);
    for (let i = 0; i < 10; i++) {
      alice.send(bob);
      bob.send(alice);
      network.runFor(1_000);
    }
    expect([alice.delivered.length, bob.delivered.length]).toEqual([11, 11]);
    expect(network.seen('initiation')).toHaveLength(2);
  });

  it.each([0, 1, 5, 9, 10, 11, 15, 19, 20, 21, 30])('a_start_%i_ms_later_loses_nothing', (delay) => {
    const { network, alice, bob } = establishedPair();
    network.runFor(200_000);
    alice.send(bob);
    network.runFor(delay);
    bob.send(alice);
    network.runUntilQuiet();
    expect([alice.delivered.length, bob.delivered.length]).toEqual([1, 1]);
    alice.send(bob);
    bob.send(alice);
    network.runUntilQuiet();
    expect([alice.delivered.length, bob.delivered.length]).toEqual([2, 2]);
  });
});

describe('handshakes that crossed', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'both_ends_settle_on_one_session_and_one_of_them_renews_it_with_seed_%i',
    (seed) => {
      const { network, alice, bob } = virtualPair({ seed });
      alice.send(bob);
      bob.send(alice);
      network.runFor(1_000);
      network.datagrams = [];
      let sent = 1;
      for (; sent < 500; sent++) {
        alice.send(bob);
        bob.send(alice);
        network.runFor(1_000);
      }
      expect([alice.delivered.length, bob.delivered.length]).toEqual([sent, sent]);
      expect(network.seen('initiation')).toHaveLength(4);
      expect(new Set(network.seen('initiation').map(({ from }) => from)).size).toBe(1);
      const drops = [alice.device.drops.toJSON(), bob.device.drops.toJSON()];
      expect(drops.filter((dropped) => Object.keys(dropped).length > 0)).toEqual([
        { 'unexpected-response': 1 },
      ]);
    },
  );
});
