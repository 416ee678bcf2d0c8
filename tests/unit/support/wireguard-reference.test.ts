import { x25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import {
  createWireGuardInitiator,
  createWireGuardResponder,
  readCookieReply,
  writeCookieReply,
} from '../../support/wireguard-reference.ts';
import { toHex } from '../../vectors/vectors.ts';

const bytes = (length: number, value: number) => new Uint8Array(length).fill(value);
const INITIATOR_STATIC = bytes(32, 0x11);
const RESPONDER_STATIC = bytes(32, 0x22);
const TIMESTAMP = bytes(12, 0x40);

function sides({ psk, otherPsk = psk }: { psk?: Uint8Array; otherPsk?: Uint8Array } = {}) {
  const initiator = createWireGuardInitiator({
    staticKey: INITIATOR_STATIC,
    remoteStatic: x25519.getPublicKey(RESPONDER_STATIC),
    localIndex: 0x01020304,
    ...(psk && { psk }),
  });
  const responder = createWireGuardResponder({
    staticKey: RESPONDER_STATIC,
    localIndex: 0xf1f2f3f4,
    ...(otherPsk && { psk: otherPsk }),
  });
  return { initiator, responder };
}

function shakeHands(options: { psk?: Uint8Array } = {}) {
  const { initiator, responder } = sides(options);
  const initiation = initiator.writeInitiation(TIMESTAMP);
  const consumed = responder.readInitiation(initiation);
  const { message: response, session: responderSession } = responder.writeResponse();
  return {
    initiation,
    consumed,
    response,
    responderSession,
    initiatorSession: initiator.readResponse(response),
  };
}

describe('the WireGuard reference', () => {
  it.each([
    ['without_a_preshared_key', {}],
    ['with_a_preshared_key', { psk: bytes(32, 0x33) }],
  ])('initiator_and_responder_agree_on_transport_keys_%s', (_, options) => {
    const { consumed, initiatorSession, responderSession } = shakeHands(options);
    expect(consumed).toEqual({
      remoteStatic: x25519.getPublicKey(INITIATOR_STATIC),
      timestamp: TIMESTAMP,
      remoteIndex: 0x01020304,
    });
    expect(initiatorSession.sendingKey).toEqual(responderSession.receivingKey);
    expect(initiatorSession.receivingKey).toEqual(responderSession.sendingKey);
    expect(initiatorSession.sendingKey).not.toEqual(initiatorSession.receivingKey);
    expect(initiatorSession.remoteIndex).toBe(0xf1f2f3f4);
    expect(responderSession.remoteIndex).toBe(0x01020304);
  });

  it('messages_have_the_papers_lengths_types_and_indices', () => {
    const { initiation, response } = shakeHands();
    expect(initiation).toHaveLength(148);
    expect(toHex(initiation.subarray(0, 8))).toBe('0100000004030201');
    expect(response).toHaveLength(92);
    expect(toHex(response.subarray(0, 12))).toBe('02000000f4f3f2f104030201');
    expect(toHex(initiation.subarray(-16))).toBe('00'.repeat(16));
    expect(toHex(response.subarray(-16))).toBe('00'.repeat(16));
  });

  it('preshared_keys_that_differ_fail_at_the_response', () => {
    const { initiator, responder } = sides({ psk: bytes(32, 1), otherPsk: bytes(32, 2) });
    responder.readInitiation(initiator.writeInitiation(TIMESTAMP));
    expect(() => initiator.readResponse(responder.writeResponse().message)).toThrow();
  });

  it('any_flipped_byte_before_mac2_of_an_initiation_is_refused', () => {
    for (let i = 0; i < 148 - 16; i += 11) {
      const { initiator, responder } = sides();
      const initiation = initiator.writeInitiation(TIMESTAMP);
      initiation[i]! ^= 1;
      expect(() => responder.readInitiation(initiation)).toThrow(i < 4 ? 'not a message' : 'mac1 is wrong');
    }
  });

  it('transport_data_goes_both_ways_padded_to_16', () => {
    const { initiatorSession, responderSession } = shakeHands();
    const message = initiatorSession.encrypt(7n, bytes(20, 0x45));
    expect(message).toHaveLength(16 + 32 + 16);
    expect(toHex(message.subarray(0, 16))).toBe('04000000f4f3f2f10700000000000000');
    const received = responderSession.decrypt(message);
    expect(received.counter).toBe(7n);
    expect(toHex(received.packet)).toBe('45'.repeat(20) + '00'.repeat(12));

    const highCounter = 2n ** 63n + 5n;
    const back = initiatorSession.decrypt(responderSession.encrypt(highCounter, bytes(16, 1)));
    expect(back).toEqual({ counter: highCounter, packet: bytes(16, 1) });
  });

  it('a_keepalive_is_32_bytes_and_empty', () => {
    const { initiatorSession, responderSession } = shakeHands();
    const keepalive = initiatorSession.encrypt(0n, bytes(0, 0));
    expect(keepalive).toHaveLength(32);
    expect(responderSession.decrypt(keepalive).packet).toHaveLength(0);
  });

  it('a_cookie_reply_opens_to_the_cookie_and_the_cookie_makes_mac2', () => {
    const { initiator } = sides();
    const initiation = initiator.writeInitiation(TIMESTAMP);
    const responderPublic = x25519.getPublicKey(RESPONDER_STATIC);
    const cookie = bytes(16, 0x77);
    const reply = writeCookieReply(responderPublic, initiation, cookie, bytes(24, 0x55));
    expect(reply).toHaveLength(64);
    expect(toHex(reply.subarray(0, 8))).toBe('0300000004030201');
    expect(readCookieReply(reply, responderPublic, initiation)).toEqual(cookie);

    const again = sides().initiator.writeInitiation(TIMESTAMP, cookie);
    expect(toHex(again.subarray(-16))).not.toBe('00'.repeat(16));
    expect(() => readCookieReply(reply, responderPublic, again)).toThrow();
  });
});
