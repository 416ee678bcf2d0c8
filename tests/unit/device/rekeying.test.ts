import { describe, expect, it, vi } from 'vitest';
import type { Keypair } from '../../../engine/noise/keypair.ts';
import { establishedPair, virtualPair } from '../../support/virtual-network.ts';
import type { VirtualNode } from '../../support/virtual-node.ts';

const indexOf = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint32(4, true);

describe('a new handshake in time', () => {
  it('the_initiator_asks_for_it_when_it_sends_under_a_key_of_120_s', () => {
    const { network, alice, bob } = establishedPair();
    const createdAt = network.clock.now - 10;
    network.runUntil(createdAt + 119_999);
    alice.send(bob);
    expect(network.seen('initiation')).toEqual([]);
    network.runUntil(createdAt + 120_000);
    alice.send(bob);
    expect(network.seen('initiation', alice)).toHaveLength(1);
    network.runUntilQuiet();
    expect(bob.delivered).toHaveLength(2);
  });

  it('the_responder_does_not_ask_at_120_s', () => {
    const { network, alice, bob } = establishedPair();
    network.runFor(150_000);
    bob.send(alice);
    network.runUntilQuiet();
    expect(network.seen('initiation')).toEqual([]);
    expect(alice.delivered).toHaveLength(1);
  });

  it('the_initiator_asks_once_when_it_receives_under_a_key_of_165_s', () => {
    const { network, alice, bob } = establishedPair();
    const createdAt = network.clock.now - 10;
    network.runUntil(createdAt + 164_980);
    bob.send(alice);
    network.runUntilQuiet();
    expect(network.seen('initiation')).toEqual([]);
    network.isLost = ({ kind }) => kind === 'initiation';
    network.runUntil(createdAt + 165_000);
    bob.send(alice);
    network.runUntilQuiet();
    bob.send(alice);
    network.runUntilQuiet();
    expect(network.seen('initiation', alice)).toHaveLength(1);
    expect(alice.delivered).toHaveLength(3);
    // Once: 5 s later only the retransmission timer, which has jitter, may ask again.
    const askedAt = network.latest('initiation').at;
    network.runUntil(askedAt + 4_990);
    bob.send(alice);
    network.runUntil(askedAt + 5_000);
    expect(alice.delivered).toHaveLength(4);
    expect(network.seen('initiation', alice)).toHaveLength(1);
  });

  it('after_the_new_session_it_may_ask_again', () => {
    const { network, alice, bob } = establishedPair();
    for (let i = 1; i <= 3; i++) {
      network.runFor(166_000);
      bob.send(alice);
      network.runUntilQuiet();
      expect(network.seen('initiation', alice)).toHaveLength(i);
    }
  });

  it('an_initiation_is_suppressed_within_5_s_of_an_initiation', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = () => true;
    alice.initiateHandshake(bob);
    for (let i = 0; i < 49; i++) {
      network.runFor(100);
      alice.initiateHandshake(bob);
      alice.send(bob);
    }
    expect(network.seen('initiation')).toHaveLength(1);
    network.runFor(100);
    alice.initiateHandshake(bob);
    expect(network.seen('initiation')).toHaveLength(2);
  });

  it('an_initiation_is_suppressed_within_5_s_of_a_response', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = ({ kind }) => kind === 'keepalive';
    alice.initiateHandshake(bob);
    network.runFor(20);
    const respondedAt = network.latest('response').at;
    bob.initiateHandshake(alice);
    network.runUntil(respondedAt + 4_999);
    bob.initiateHandshake(alice);
    expect(network.seen('initiation', bob)).toEqual([]);
    network.runUntil(respondedAt + 5_000);
    bob.initiateHandshake(alice);
    expect(network.seen('initiation', bob)).toHaveLength(1);
  });
});

/** The keypair under which a node receives what was last sent to it. */
function keypairUnder(datagram: Uint8Array, receiver: VirtualNode): Keypair {
  const entry = receiver.device.indexTable.get(indexOf(datagram));
  if (entry?.kind !== 'keypair') throw new Error('no keypair has this index');
  return entry.keypair;
}

describe('a worn-out key', () => {
  it('past_2_to_the_60_messages_whoever_sends_asks_for_a_new_handshake_and_the_packet_goes_still', () => {
    const { network, alice, bob } = establishedPair();
    alice.send(bob);
    network.runFor(6_000);
    vi.spyOn(keypairUnder(network.latest('data').bytes, bob), 'isWornOut').mockReturnValue(true);
    bob.send(alice);
    expect(network.seen('initiation', bob)).toHaveLength(1);
    network.runUntilQuiet();
    expect(alice.delivered).toHaveLength(1);
  });

  it('at_the_last_counter_packets_wait_for_the_next_session', () => {
    const { network, alice, bob } = establishedPair();
    bob.send(alice);
    network.runFor(6_000);
    vi.spyOn(keypairUnder(network.latest('data').bytes, alice), 'canSend').mockReturnValue(false);
    const packet = alice.send(bob);
    expect(network.seen('data', alice)).toEqual([]);
    network.runUntilQuiet();
    expect(bob.delivered).toEqual([packet]);
  });
});

describe('key rotation', () => {
  it('packets_in_flight_under_the_previous_key_still_arrive', () => {
    const { network, alice, bob } = establishedPair();
    network.runFor(60_000);
    network.setLink(alice, { delayMs: 3_000 });
    const late = [alice.send(bob), alice.send(bob)];
    network.setLink(alice, { delayMs: 10 });
    bob.initiateHandshake(alice);
    network.runFor(500);
    const fresh = alice.send(bob);
    network.runFor(10_000);
    expect(bob.delivered).toEqual([fresh, ...late]);
  });

  it('the_initiators_packets_under_the_old_key_arrive_after_the_response', () => {
    const { network, alice, bob } = establishedPair();
    network.runFor(121_000);
    network.setLink(bob, { delayMs: 400 });
    const early = bob.send(alice);
    network.setLink(bob, { delayMs: 10 });
    const asking = alice.send(bob);
    network.runFor(1_000);
    expect(network.seen('response')).toHaveLength(1);
    expect(alice.delivered).toEqual([early]);
    expect(bob.delivered).toEqual([asking]);
  });

  it('the_responder_goes_on_under_current_until_next_is_confirmed', () => {
    const { network, alice, bob } = establishedPair();
    bob.send(alice);
    const oldIndex = indexOf(network.latest('data', bob).bytes);
    network.runFor(121_000);
    network.isLost = ({ kind, from }) => from === alice && kind === 'keepalive';
    alice.initiateHandshake(bob);
    network.runFor(1_000);
    bob.send(alice);
    expect(indexOf(network.latest('data', bob).bytes)).toBe(oldIndex);
    network.isLost = () => false;
    alice.send(bob);
    network.runUntilQuiet();
    bob.send(alice);
    expect(indexOf(network.latest('data', bob).bytes)).not.toBe(oldIndex);
    network.runUntilQuiet();
    expect(alice.delivered).toHaveLength(3);
  });

  it('a_packet_under_the_key_before_the_previous_has_an_unknown_index', () => {
    const { network, alice, bob } = establishedPair();
    network.isLost = ({ kind }) => kind === 'data';
    alice.send(bob);
    network.isLost = () => false;
    const old = network.latest('data').bytes;
    for (let i = 0; i < 2; i++) {
      network.runFor(6_000);
      alice.initiateHandshake(bob);
      network.runUntilQuiet();
    }
    bob.receive(old, alice.outer);
    expect(bob.drops('unknown-index')).toBe(1);
  });

  it('initiator_and_responder_may_change_places', () => {
    const { network, alice, bob } = establishedPair();
    let sent = 0;
    for (let i = 0; i < 20; i++) {
      network.runFor(7_000);
      const [initiator, responder] = i % 2 === 0 ? [alice, bob] : [bob, alice];
      initiator.initiateHandshake(responder);
      for (let step = 0; step < 6; step++) {
        alice.send(bob);
        bob.send(alice);
        sent++;
        network.runFor(5);
      }
    }
    network.runFor(100);
    expect([alice.delivered.length, bob.delivered.length]).toEqual([sent, sent]);
  });
});

describe('the end of a key', () => {
  it('at_180_s_it_is_not_accepted_any_more', () => {
    const { network, alice, bob } = establishedPair();
    network.isLost = () => true;
    const createdAtBob = network.clock.now - 20;
    alice.send(bob);
    alice.send(bob);
    network.isLost = () => false;
    const [first, second] = network.seen('data').map(({ bytes }) => bytes);
    bob.device.clearSources();
    network.isLost = () => true;
    network.runUntil(createdAtBob + 179_999);
    bob.receive(first!, alice.outer);
    expect(bob.delivered).toHaveLength(1);
    network.runUntil(createdAtBob + 180_000);
    bob.receive(second!, alice.outer);
    expect(bob.drops('expired-key')).toBe(1);
    expect(bob.delivered).toHaveLength(1);
  });

  it('at_180_s_it_sends_no_more_and_the_packet_waits_for_the_next', () => {
    const { network, alice, bob } = establishedPair();
    network.runFor(180_000);
    const packet = alice.send(bob);
    expect(network.seen('data')).toEqual([]);
    expect(network.seen('initiation')).toHaveLength(1);
    network.runUntilQuiet();
    expect(bob.delivered).toEqual([packet]);
  });

  it('540_s_after_the_last_session_every_key_is_zeroed', () => {
    const { network, alice, bob } = establishedPair();
    const derivedAtBob = network.clock.now - 20;
    network.runUntil(derivedAtBob + 539_999);
    expect([alice.cipher.liveKeys, bob.cipher.liveKeys]).toEqual([2, 2]);
    network.runUntil(derivedAtBob + 540_000);
    expect([alice.cipher.liveKeys, bob.cipher.liveKeys]).toEqual([2, 0]);
    network.runUntil(derivedAtBob + 540_010);
    expect([alice.cipher.liveKeys, bob.cipher.liveKeys]).toEqual([0, 0]);
    expect([alice.device.indexTable.size, bob.device.indexTable.size]).toEqual([0, 0]);
    expect(network.datagrams).toEqual([]);
    alice.send(bob);
    network.runUntilQuiet();
    expect(bob.delivered).toHaveLength(1);
  });
});
