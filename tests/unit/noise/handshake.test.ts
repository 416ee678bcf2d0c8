import { describe, expect, it } from 'vitest';
import { dhKey, nobleDhKey } from '../../../engine/crypto/primitives.ts';
import { encodeTai64n } from '../../../engine/crypto/tai64n.ts';
import { CookieJar } from '../../../engine/noise/cookie.ts';
import {
  consumeInitiation,
  consumeResponse,
  createInitiation,
  createResponse,
  type RemoteIdentity,
  readInitiation,
} from '../../../engine/noise/handshake.ts';
import {
  type HandshakeInitiation,
  type HandshakeResponse,
  parseHandshakeMessage,
} from '../../../engine/wire/messages.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';
import { createWireGuardInitiator, createWireGuardResponder } from '../../support/wireguard-reference.ts';

const random = new SeededRandom(3);
const aliceKey = random.bytes(32);
const bobKey = random.bytes(32);
const alice = dhKey(aliceKey);
const bob = dhKey(bobKey);
const NO_PSK: Uint8Array = new Uint8Array(32);
const PSK = random.bytes(32);
const TIMESTAMP = encodeTai64n(1_700_000_000_000_000_000n);
const ALICE_INDEX = 0xaabbccdd;
const BOB_INDEX = 0x11223344;

const bobAsSeenByAlice = (presharedKey: Uint8Array): RemoteIdentity => ({
  publicKey: bob.publicKey,
  staticStatic: alice.dh(bob.publicKey),
  presharedKey,
});
const aliceAsSeenByBob = (presharedKey: Uint8Array): RemoteIdentity => ({
  publicKey: alice.publicKey,
  staticStatic: bob.dh(alice.publicKey),
  presharedKey,
});

const parsed = <Message>(datagram: Uint8Array) => parseHandshakeMessage(datagram) as Message;

/** Our initiator's message with its macs, and its state. */
function initiate(presharedKey = NO_PSK) {
  const created = createInitiation(alice, bobAsSeenByAlice(presharedKey), ALICE_INDEX, TIMESTAMP, random)!;
  new CookieJar(bob.publicKey).fillMacs(created.message.macs, 0);
  return created;
}

/** Our responder's answer with its macs, and its keys. */
function respond(datagram: Uint8Array, presharedKey = NO_PSK) {
  const read = readInitiation(bob, parsed<HandshakeInitiation>(datagram));
  if (typeof read === 'string') throw new Error(read);
  const consumed = consumeInitiation(aliceAsSeenByBob(presharedKey), read);
  if (typeof consumed === 'string') throw new Error(consumed);
  const created = createResponse(aliceAsSeenByBob(presharedKey), consumed, BOB_INDEX, random)!;
  new CookieJar(alice.publicKey).fillMacs(created.message.macs, 0);
  return { read, consumed, ...created };
}

describe('the handshake with itself', () => {
  it.each([
    ['without_a_preshared_key', NO_PSK],
    ['with_a_preshared_key', PSK],
  ])('both_sides_derive_each_others_keys_%s', (_, presharedKey) => {
    const { message, state } = initiate(presharedKey);
    const { read, consumed, message: response, keys } = respond(message.datagram, presharedKey);
    expect(read.remotePublicKey).toEqual(alice.publicKey);
    expect(read.remoteIndex).toBe(ALICE_INDEX);
    expect(consumed.timestamp).toEqual(TIMESTAMP);
    const reply = parsed<HandshakeResponse>(response.datagram);
    expect([reply.senderIndex, reply.receiverIndex]).toEqual([BOB_INDEX, ALICE_INDEX]);
    const agreed = consumeResponse(alice, bobAsSeenByAlice(presharedKey), state, reply)!;
    expect(agreed.sending).toEqual(keys.receiving);
    expect(agreed.receiving).toEqual(keys.sending);
    expect(agreed.sending).not.toEqual(agreed.receiving);
  });

  it('two_handshakes_share_no_key_and_no_ephemeral', () => {
    const first = respond(initiate().message.datagram);
    const second = respond(initiate().message.datagram);
    expect(first.keys.sending).not.toEqual(second.keys.sending);
    expect(first.read.remoteEphemeral).not.toEqual(second.read.remoteEphemeral);
  });

  it.each([
    ['one_side_has_none', PSK, NO_PSK],
    ['the_other_side_has_none', NO_PSK, PSK],
    ['they_differ', PSK, new Uint8Array(32).fill(9)],
  ])('a_wrong_preshared_key_fails_at_the_response_when_%s', (_, ours, theirs) => {
    const { message, state } = initiate(ours);
    const response = parsed<HandshakeResponse>(respond(message.datagram, theirs).message.datagram);
    expect(consumeResponse(alice, bobAsSeenByAlice(ours), state, response)).toBeNull();
  });

  it('a_refused_response_leaves_the_pending_state_usable', () => {
    const { message, state } = initiate();
    const response = respond(message.datagram).message.datagram;
    const forged = Uint8Array.from(response);
    forged[50]! ^= 1;
    expect(consumeResponse(alice, bobAsSeenByAlice(NO_PSK), state, parsed(forged))).toBeNull();
    expect(consumeResponse(alice, bobAsSeenByAlice(NO_PSK), state, parsed(response))).not.toBeNull();
  });

  it('an_initiation_to_another_key_does_not_decrypt', () => {
    const carol = dhKey(random.bytes(32));
    expect(readInitiation(carol, parsed(initiate().message.datagram))).toBe('invalid-static');
  });

  it('a_timestamp_sealed_by_somebody_else_is_invalid', () => {
    const datagram = Uint8Array.from(initiate().message.datagram);
    datagram[90]! ^= 1;
    const read = readInitiation(bob, parsed(datagram));
    if (typeof read === 'string') throw new Error(read);
    expect(consumeInitiation(aliceAsSeenByBob(NO_PSK), read)).toBe('invalid-timestamp');
  });
});

describe('an all-zero Diffie-Hellman result', () => {
  const ZERO = new Uint8Array(32);

  it('a_peer_with_a_low_order_key_can_have_no_handshake', () => {
    const remote = { publicKey: ZERO, staticStatic: alice.dh(ZERO), presharedKey: NO_PSK };
    expect(remote.staticStatic).toBeNull();
    expect(createInitiation(alice, remote, 1, TIMESTAMP, random)).toBeNull();
  });

  it('an_initiation_with_a_low_order_ephemeral_is_refused', () => {
    const datagram = Uint8Array.from(initiate().message.datagram);
    datagram.set(ZERO, 8);
    expect(readInitiation(bob, parsed(datagram))).toBe('invalid-ephemeral');
  });

  it('an_initiation_of_a_low_order_static_is_refused', () => {
    const read = readInitiation(bob, parsed(initiate().message.datagram));
    if (typeof read === 'string') throw new Error(read);
    const remote = { publicKey: ZERO, staticStatic: null, presharedKey: NO_PSK };
    expect(consumeInitiation(remote, read)).toBe('unknown-static');
  });

  it('a_response_with_a_low_order_ephemeral_is_refused', () => {
    const { message, state } = initiate();
    const response = Uint8Array.from(respond(message.datagram).message.datagram);
    response.set(ZERO, 12);
    expect(consumeResponse(alice, bobAsSeenByAlice(NO_PSK), state, parsed(response))).toBeNull();
  });

  it('no_response_is_made_for_a_low_order_ephemeral', () => {
    const { consumed } = respond(initiate().message.datagram);
    const low = { ...consumed, remoteEphemeral: ZERO };
    expect(createResponse(aliceAsSeenByBob(NO_PSK), low, BOB_INDEX, random)).toBeNull();
  });
});

describe.each([
  ['without_a_preshared_key', undefined],
  ['with_a_preshared_key', PSK],
])('the handshake with the independent reference %s', (_, psk) => {
  const secret = psk === undefined ? {} : { psk };

  it('our_initiator_and_its_responder_agree', () => {
    const reference = createWireGuardResponder({ staticKey: bobKey, localIndex: BOB_INDEX, ...secret });
    const { message, state } = initiate(psk);
    const read = reference.readInitiation(message.datagram);
    expect(read).toEqual({ remoteStatic: alice.publicKey, timestamp: TIMESTAMP, remoteIndex: ALICE_INDEX });
    const { message: response, session } = reference.writeResponse();
    const keys = consumeResponse(alice, bobAsSeenByAlice(psk ?? NO_PSK), state, parsed(response))!;
    expect(keys.sending).toEqual(session.receivingKey);
    expect(keys.receiving).toEqual(session.sendingKey);
  });

  it('its_initiator_and_our_responder_agree', () => {
    const reference = createWireGuardInitiator({
      staticKey: aliceKey,
      remoteStatic: bob.publicKey,
      localIndex: ALICE_INDEX,
      ...secret,
    });
    const { read, consumed, message, keys } = respond(reference.writeInitiation(TIMESTAMP), psk);
    expect(read.remotePublicKey).toEqual(alice.publicKey);
    expect(consumed.timestamp).toEqual(TIMESTAMP);
    const session = reference.readResponse(message.datagram);
    expect(session.remoteIndex).toBe(BOB_INDEX);
    expect(keys.sending).toEqual(session.receivingKey);
    expect(keys.receiving).toEqual(session.sendingKey);
  });
});

it('the_two_X25519_implementations_make_the_same_handshake', () => {
  const ephemeralOnly = () => ({ bytes: (length: number) => new Uint8Array(length).fill(0x42) });
  const [fast, reference] = [dhKey(aliceKey), nobleDhKey(aliceKey)].map(
    (local) =>
      createInitiation(local, bobAsSeenByAlice(NO_PSK), 5, TIMESTAMP, ephemeralOnly())!.message.datagram,
  );
  expect(fast).toEqual(reference);
});
