import { describe, expect, it } from 'vitest';
import { MAX_PEERS } from '../../../engine/constants.ts';
import { PrivateKey, PublicKey } from '../../../engine/crypto/keys.ts';
import { ConfigError } from '../../../engine/errors.ts';
import { pingPacket } from '../../support/inner-packets.ts';
import { establishedPair, VirtualNetwork, virtualPair } from '../../support/virtual-network.ts';

describe('the interface goes down', () => {
  it('every_key_is_zeroed_and_every_index_forgotten', () => {
    const { network, alice, bob } = establishedPair();
    network.runFor(6_000);
    network.isLost = () => true;
    alice.initiateHandshake(bob);
    expect(alice.device.indexTable.size).toBe(2);
    alice.down();
    expect(alice.cipher.liveKeys).toBe(0);
    expect(alice.device.indexTable.size).toBe(0);
    expect(alice.peerOf(bob).nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    network.datagrams = [];
    network.runFor(3_600_000);
    expect(alice.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    expect(network.seen('initiation')).toEqual([]);
  });

  it('nothing_goes_in_or_out', () => {
    const { network, alice, bob } = establishedPair();
    alice.down();
    alice.send(bob);
    bob.send(alice);
    network.runUntilQuiet();
    expect(alice.drops('interface-down')).toBe(2);
    expect(network.seen('data', alice)).toEqual([]);
    expect(alice.delivered).toEqual([]);
  });

  it('queued_handshakes_and_staged_packets_are_dropped', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = () => true;
    alice.send(bob);
    alice.isStalled = true;
    alice.receive(Uint8Array.of(1, ...new Uint8Array(147)), bob.outer);
    alice.down();
    expect(alice.drops('interface-down')).toBe(1);
    alice.isStalled = false;
    alice.up();
    network.runFor(100_000);
    expect(alice.drops('invalid-mac1')).toBe(0);
    expect(network.seen('initiation')).toHaveLength(1);
  });

  it('peers_endpoints_and_counters_stay', () => {
    const { alice, bob } = establishedPair();
    const { rxBytes, txBytes } = alice.peerOf(bob);
    alice.down();
    expect(alice.peerOf(bob)).toMatchObject({ rxBytes, txBytes, endpoint: bob.outer });
    expect(rxBytes).toBeGreaterThan(0);
  });
});

describe('the interface comes up again', () => {
  it('a_handshake_may_start_at_once', () => {
    const { network, alice, bob } = establishedPair();
    network.runFor(20);
    alice.down();
    alice.up();
    const packet = alice.send(bob);
    network.runUntilQuiet();
    expect(bob.delivered).toEqual([packet]);
  });

  it('up_twice_is_up_once', () => {
    const { network, alice, bob } = virtualPair();
    alice.down();
    alice.setPersistentKeepalive(bob, 25);
    alice.up();
    alice.up();
    expect(network.datagrams).toHaveLength(1);
  });
});

describe('a new private key', () => {
  function rekeyed() {
    const pair = establishedPair();
    const { network, alice, bob } = pair;
    const oldPublicKey = alice.publicKey;
    const newKey = new PrivateKey(new Uint8Array(32).fill(0x33));
    return { ...pair, oldPublicKey, newKey, network, alice, bob };
  }

  it('sessions_send_no_more_and_a_handshake_starts_at_once_with_the_new_key', () => {
    const { network, alice, bob, newKey, oldPublicKey } = rekeyed();
    alice.device.setPrivateKey(newKey);
    expect(alice.publicKey.equals(oldPublicKey)).toBe(false);
    alice.send(bob);
    expect(network.seen('data')).toEqual([]);
    expect(network.seen('initiation')).toHaveLength(1);
    network.runUntilQuiet();
    expect(bob.drops('unknown-static')).toBe(1);
    network.join(alice, bob);
    network.runFor(6_000);
    expect(bob.delivered).toHaveLength(1);
  });

  it('what_is_in_flight_under_the_old_session_is_received', () => {
    const { network, alice, bob, newKey } = rekeyed();
    bob.send(alice);
    alice.device.setPrivateKey(newKey);
    network.runUntilQuiet();
    expect(alice.delivered).toHaveLength(1);
  });

  it('a_pending_handshake_of_the_old_key_is_forgotten', () => {
    const { network, alice, bob } = virtualPair();
    alice.initiateHandshake(bob);
    alice.device.setPrivateKey(new PrivateKey(new Uint8Array(32).fill(0x33)));
    network.runUntilQuiet();
    expect(alice.drops('invalid-mac1')).toBe(1);
    expect(alice.peerOf(bob).latestHandshakeMs).toBe(0);
    expect(alice.device.indexTable.size).toBe(0);
  });

  it('the_old_key_is_wiped_and_the_same_key_again_changes_nothing', () => {
    const { alice, bob, network } = establishedPair();
    const old = alice.device.privateKey!;
    alice.device.setPrivateKey(new PrivateKey(old.bytes));
    expect(alice.device.privateKey).toBe(old);
    alice.send(bob);
    network.runUntilQuiet();
    expect(bob.delivered).toHaveLength(1);
    alice.device.setPrivateKey(null);
    expect(old.isZero()).toBe(true);
  });

  it('without_one_handshakes_are_neither_made_nor_answered', () => {
    const { network, alice, bob } = virtualPair();
    bob.device.setPrivateKey(null);
    alice.send(bob);
    network.runUntilQuiet();
    expect(bob.drops('no-private-key')).toBe(1);
    bob.sendPacket(pingPacket({ source: bob.inner4, destination: alice.inner4 }));
    expect(network.seen('initiation', bob)).toEqual([]);
  });
});

describe('a peer that is ourselves', () => {
  it('it_is_not_added', () => {
    const { alice } = virtualPair();
    expect(alice.device.addPeer(alice.publicKey)).toBeNull();
    expect(alice.device.peerCount).toBe(1);
  });

  it('a_private_key_that_makes_a_peer_ourselves_removes_that_peer', () => {
    const { alice, bob } = establishedPair();
    alice.device.setPrivateKey(new PrivateKey(bob.device.privateKey!.bytes));
    expect(alice.device.peerCount).toBe(0);
    expect(alice.device.indexTable.size).toBe(0);
    expect(alice.cipher.liveKeys).toBe(0);
  });
});

describe('peers', () => {
  it('one_added_twice_is_one', () => {
    const { alice, bob } = virtualPair();
    expect(alice.device.addPeer(bob.publicKey)).toBe(alice.peerOf(bob));
  });

  it('a_removed_one_leaves_no_key_no_index_no_route_and_no_timer', () => {
    const { alice, bob } = establishedPair();
    alice.setPersistentKeepalive(bob, 25);
    const peer = alice.peerOf(bob);
    alice.device.removePeer(peer);
    alice.send(bob);
    expect(alice.drops('no-route')).toBe(1);
    expect(alice.device.allowedIpsOf(peer)).toEqual([]);
    expect([alice.cipher.liveKeys, alice.device.indexTable.size]).toEqual([0, 0]);
    expect(peer.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
  });

  it('a_third_node_shares_nothing_with_the_session_of_two', () => {
    const network = new VirtualNetwork();
    const [alice, bob, carol] = ['alice', 'bob', 'carol'].map((name) => network.addNode(name));
    network.join(alice!, bob!);
    network.join(alice!, carol!);
    alice!.send(bob!);
    alice!.send(carol!);
    network.runUntilQuiet();
    expect([bob!.delivered.length, carol!.delivered.length]).toEqual([1, 1]);
    const [first] = network.seen('data');
    carol!.receive(first!.bytes, alice!.outer);
    expect(carol!.drops('unknown-index')).toBe(1);
  });

  it('there_are_at_most_65536', () => {
    const network = new VirtualNetwork();
    const { device } = network.addNode('alice');
    const bytes = new Uint8Array(32);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < MAX_PEERS; i++) {
      view.setUint32(0, i + 1);
      device.addPeer(new PublicKey(bytes));
    }
    expect(device.peerCount).toBe(65_536);
    view.setUint32(0, MAX_PEERS + 1);
    expect(() => device.addPeer(new PublicKey(bytes))).toThrow(ConfigError);
  });
});
