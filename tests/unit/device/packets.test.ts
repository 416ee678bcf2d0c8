/** What inner packets go through: staging, padding, validation, ECN. */
import { describe, expect, it } from 'vitest';
import { faultOf, pingPacket, udpPacket } from '../../support/inner-packets.ts';
import { establishedPair, virtualPair } from '../../support/virtual-network.ts';
import type { VirtualNode } from '../../support/virtual-node.ts';

const NO_BYTES = 32;

/** An inner packet of exactly `length` bytes. */
function packetOf(length: number, alice: VirtualNode, bob: VirtualNode): Uint8Array {
  return udpPacket({
    source: alice.inner4,
    destination: bob.inner4,
    payload: new Uint8Array(length - 28).fill(7),
  });
}

describe('staged packets', () => {
  it('they_leave_in_order_when_the_session_stands', () => {
    const { network, alice, bob } = virtualPair();
    const packets = Array.from({ length: 128 }, () => alice.send(bob));
    network.runUntilQuiet();
    expect(bob.delivered).toEqual(packets);
    expect(network.seen('initiation')).toHaveLength(1);
  });

  it('beyond_128_the_oldest_are_dropped', () => {
    const { network, alice, bob } = virtualPair();
    const packets = Array.from({ length: 131 }, () => alice.send(bob));
    expect(alice.drops('staged-overflow')).toBe(3);
    network.runUntilQuiet();
    expect(bob.delivered).toEqual(packets.slice(3));
  });

  it('the_confirming_keepalive_is_not_sent_where_packets_wait', () => {
    const { network, alice, bob } = virtualPair();
    alice.send(bob);
    network.runUntilQuiet();
    expect(network.seen('keepalive')).toEqual([]);
  });

  it('a_later_packet_does_not_overtake_them', () => {
    const { network, alice, bob } = virtualPair();
    const packets = [alice.send(bob), alice.send(bob)];
    network.runFor(15);
    packets.push(alice.send(bob));
    network.runFor(10);
    packets.push(alice.send(bob));
    network.runUntilQuiet();
    expect(bob.delivered).toEqual(packets);
  });
});

describe('padding', () => {
  it.each([
    [28, 32],
    [31, 32],
    [32, 32],
    [33, 48],
    [48, 48],
    [1_408, 1_408],
    [1_409, 1_420],
    [1_419, 1_420],
    [1_420, 1_420],
    [1_421, 1_421],
    [1_500, 1_500],
  ])('a_packet_of_%i_bytes_is_padded_to_%i_at_an_MTU_of_1420', (length, padded) => {
    const { network, alice, bob } = establishedPair();
    const packet = packetOf(length, alice, bob);
    alice.sendPacket(packet);
    network.runUntilQuiet();
    expect(network.latest('data').bytes.length - NO_BYTES).toBe(padded);
    expect(bob.delivered).toEqual([packet]);
  });

  it('it_follows_the_MTU', () => {
    const { network, alice, bob } = establishedPair();
    const paddedAt = (mtu: number, length: number) => {
      alice.device.mtu = mtu;
      alice.sendPacket(packetOf(length, alice, bob));
      return network.latest('data').bytes.length - NO_BYTES;
    };
    expect(paddedAt(576, 570)).toBe(576);
    expect(paddedAt(577, 577)).toBe(577);
    expect(paddedAt(1_280, 577)).toBe(592);
    expect(paddedAt(65_535, 1_421)).toBe(1_424);
    expect(paddedAt(65_535, 65_535)).toBe(65_535);
    expect(paddedAt(1_420, 577)).toBe(592);
    network.runUntilQuiet();
    expect(bob.delivered).toHaveLength(6);
  });

  it('it_is_made_of_zeros_and_never_delivered', () => {
    const { network, alice, bob } = establishedPair();
    let sealed = new Uint8Array(0);
    alice.cipher.beforeSealing = (bytes) => {
      sealed = Uint8Array.from(bytes);
    };
    for (let length = 28; length < 80; length++) {
      const packet = packetOf(length, alice, bob);
      alice.memory.bytes.fill(0xaa, alice.input);
      alice.sendPacket(packet);
      expect(sealed).toEqual(Uint8Array.of(...packet, ...new Uint8Array(sealed.length - length)));
      network.runUntilQuiet();
      expect(bob.delivered.at(-1)).toEqual(packet);
    }
  });

  it('a_staged_packet_is_padded_as_any_other', () => {
    const { network, alice, bob } = virtualPair();
    alice.sendPacket(packetOf(33, alice, bob));
    network.runUntilQuiet();
    expect(network.latest('data').bytes.length - NO_BYTES).toBe(48);
  });

  it('bytes_behind_the_packets_own_length_are_not_sent', () => {
    const { network, alice, bob } = establishedPair();
    const packet = packetOf(33, alice, bob);
    alice.sendPacket(Uint8Array.of(...packet, ...new Uint8Array(100).fill(0xaa)));
    network.runUntilQuiet();
    expect(network.latest('data').bytes.length - NO_BYTES).toBe(48);
    expect(bob.delivered).toEqual([packet]);
  });
});

describe('an outgoing packet', () => {
  it.each([
    ['of no bytes', new Uint8Array(0)],
    ['of version 5', Uint8Array.of(0x50, ...new Uint8Array(40))],
    ['of a cut IPv4 header', Uint8Array.of(0x45, ...new Uint8Array(18))],
    ['of a cut IPv6 header', Uint8Array.of(0x60, ...new Uint8Array(38))],
    ['that claims more than it has', Uint8Array.of(0x45, 0, 0xff, 0xff, ...new Uint8Array(36))],
  ])('one %s is invalid', (_, packet) => {
    const { network, alice } = establishedPair();
    alice.sendPacket(packet);
    expect(alice.drops('invalid-packet')).toBe(1);
    expect(network.datagrams).toEqual([]);
  });

  it('to_nobodys_address_has_no_route', () => {
    const { alice } = establishedPair();
    alice.sendPacket(pingPacket({ source: '10.0.0.1', destination: '10.0.0.99' }));
    alice.sendPacket(pingPacket({ source: 'fd00::1', destination: 'fd00::99' }));
    expect(alice.drops('no-route')).toBe(2);
  });

  it('to_a_peer_without_an_endpoint_is_dropped', () => {
    const { alice, bob, network } = virtualPair({ knows: 'first' });
    bob.send(alice);
    expect(bob.drops('no-endpoint')).toBe(1);
    expect(network.datagrams).toEqual([]);
  });
});

describe('an incoming packet', () => {
  const CASES = [
    ['of version 5', 'invalid-inner-version', (packet: Uint8Array) => packet.fill(0x55, 0, 1)],
    ['that claims a byte too many', 'invalid-inner-length', (packet: Uint8Array) => packet.fill(49, 3, 4)],
    ['that claims less than a header', 'invalid-inner-length', (packet: Uint8Array) => packet.fill(19, 3, 4)],
    ['of nobody', 'disallowed-source', (packet: Uint8Array) => packet.fill(99, 15, 16)],
    ['of an address of our own', 'disallowed-source', (packet: Uint8Array) => packet.set([10, 0, 0, 2], 12)],
  ] as const;

  it.each(CASES)('one %s is dropped: %s', (_, reason, spoil) => {
    const { network, alice, bob } = establishedPair();
    const packet = packetOf(48, alice, bob);
    // Alice's own checks would not let it out: they see a good packet, and the session seals a bad one.
    alice.cipher.beforeSealing = (bytes) => void spoil(bytes);
    alice.sendPacket(packet);
    alice.cipher.beforeSealing = null;
    network.runUntilQuiet();
    expect(bob.drops(reason)).toBe(1);
    expect(bob.delivered).toEqual([]);
    alice.send(bob);
    network.runUntilQuiet();
    expect(bob.delivered).toHaveLength(1);
  });

  it('of_another_peers_address_is_disallowed', () => {
    const { network, alice, bob } = establishedPair();
    const carol = network.addNode('carol');
    network.join(bob, carol);
    alice.sendPacket(pingPacket({ source: carol.inner4, destination: bob.inner4 }));
    alice.sendPacket(pingPacket({ source: carol.inner6, destination: bob.inner6 }));
    network.runUntilQuiet();
    expect(bob.drops('disallowed-source')).toBe(2);
  });

  it('one_that_is_dropped_still_counts_as_a_sign_of_life', () => {
    const { network, alice, bob } = establishedPair();
    const { rxBytes } = bob.peerOf(alice);
    alice.sendPacket(pingPacket({ source: '10.66.0.1', destination: bob.inner4 }));
    network.runUntilQuiet();
    expect(bob.peerOf(alice).rxBytes).toBe(rxBytes + network.latest('data').bytes.length);
  });
});

describe('the traffic class', () => {
  it('handshake_messages_are_AF41', () => {
    const { network, alice, bob } = virtualPair();
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    expect(network.datagrams.map(({ kind, trafficClass }) => [kind, trafficClass])).toEqual([
      ['initiation', 0x88],
      ['response', 0x88],
      ['keepalive', 0],
    ]);
  });

  it.each([0, 1, 2, 3])('data_carries_only_the_inner_ECN_%i', (ecn) => {
    const { network, alice, bob } = establishedPair();
    for (const [source, destination] of [
      [alice.inner4, bob.inner4],
      [alice.inner6, bob.inner6],
    ] as const) {
      alice.sendPacket(udpPacket({ source, destination, trafficClass: 0xb8 | ecn }));
      expect(network.latest('data').trafficClass).toBe(ecn);
    }
  });

  it('a_staged_packet_keeps_its_ECN', () => {
    const { network, alice, bob } = virtualPair();
    alice.sendPacket(udpPacket({ source: alice.inner6, destination: bob.inner6, trafficClass: 0xb9 }));
    network.runUntilQuiet();
    expect(network.latest('data').trafficClass).toBe(1);
  });

  it.each([
    [4, 1, 3],
    [4, 2, 3],
    [4, 3, 3],
    [4, 0, 0],
    [6, 1, 3],
    [6, 2, 3],
    [6, 3, 3],
    [6, 0, 0],
  ])('congestion_on_the_way_turns_an_inner_IPv%i_ECN_of_%i_into_%i', (family, before, after) => {
    const { network, alice, bob } = establishedPair();
    network.markTrafficClass = (trafficClass) => trafficClass | 3;
    const [source, destination] = family === 4 ? [alice.inner4, bob.inner4] : [alice.inner6, bob.inner6];
    alice.sendPacket(udpPacket({ source, destination, trafficClass: 0x28 | before }));
    network.runUntilQuiet();
    const [delivered] = bob.delivered;
    const expected = udpPacket({ source, destination, trafficClass: 0x28 | after });
    expect(delivered).toEqual(expected);
    expect(faultOf(delivered!)).toBeNull();
  });

  it('an_unmarked_path_changes_no_packet', () => {
    const { network, alice, bob } = establishedPair();
    const packet = udpPacket({ source: alice.inner4, destination: bob.inner4, trafficClass: 0x2a });
    alice.sendPacket(packet);
    network.runUntilQuiet();
    expect(bob.delivered).toEqual([packet]);
  });
});
