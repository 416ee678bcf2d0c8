import { x25519 } from '@noble/curves/ed25519.js';
import { describe, expect, it } from 'vitest';
import {
  CipherState,
  createReferenceInitiator,
  createReferenceResponder,
  ikPattern,
} from '../../support/noise-reference.ts';
import { fromHex, type NoiseVector, readVectors, toHex } from '../../vectors/vectors.ts';

const vectors = readVectors('noise-ik').tests;
const EMPTY = new Uint8Array(0);

/** The pattern of `Noise_IKpsk0+psk2_25519_…`. */
function patternOf(protocol: string) {
  return ikPattern(...[...protocol.matchAll(/psk(\d)/g)].map((match) => Number(match[1])));
}

function sidesOf(vector: NoiseVector) {
  const common = {
    pattern: patternOf(vector.protocol),
    prologue: fromHex(vector.prologue),
    psks: vector.psks.map(fromHex),
  };
  const responder = createReferenceResponder({
    ...common,
    staticKey: fromHex(vector.responderStatic),
    ephemeral: fromHex(vector.responderEphemeral),
  });
  const initiator = createReferenceInitiator({
    ...common,
    staticKey: fromHex(vector.initiatorStatic),
    ephemeral: fromHex(vector.initiatorEphemeral),
    remoteStatic: vector.responderStaticPublic
      ? fromHex(vector.responderStaticPublic)
      : publicKeyOf(vector.responderStatic),
  });
  return { initiator, responder };
}

function publicKeyOf(privateKeyHex: string): Uint8Array {
  return x25519.getPublicKey(fromHex(privateKeyHex));
}

describe('the Noise reference', () => {
  it('has_vectors_of_three_independent_sources_for_IKpsk2', () => {
    const sources = vectors.filter(({ protocol }) => protocol.includes('psk2')).map(({ source }) => source);
    expect(new Set(sources)).toEqual(new Set(['cacophony', 'snow', 'flynn']));
    expect(vectors).toHaveLength(21);
  });

  it.each(vectors.map((vector, i) => [`${vector.source} ${vector.protocol} #${i}`, vector] as const))(
    '%s writes and reads every message as published',
    (_, vector) => {
      const { initiator, responder } = sidesOf(vector);
      const [first, second, ...transport] = vector.messages;

      expect(toHex(initiator.writeMessage(fromHex(first!.payload)))).toBe(first!.ciphertext);
      expect(toHex(responder.readMessage(fromHex(first!.ciphertext)))).toBe(first!.payload);
      expect(responder.remoteStatic).toEqual(publicKeyOf(vector.initiatorStatic));
      expect(toHex(responder.writeMessage(fromHex(second!.payload)))).toBe(second!.ciphertext);
      expect(toHex(initiator.readMessage(fromHex(second!.ciphertext)))).toBe(second!.payload);

      const [ours, theirs] = [initiator.split(), responder.split()];
      expect(ours.handshakeHash).toEqual(theirs.handshakeHash);
      if (vector.handshakeHash) expect(toHex(ours.handshakeHash)).toBe(vector.handshakeHash);
      expect(ours.sendingKey).toEqual(theirs.receivingKey);
      expect(ours.receivingKey).toEqual(theirs.sendingKey);

      const sending = [new CipherState(ours.sendingKey), new CipherState(theirs.sendingKey)];
      const receiving = [new CipherState(theirs.receivingKey), new CipherState(ours.receivingKey)];
      // Transport messages go on alternating, the initiator's first.
      for (const [i, message] of transport.entries()) {
        const side = i % 2;
        expect(toHex(sending[side]!.encryptWithAd(EMPTY, fromHex(message.payload)))).toBe(message.ciphertext);
        const opened = receiving[side]!.decryptWithAd(EMPTY, fromHex(message.ciphertext));
        expect(toHex(opened)).toBe(message.payload);
      }
    },
  );

  it('cacophony_IKpsk2_fails_with_any_other_preshared_key_or_prologue', () => {
    const vector = vectors.find(
      ({ source, protocol }) => source === 'cacophony' && protocol.includes('psk2'),
    )!;
    const wrongPsk = sidesOf({ ...vector, psks: ['11'.repeat(32)] });
    wrongPsk.initiator.writeMessage(fromHex(vector.messages[0]!.payload));
    expect(() => wrongPsk.initiator.readMessage(fromHex(vector.messages[1]!.ciphertext))).toThrow();
    const wrongPrologue = sidesOf({ ...vector, prologue: '00' });
    expect(() => wrongPrologue.responder.readMessage(fromHex(vector.messages[0]!.ciphertext))).toThrow();
  });

  it('fresh_ephemerals_are_used_unless_they_are_fixed', () => {
    const options = { staticKey: new Uint8Array(32).fill(1), remoteStatic: publicKeyOf('02'.repeat(32)) };
    const messages = [createReferenceInitiator(options), createReferenceInitiator(options)].map((side) =>
      toHex(side.writeMessage()),
    );
    expect(messages[0]).not.toBe(messages[1]);
  });

  it('refuses_to_speak_out_of_turn_or_to_split_early', () => {
    const { initiator, responder } = sidesOf(vectors[0]!);
    expect(() => responder.writeMessage()).toThrow("the other side's turn");
    expect(() => initiator.split()).toThrow('not finished');
  });

  it('psk_modifiers_put_their_tokens_where_section_9_4_says', () => {
    expect(ikPattern(0, 2)).toEqual({
      name: 'IKpsk0+psk2',
      messages: [
        ['psk', 'e', 'es', 's', 'ss'],
        ['e', 'ee', 'se', 'psk'],
      ],
    });
    expect(ikPattern(1).messages[0]).toEqual(['e', 'es', 's', 'ss', 'psk']);
    expect(ikPattern().name).toBe('IK');
  });
});
