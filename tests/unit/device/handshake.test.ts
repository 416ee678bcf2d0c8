import { describe, expect, it } from 'vitest';
import { PresharedKey, PublicKey } from '../../../engine/crypto/keys.ts';
import { CookieJar } from '../../../engine/noise/cookie.ts';
import { IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { parseHandshakeMessage } from '../../../engine/wire/messages.ts';
import { establishedPair, VirtualNetwork, virtualPair } from '../../support/virtual-network.ts';
import { endpoint } from '../../support/virtual-node.ts';

const PSK = new PresharedKey(new Uint8Array(32).fill(0x5a));

describe('a handshake', () => {
  it.each([
    ['without_a_preshared_key', undefined],
    ['with_a_preshared_key', PSK],
  ])('the_first_packet_starts_it_and_arrives_%s', (_, presharedKey) => {
    const { network, alice, bob } = virtualPair(presharedKey === undefined ? {} : { presharedKey });
    const packet = alice.send(bob);
    network.runUntilQuiet();
    expect(bob.delivered).toEqual([packet]);
    expect(network.datagrams.map(({ kind }) => kind)).toEqual(['initiation', 'response', 'data']);
    const answer = bob.send(alice, 6);
    network.runUntilQuiet();
    expect(alice.delivered).toEqual([answer]);
  });

  it('its_messages_have_148_92_and_32_bytes', () => {
    const { network, alice, bob } = virtualPair();
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    expect(network.datagrams.map(({ bytes }) => bytes.length)).toEqual([148, 92, 32]);
  });

  it('the_initiator_confirms_at_once_with_a_keepalive_where_nothing_waits', () => {
    const { network, alice, bob } = virtualPair();
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    expect(network.datagrams.map(({ kind }) => kind)).toEqual(['initiation', 'response', 'keepalive']);
    expect(network.latest('keepalive').from).toBe(alice);
  });

  it('keepalive_is_not_answered_with_keepalive', () => {
    const { network } = establishedPair();
    network.runFor(60_000);
    expect(network.datagrams).toEqual([]);
  });

  it('the_responder_sends_data_only_after_the_first_packet_of_the_initiator', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = ({ kind }) => kind === 'keepalive';
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    bob.send(alice);
    network.runUntilQuiet();
    expect(network.seen('data', bob)).toEqual([]);
    network.isLost = () => false;
    alice.send(bob);
    network.runUntilQuiet();
    expect(network.seen('data', bob)).toHaveLength(1);
    expect(alice.delivered).toHaveLength(1);
  });

  it('latest_handshake_is_wall_time_and_set_on_both_sides', () => {
    const { network, alice, bob } = virtualPair();
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    expect(alice.peerOf(bob).latestHandshakeMs).toBe(network.clock.wallMs() - 10);
    expect(bob.peerOf(alice).latestHandshakeMs).toBe(network.clock.wallMs());
  });

  it('rx_and_tx_count_authenticated_datagrams_of_every_kind', () => {
    const { alice, bob, network } = virtualPair();
    alice.send(bob);
    network.runUntilQuiet();
    const data = network.latest('data').bytes.length;
    expect([alice.peerOf(bob).txBytes, alice.peerOf(bob).rxBytes]).toEqual([148 + data, 92]);
    expect([bob.peerOf(alice).rxBytes, bob.peerOf(alice).txBytes]).toEqual([148 + data, 92]);
  });
});

describe('a preshared key', () => {
  it('a_different_one_makes_the_response_invalid_and_no_session', () => {
    const { network, alice, bob } = virtualPair();
    alice.peerOf(bob).setPresharedKey(PSK);
    alice.send(bob);
    network.runFor(4_000);
    expect(alice.drops('invalid-response')).toBe(1);
    expect(bob.delivered).toEqual([]);
  });

  it('once_it_is_right_the_next_attempt_succeeds', () => {
    const { network, alice, bob } = virtualPair();
    alice.peerOf(bob).setPresharedKey(PSK);
    alice.send(bob);
    network.runFor(4_000);
    bob.peerOf(alice).setPresharedKey(PSK);
    network.runFor(4_000);
    expect(bob.delivered).toHaveLength(1);
  });

  it('a_new_one_leaves_the_session_and_holds_for_the_next', () => {
    const { network, alice, bob } = establishedPair();
    alice.peerOf(bob).setPresharedKey(PSK);
    alice.send(bob);
    network.runUntilQuiet();
    expect(bob.delivered).toHaveLength(1);
    network.runFor(121_000);
    alice.send(bob);
    network.runFor(1_000);
    expect(alice.drops('invalid-response')).toBe(1);
  });
});

describe('an initiation', () => {
  it('of_a_key_that_is_no_peer_is_an_unknown_static', () => {
    const { network, alice, bob } = virtualPair();
    bob.device.removePeer(bob.peerOf(alice));
    alice.send(bob);
    network.runFor(1_000);
    expect(bob.drops('unknown-static')).toBe(1);
    expect(network.seen('response')).toEqual([]);
  });

  it('sent_again_by_an_eavesdropper_is_a_replayed_timestamp', () => {
    const { network, alice, bob } = establishedPair();
    network.runFor(125_000);
    alice.send(bob);
    network.runUntilQuiet();
    const { bytes, source } = network.latest('initiation');
    network.runFor(1_000);
    const before = bob.snapshot();
    bob.receive(bytes, source);
    expect(bob.drops('replayed-timestamp')).toBe(1);
    expect(bob.snapshot()).toEqual(before);
  });

  it('with_an_earlier_timestamp_than_the_greatest_seen_is_refused_after_a_restart_too', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = () => true;
    alice.initiateHandshake(bob);
    network.runFor(6_000);
    const [first, second] = network.seen('initiation');
    bob.receive(second!.bytes, second!.source);
    bob.down();
    bob.up();
    network.runFor(1_000);
    bob.receive(first!.bytes, first!.source);
    expect(bob.drops('replayed-timestamp')).toBe(1);
  });

  it('within_20_ms_of_the_last_is_a_flood_and_at_20_ms_it_is_not', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = () => true;
    alice.initiateHandshake(bob);
    network.runFor(20_000);
    const [first, second, third] = network.seen('initiation');
    bob.receive(first!.bytes, first!.source);
    network.runFor(19);
    bob.receive(second!.bytes, second!.source);
    expect(bob.drops('initiation-flood')).toBe(1);
    network.runFor(1);
    bob.receive(third!.bytes, third!.source);
    expect(bob.drops('initiation-flood')).toBe(1);
    expect(network.seen('response', bob)).toHaveLength(2);
  });

  it('a_flooding_initiation_does_not_use_up_its_timestamp', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = () => true;
    alice.initiateHandshake(bob);
    network.runFor(6_000);
    const [first, second] = network.seen('initiation');
    bob.receive(first!.bytes, first!.source);
    bob.receive(second!.bytes, second!.source);
    network.runFor(20);
    bob.receive(second!.bytes, second!.source);
    expect(network.seen('response', bob)).toHaveLength(2);
  });

  it('is_not_sent_to_a_peer_with_a_low_order_key', () => {
    const network = new VirtualNetwork();
    const alice = network.addNode('alice');
    const peer = alice.device.addPeer(new PublicKey(new Uint8Array(32)))!;
    peer.endpoint = endpoint('192.0.2.9:1');
    alice.device.addAllowedIp(IpPrefix.parse('0.0.0.0/0')!, peer);
    alice.device.initiateHandshake(peer, network.clock.now, alice);
    network.runFor(100_000);
    expect(network.datagrams).toEqual([]);
    expect(alice.device.indexTable.size).toBe(0);
  });
});

describe('a response', () => {
  it('to_nothing_that_is_pending_is_unexpected', () => {
    const { network, alice, bob } = virtualPair();
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    const { bytes, source } = network.latest('response');
    const before = alice.snapshot();
    alice.receive(bytes, source);
    expect(alice.drops('unexpected-response')).toBe(1);
    expect(alice.snapshot()).toEqual(before);
  });

  it('to_an_initiation_that_was_replaced_is_unexpected', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = ({ kind }) => kind === 'response';
    alice.initiateHandshake(bob);
    network.runFor(5_400);
    const [toTheFirst, toTheSecond] = network.seen('response');
    alice.receive(toTheFirst!.bytes, bob.outer);
    expect(alice.drops('unexpected-response')).toBe(1);
    network.isLost = () => false;
    alice.receive(toTheSecond!.bytes, bob.outer);
    network.runUntilQuiet();
    alice.send(bob);
    network.runUntilQuiet();
    expect(bob.delivered).toHaveLength(1);
  });

  it('that_is_bad_does_not_clear_the_pending_state', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = ({ kind }) => kind === 'response';
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    const genuine = network.latest('response').bytes;
    const before = alice.snapshot();
    alice.receive(forged(genuine, alice.publicKey), bob.outer);
    expect(alice.drops('invalid-response')).toBe(1);
    expect(alice.snapshot()).toEqual(before);
    alice.receive(genuine, bob.outer);
    network.runUntilQuiet();
    expect(alice.peerOf(bob).latestHandshakeMs).toBeGreaterThan(0);
    expect(network.seen('keepalive', alice)).toHaveLength(1);
  });
});

/** A response whose mac1 is right, as anybody can make it, and whose AEAD is not. */
function forged(response: Uint8Array, receiver: PublicKey): Uint8Array {
  const copy = Uint8Array.from(response);
  copy[50]! ^= 1;
  const message = parseHandshakeMessage(copy);
  if (message.kind === 'response') new CookieJar(receiver.bytes).fillMacs(message.macs, 0);
  return copy;
}

describe('indices', () => {
  it('every_handshake_has_fresh_random_ones', () => {
    const { network, alice, bob } = virtualPair();
    const indices = new Set<number>();
    for (let i = 0; i < 40; i++) {
      alice.send(bob);
      network.runFor(200_000);
    }
    for (const { bytes } of [...network.seen('initiation'), ...network.seen('response')])
      indices.add(new DataView(bytes.buffer).getUint32(4, true));
    expect(indices.size).toBe(80);
    expect(Math.max(...indices)).toBeGreaterThan(2 ** 31);
    expect(Math.min(...indices)).toBeLessThan(2 ** 28);
  });

  it('none_is_left_behind_by_handshakes_and_rekeys', () => {
    const { network, alice, bob } = virtualPair();
    for (let i = 0; i < 20; i++) {
      alice.send(bob);
      bob.send(alice);
      network.runFor(130_000);
    }
    expect(alice.device.indexTable.size).toBeLessThanOrEqual(3);
    expect(bob.device.indexTable.size).toBeLessThanOrEqual(3);
    expect(alice.cipher.liveKeys).toBeLessThanOrEqual(6);
    network.runFor(600_000);
    expect([alice.device.indexTable.size, bob.device.indexTable.size]).toEqual([0, 0]);
    expect([alice.cipher.liveKeys, bob.cipher.liveKeys]).toEqual([0, 0]);
  });
});
