import { beforeEach, describe, expect, it } from 'vitest';
import { CookieJar } from '../../../engine/noise/cookie.ts';
import { parseHandshakeMessage } from '../../../engine/wire/messages.ts';
import { type VirtualPair, virtualPair } from '../../support/virtual-network.ts';
import { endpoint, type VirtualNode } from '../../support/virtual-node.ts';

const STRANGER = endpoint('203.0.113.7:7');
const NO_MAC = new Uint8Array(16);

let pair: VirtualPair;

beforeEach(() => {
  pair = virtualPair();
});

/** Messages that fill the queue and cost little: their mac1 is wrong. */
function queueJunk(node: VirtualNode, count: number): void {
  const junk = new Uint8Array(148);
  junk[0] = 1;
  node.isStalled = true;
  for (let i = 0; i < count; i++) node.receive(junk, STRANGER);
}

function overload(node: VirtualNode): void {
  queueJunk(node, 512);
  node.isStalled = false;
  while (node.device.nextDeadline() === Number.NEGATIVE_INFINITY) node.settle();
}

/** An initiation of alice's whose mac1 is right, carried by the eavesdropper's hand. */
function initiation(): Uint8Array {
  const { network, alice, bob } = pair;
  const isLost = network.isLost;
  network.isLost = ({ kind }) => kind === 'initiation';
  alice.initiateHandshake(bob);
  network.isLost = isLost;
  return network.latest('initiation').bytes;
}

const mac2Of = (datagram: Uint8Array) => datagram.slice(-16);

describe('under load', () => {
  it('it_begins_at_512_queued_handshake_messages', () => {
    const { network, bob } = pair;
    const genuine = initiation();
    queueJunk(bob, 510);
    bob.receive(genuine, pair.alice.outer);
    bob.isStalled = false;
    for (let i = 0; i < 10; i++) bob.settle();
    expect(network.seen('cookie-reply')).toEqual([]);
    expect(network.seen('response')).toHaveLength(1);
  });

  it('with_512_queued_a_message_without_mac2_gets_a_cookie_reply_and_nothing_else', () => {
    const { network, bob } = pair;
    const genuine = initiation();
    bob.isStalled = true;
    bob.receive(genuine, pair.alice.outer);
    queueJunk(bob, 511);
    bob.isStalled = false;
    for (let i = 0; i < 10; i++) bob.settle();
    expect(network.seen('cookie-reply')).toHaveLength(1);
    expect(network.seen('response')).toEqual([]);
    expect(bob.drops('cookie-required')).toBe(1);
    expect(network.latest('cookie-reply')).toMatchObject({
      destination: pair.alice.outer,
      trafficClass: 0x88,
    });
  });

  it('it_lingers_for_one_second', () => {
    const { network, bob } = pair;
    const genuine = initiation();
    overload(bob);
    network.runFor(999);
    bob.receive(genuine, pair.alice.outer);
    expect(network.seen('cookie-reply')).toHaveLength(1);
    network.runFor(1);
    bob.receive(genuine, pair.alice.outer);
    expect(network.seen('cookie-reply')).toHaveLength(1);
    expect(network.seen('response')).toHaveLength(1);
  });

  it('an_invalid_mac1_is_not_even_worth_a_cookie_reply', () => {
    const { network, bob } = pair;
    overload(bob);
    bob.receive(Uint8Array.of(1, ...new Uint8Array(147)), STRANGER);
    expect(network.datagrams).toEqual([]);
    expect(bob.drops('invalid-mac1')).toBe(513);
  });

  it('transport_data_is_not_asked_for_a_cookie', () => {
    const { network, alice, bob } = pair;
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    overload(bob);
    alice.send(bob);
    network.runUntilQuiet();
    expect(bob.delivered).toHaveLength(1);
    expect(network.seen('cookie-reply')).toEqual([]);
  });

  it('past_4096_queued_messages_the_rest_are_dropped', () => {
    const { bob } = pair;
    queueJunk(bob, 4_100);
    expect(bob.drops('handshake-queue-full')).toBe(4);
    bob.isStalled = false;
    while (bob.device.nextDeadline() === Number.NEGATIVE_INFINITY) bob.settle();
    expect(bob.drops('invalid-mac1')).toBe(4_096);
  });

  it('an_old_mac2_is_not_looked_at_without_load', () => {
    const { network, bob } = pair;
    const genuine = Uint8Array.from(initiation());
    genuine.fill(0xff, 132);
    bob.receive(genuine, pair.alice.outer);
    expect(network.seen('response')).toHaveLength(1);
  });
});

describe('a cookie', () => {
  it('the_retransmission_carries_it_and_is_accepted', () => {
    const { network, alice, bob } = pair;
    overload(bob);
    alice.send(bob);
    network.runUntilQuiet();
    expect(network.seen('cookie-reply')).toHaveLength(1);
    // A flood that goes on: bob is under load still when alice comes again.
    network.runFor(5_000 - 20);
    overload(bob);
    network.runFor(700);
    const [first, second] = network.seen('initiation');
    expect(mac2Of(first!.bytes)).toEqual(NO_MAC);
    expect(mac2Of(second!.bytes)).not.toEqual(NO_MAC);
    expect(network.seen('cookie-reply')).toHaveLength(1);
    expect(bob.delivered).toHaveLength(1);
  });

  it('its_arrival_never_triggers_an_immediate_resend', () => {
    const { network, alice, bob } = pair;
    overload(bob);
    alice.send(bob);
    network.runUntilQuiet();
    network.runFor(4_900);
    expect(network.seen('initiation')).toHaveLength(1);
    expect(network.seen('cookie-reply')).toHaveLength(1);
  });

  it('a_response_gets_one_too_from_an_initiator_under_load', () => {
    const { network, alice, bob } = pair;
    alice.initiateHandshake(bob);
    overload(alice);
    network.runUntilQuiet();
    expect(network.seen('response', bob)).toHaveLength(1);
    expect(network.seen('cookie-reply', alice)).toHaveLength(1);
    expect(alice.drops('cookie-required')).toBe(1);
    // bob took it: what he sends next carries mac2.
    network.runFor(5_400);
    expect(mac2Of(network.latest('response', bob).bytes)).not.toEqual(NO_MAC);
  });

  it('it_is_used_for_115_s', () => {
    const { network, alice, bob } = pair;
    overload(bob);
    alice.send(bob);
    network.runUntilQuiet();
    const arrivedAt = network.clock.now;
    network.isLost = () => true;
    network.runUntil(arrivedAt + 114_900);
    alice.initiateHandshake(bob);
    const initiations = network.seen('initiation').slice(1);
    expect(initiations.every(({ bytes }) => Buffer.compare(mac2Of(bytes), NO_MAC) !== 0)).toBe(true);
    network.runUntil(arrivedAt + 115_000);
    network.runFor(5_400);
    expect(mac2Of(network.latest('initiation').bytes)).toEqual(NO_MAC);
  });

  it('a_reply_to_an_unknown_index_or_to_nothing_sent_is_unexpected', () => {
    const { network, alice, bob } = pair;
    overload(bob);
    alice.send(bob);
    network.runUntilQuiet();
    const reply = Uint8Array.from(network.latest('cookie-reply').bytes);
    alice.receive(reply, bob.outer);
    expect(alice.drops('unexpected-cookie-reply')).toBe(1);
    reply[4]! ^= 1;
    alice.receive(reply, bob.outer);
    expect(alice.drops('unexpected-cookie-reply')).toBe(2);
  });

  it('a_reply_to_an_earlier_mac1_is_invalid', () => {
    const { network, alice, bob } = pair;
    overload(bob);
    network.isLost = ({ kind }) => kind === 'cookie-reply';
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    const reply = Uint8Array.from(network.latest('cookie-reply').bytes);
    network.isLost = () => true;
    network.runFor(5_400);
    reply.set(network.latest('initiation').bytes.subarray(4, 8), 4);
    alice.receive(reply, bob.outer);
    expect(alice.drops('invalid-cookie-reply')).toBe(1);
  });

  it('a_reply_does_not_move_the_endpoint', () => {
    const { network, alice, bob } = pair;
    overload(bob);
    network.isLost = ({ kind }) => kind === 'cookie-reply';
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    alice.receive(network.latest('cookie-reply').bytes, STRANGER);
    expect(alice.peerOf(bob).endpoint?.toString()).toBe(bob.outer.toString());
    expect(alice.drops('invalid-cookie-reply')).toBe(0);
  });
});

describe('the rate limit under load', () => {
  /** Sends one initiation with a valid cookie from each address. @returns how many were refused for their rate */
  function refusedFrom(addresses: readonly string[], waitMs = 0): number {
    const { network, alice, bob } = pair;
    network.isLost = () => true;
    const genuine = initiation();
    for (const [i, text] of addresses.entries()) {
      const from = endpoint(text);
      // Each address gets its own cookie first, as its owner would.
      const jar = new CookieJar(bob.publicKey.bytes);
      const copy = Uint8Array.from(genuine);
      const message = parseHandshakeMessage(copy);
      if (message.kind !== 'initiation') throw new Error(message.kind);
      jar.fillMacs(message.macs, network.clock.now);
      message.macs.mac2.fill(0);
      overload(bob);
      bob.receive(copy, from);
      const reply = parseHandshakeMessage(network.latest('cookie-reply').bytes);
      if (reply.kind !== 'cookie-reply') throw new Error(reply.kind);
      expect(jar.consumeReply(reply, network.clock.now)).toBe('consumed');
      jar.fillMacs(message.macs, network.clock.now);
      bob.receive(copy, from);
      if (i < addresses.length - 1) network.runFor(waitMs);
    }
    expect(alice.drops('rate-limited')).toBe(0);
    return bob.drops('rate-limited');
  }

  it('an_IPv4_address_has_a_burst_of_5_whatever_its_port', () => {
    expect(refusedFrom(Array.from({ length: 8 }, (_, i) => `203.0.113.7:${1_000 + i}`))).toBe(3);
  });

  it('addresses_do_not_share_a_bucket', () => {
    expect(refusedFrom(Array.from({ length: 8 }, (_, i) => `203.0.113.${i}:7`))).toBe(0);
  });

  it('an_IPv6_64_is_one_source', () => {
    expect(refusedFrom(Array.from({ length: 8 }, (_, i) => `[2001:db8::${i}:1]:7`))).toBe(3);
    expect(refusedFrom(Array.from({ length: 5 }, (_, i) => `[2001:db8:0:${i + 1}::1]:7`))).toBe(3);
  });

  it('20_a_second_are_let_through', () => {
    expect(refusedFrom(new Array(40).fill('203.0.113.7:7'), 50)).toBe(0);
  });
});
