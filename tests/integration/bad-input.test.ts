/**
 * What strangers may send: 100,000 random datagrams, and every single-bit flip, truncation and extension of each
 * genuine message. None changes a state, crashes anything or is answered but by a cookie reply, and the tunnel works
 * afterwards, with the session that it had before.
 */
import { expect, it } from 'vitest';
import { DROP_REASONS } from '../../engine/errors.ts';
import { CookieJar } from '../../engine/noise/cookie.ts';
import { parseHandshakeMessage } from '../../engine/wire/messages.ts';
import { SeededRandom } from '../support/virtual-clock.ts';
import { establishedPair, type VirtualPair, virtualPair } from '../support/virtual-network.ts';
import { endpoint, type VirtualNode } from '../support/virtual-node.ts';

const RANDOM_DATAGRAMS = 100_000;
const MALLORY = endpoint('203.0.113.66:666');

/** Where mac2 begins in each message that has one; it is looked at only under load. */
const MAC2_AT = { initiation: 132, response: 76 };

/** Gives a node a datagram that must change nothing. @returns what was sent because of it */
function offer(pair: VirtualPair, to: VirtualNode, datagram: Uint8Array): number {
  const sentBefore = pair.network.datagrams.length;
  to.receive(datagram, MALLORY);
  return pair.network.datagrams.length - sentBefore;
}

function totalDrops(node: VirtualNode): number {
  return DROP_REASONS.reduce((total, reason) => total + node.drops(reason), 0);
}

function expectWorkingTunnel({ network, alice, bob }: VirtualPair): void {
  network.datagrams = [];
  const [toBob, toAlice] = [alice.send(bob), bob.send(alice, 6)];
  network.runUntilQuiet();
  expect(bob.delivered.at(-1)).toEqual(toBob);
  expect(alice.delivered.at(-1)).toEqual(toAlice);
  expect(network.datagrams.map(({ kind }) => kind)).toEqual(['data', 'data']);
}

/** Every flip of one bit below `end`, every truncation, and some extensions. */
function* mutations(genuine: Uint8Array, end = genuine.length): Generator<Uint8Array> {
  for (let bit = 0; bit < end * 8; bit++) {
    const flipped = Uint8Array.from(genuine);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    yield flipped;
  }
  for (let length = 0; length < genuine.length; length++) yield genuine.slice(0, length);
  for (const more of [1, 2, 3, 4, 16, 148, 1_000]) yield Uint8Array.of(...genuine, ...new Uint8Array(more));
}

/** Offers every mutation, compares the state before and after, and counts. */
function offerMutations(pair: VirtualPair, to: VirtualNode, genuine: Uint8Array, end?: number): number {
  const before = to.snapshot();
  const dropsBefore = totalDrops(to);
  let offered = 0;
  let answered = 0;
  for (const datagram of mutations(genuine, end)) {
    answered += offer(pair, to, datagram);
    offered++;
  }
  expect(answered).toBe(0);
  expect(to.snapshot()).toEqual(before);
  expect(totalDrops(to) - dropsBefore).toBe(offered);
  return offered;
}

/** Half are noise; half claim a type, a right length, an index in use, or a mac1 that is right. */
function randomDatagram(
  random: SeededRandom,
  indices: readonly number[],
  receiverKey: Uint8Array,
): Uint8Array {
  const datagram = random.bytes(random.below(2_001));
  if (random.chance(0.5) || datagram.length < 32) return datagram;
  const view = new DataView(datagram.buffer);
  const type = 1 + random.below(4);
  view.setUint32(0, type, true);
  if (type === 4) {
    view.setUint32(4, random.pick(indices), true);
    view.setBigUint64(8, BigInt(random.below(1_000)), true);
    return datagram;
  }
  if (random.chance(0.1)) return datagram;
  const message = Uint8Array.of(1, ...random.bytes([147, 91, 63][type - 1]!));
  new DataView(message.buffer).setUint32(0, type, true);
  new DataView(message.buffer).setUint32(type === 2 ? 8 : 4, random.pick(indices), true);
  const parsed = parseHandshakeMessage(message);
  // Whoever knows a public key can make a right mac1; it is dear, so only some do.
  if (parsed.kind !== 'cookie-reply' && random.chance(0.2))
    new CookieJar(receiverKey).fillMacs(parsed.macs, 0);
  return message;
}

/** The indices that an eavesdropper has seen alice and bob use. */
function indicesOf(pair: VirtualPair): number[] {
  return pair.network.datagrams
    .filter(({ kind }) => kind === 'data' || kind === 'keepalive')
    .map(({ bytes }) => new DataView(bytes.buffer).getUint32(4, true));
}

it('100_000_random_datagrams_change_nothing_and_are_not_answered', () => {
  const pair = establishedPair({ seed: 7 });
  const { network, alice, bob } = pair;
  expectWorkingTunnel(pair);
  const indices = indicesOf(pair);
  network.runFor(100);
  const random = new SeededRandom(8);
  const before = [alice.snapshot(), bob.snapshot()];
  const dropsBefore = totalDrops(alice) + totalDrops(bob);
  let answered = 0;
  for (let i = 0; i < RANDOM_DATAGRAMS; i++) {
    const to = i % 2 === 0 ? alice : bob;
    answered += offer(pair, to, randomDatagram(random, indices, to.publicKey.bytes));
    if (i % 10_000 === 0) expect([alice.snapshot(), bob.snapshot()]).toEqual(before);
  }
  expect(answered).toBe(0);
  expect([alice.snapshot(), bob.snapshot()]).toEqual(before);
  expect(totalDrops(alice) + totalDrops(bob) - dropsBefore).toBe(RANDOM_DATAGRAMS);
  console.log(`bad input: ${RANDOM_DATAGRAMS} random datagrams: ${JSON.stringify(bob.device.drops)} at bob`);
  expectWorkingTunnel(pair);
});

it('under_load_random_datagrams_get_cookie_replies_and_nothing_else', () => {
  const pair = establishedPair({ seed: 9 });
  const { network, alice, bob } = pair;
  expectWorkingTunnel(pair);
  const indices = indicesOf(pair);
  network.runFor(100);
  network.datagrams = [];
  const random = new SeededRandom(10);
  const before = bob.snapshot();
  bob.isStalled = true;
  for (let i = 0; i < 6_000; i++) bob.receive(randomDatagram(random, indices, bob.publicKey.bytes), MALLORY);
  bob.isStalled = false;
  while (bob.device.nextDeadline() === Number.NEGATIVE_INFINITY) bob.settle();
  const answers = network.datagrams;
  expect(answers.length).toBe(bob.drops('cookie-required'));
  expect(answers.length).toBeGreaterThan(50);
  expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['cookie-reply']));
  expect(answers.every(({ destination }) => destination.toString() === MALLORY.toString())).toBe(true);
  expect(bob.snapshot()).toEqual(before);
  expect(alice.drops('unexpected-cookie-reply')).toBe(0);
  console.log(`bad input: ${answers.length} cookie replies under load, no other answer`);
  expectWorkingTunnel(pair);
});

it('every_bit_of_an_initiation_counts', () => {
  const pair = virtualPair();
  const { network, alice, bob } = pair;
  network.isLost = ({ kind }) => kind === 'initiation';
  alice.initiateHandshake(bob);
  const genuine = network.latest('initiation').bytes;
  const offered = offerMutations(pair, bob, genuine, MAC2_AT.initiation);
  bob.receive(genuine, alice.outer);
  network.runUntilQuiet();
  console.log(`bad input: ${offered} mutations of an initiation`);
  expectWorkingTunnel(pair);
});

it('every_bit_of_a_response_counts', () => {
  const pair = virtualPair();
  const { network, alice, bob } = pair;
  network.isLost = ({ kind }) => kind === 'response';
  alice.initiateHandshake(bob);
  network.runUntilQuiet();
  const genuine = network.latest('response').bytes;
  const offered = offerMutations(pair, alice, genuine, MAC2_AT.response);
  alice.receive(genuine, bob.outer);
  network.runUntilQuiet();
  console.log(`bad input: ${offered} mutations of a response`);
  expectWorkingTunnel(pair);
});

it.each(['initiation', 'response'] as const)('bits_of_the_mac2_of_an_%s_count_only_under_load', (kind) => {
  for (let bit = MAC2_AT[kind] * 8; bit < (MAC2_AT[kind] + 16) * 8; bit++) {
    const pair = virtualPair({ seed: bit });
    const { network, alice, bob } = pair;
    const [from, to] = kind === 'initiation' ? [alice, bob] : [bob, alice];
    network.isLost = (datagram) => datagram.kind === kind;
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    const flipped = Uint8Array.from(network.latest(kind).bytes);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    const before = to.snapshot();
    to.isStalled = true;
    const junk = Uint8Array.of(1, ...new Uint8Array(147));
    for (let i = 0; i < 512; i++) to.receive(junk, MALLORY);
    to.isStalled = false;
    while (to.device.nextDeadline() === Number.NEGATIVE_INFINITY) to.settle();
    network.datagrams = [];
    to.receive(flipped, from.outer);
    expect(network.datagrams.map((datagram) => datagram.kind)).toEqual(['cookie-reply']);
    expect(to.snapshot()).toEqual(before);
    network.runFor(1_000);
    // Load has passed: mac2 is not looked at, and what is before it is genuine.
    network.isLost = () => false;
    to.receive(flipped, from.outer);
    network.runUntilQuiet();
    expectWorkingTunnel(pair);
  }
});

it('every_bit_of_a_cookie_reply_counts', () => {
  const pair = virtualPair();
  const { network, alice, bob } = pair;
  network.isLost = ({ kind }) => kind === 'cookie-reply';
  alice.initiateHandshake(bob);
  bob.isStalled = true;
  network.runUntilQuiet();
  for (let i = 0; i < 511; i++) bob.receive(Uint8Array.of(1, ...new Uint8Array(147)), MALLORY);
  bob.isStalled = false;
  bob.settle();
  const genuine = network.latest('cookie-reply').bytes;
  const offered = offerMutations(pair, alice, genuine);
  const before = alice.snapshot();
  expect(offer(pair, alice, genuine)).toBe(0);
  expect(alice.snapshot()).toEqual(before);
  network.isLost = () => false;
  network.runFor(6_000);
  expect(network.latest('initiation').bytes.slice(-16)).not.toEqual(new Uint8Array(16));
  console.log(`bad input: ${offered} mutations of a cookie reply`);
  expectWorkingTunnel(pair);
});

it.each(['data', 'keepalive'] as const)('every_bit_of_transport_%s_counts', (kind) => {
  const pair = establishedPair();
  const { network, alice, bob } = pair;
  network.isLost = () => true;
  if (kind === 'data') alice.send(bob);
  else alice.sendKeepalive(bob);
  network.isLost = () => false;
  const genuine = network.latest(kind).bytes;
  const offered = offerMutations(pair, bob, genuine);
  const { rxBytes } = bob.peerOf(alice);
  bob.receive(genuine, alice.outer);
  expect(bob.peerOf(alice).rxBytes).toBe(rxBytes + genuine.length);
  expect(bob.delivered).toHaveLength(kind === 'data' ? 1 : 0);
  console.log(`bad input: ${offered} mutations of transport ${kind}`);
  expectWorkingTunnel(pair);
});
