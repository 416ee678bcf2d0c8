import { createCipheriv, createDecipheriv, getCiphers } from 'node:crypto';
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aeadOpen, aeadSeal, xaeadOpen, xaeadSeal } from '../../../engine/crypto/primitives.ts';
import { fromHex, readVectors, toHex, type WycheproofAead } from '../../vectors/vectors.ts';

const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const someBytes = fc.uint8Array({ maxLength: 200, size: 'max' });
const ZERO_NONCE = '00'.repeat(12);
const OPENSSL_CIPHER = 'chacha20-poly1305';
const opensslHasIt = getCiphers().includes(OPENSSL_CIPHER);

function rfc8439(name: string) {
  const test = readVectors('rfc8439-aead').tests.find((candidate) => candidate.name === name)!;
  const cipher = chacha20poly1305(fromHex(test.key), fromHex(test.nonce), fromHex(test.aad));
  return { test, cipher };
}

function opensslSeal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const cipher = createCipheriv(OPENSSL_CIPHER, key, nonce, { authTagLength: 16 });
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

type Seal = (key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array) => Uint8Array;
type Open = (
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  aad: Uint8Array,
) => Uint8Array | null;

function orNull(open: () => Uint8Array): Uint8Array | null {
  try {
    return open();
  } catch {
    return null;
  }
}

/** The ids of the cases in which sealing or opening does not give what is published. */
function wrongCases(tests: readonly WycheproofAead[], seal: Seal, open: Open): number[] {
  const wrong = tests.filter((test) => {
    const [key, nonce, aad] = [fromHex(test.key), fromHex(test.iv), fromHex(test.aad)];
    const opened = open(key, nonce, fromHex(test.ct + test.tag), aad);
    if (test.result === 'invalid') return opened !== null;
    const sealed = seal(key, nonce, fromHex(test.msg), aad);
    return toHex(sealed) !== test.ct + test.tag || !opened || toHex(opened) !== test.msg;
  });
  return wrong.map(({ tcId }) => tcId);
}

describe('ChaCha20-Poly1305', () => {
  const wycheproof = readVectors('wycheproof-chacha20-poly1305').tests;

  it('rfc8439_section_2_8_2_seals_as_published', () => {
    const { test, cipher } = rfc8439('2.8.2');
    expect(toHex(cipher.encrypt(fromHex(test.plaintext)))).toBe(test.ciphertext + test.tag);
  });

  it('rfc8439_appendix_a_5_opens_as_published', () => {
    const { test, cipher } = rfc8439('A.5');
    expect(toHex(cipher.decrypt(fromHex(test.ciphertext + test.tag)))).toBe(test.plaintext);
  });

  it('rfc8439_appendix_a_5_with_any_bit_of_its_tag_flipped_is_refused', () => {
    const { test } = rfc8439('A.5');
    for (let bit = 0; bit < 128; bit++) {
      const tag = fromHex(test.tag);
      tag[bit >> 3]! ^= 1 << (bit & 7);
      const { cipher } = rfc8439('A.5');
      expect(() => cipher.decrypt(fromHex(test.ciphertext + toHex(tag)))).toThrow();
    }
  });

  it('wycheproof_chacha20_poly1305_all_325_cases_hold', () => {
    expect(wycheproof).toHaveLength(325);
    const seal: Seal = (key, nonce, plaintext, aad) => chacha20poly1305(key, nonce, aad).encrypt(plaintext);
    const open: Open = (key, nonce, ciphertext, aad) =>
      orNull(() => chacha20poly1305(key, nonce, aad).decrypt(ciphertext));
    expect(wrongCases(wycheproof, seal, open)).toEqual([]);
  });

  it.skipIf(!opensslHasIt)('wycheproof_cases_with_12_byte_nonces_hold_for_openssl_too', () => {
    const open: Open = (key, nonce, ciphertext, aad) =>
      orNull(() => {
        const decipher = createDecipheriv(OPENSSL_CIPHER, key, nonce, { authTagLength: 16 });
        decipher.setAAD(aad, { plaintextLength: ciphertext.length - 16 });
        decipher.setAuthTag(ciphertext.subarray(-16));
        return Buffer.concat([decipher.update(ciphertext.subarray(0, -16)), decipher.final()]);
      });
    const cases = wycheproof.filter(({ iv }) => iv.length === 24);
    expect(cases).toHaveLength(316);
    expect(wrongCases(cases, opensslSeal, open)).toEqual([]);
  });

  it.skipIf(!opensslHasIt)('openssl_seals_the_same_bytes_for_random_input', () => {
    const nonce12 = fc.uint8Array({ minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(key32, nonce12, someBytes, someBytes, (key, nonce, plaintext, aad) => {
        const sealed = chacha20poly1305(key, nonce, aad).encrypt(plaintext);
        expect(toHex(sealed)).toBe(toHex(opensslSeal(key, nonce, plaintext, aad)));
      }),
    );
  });
});

describe('AEAD with counter 0', () => {
  it.skipIf(!opensslHasIt)('openssl_seals_the_same_bytes_with_a_zero_nonce', () => {
    fc.assert(
      fc.property(key32, someBytes, someBytes, (key, plaintext, authText) => {
        const sealed = opensslSeal(key, fromHex(ZERO_NONCE), plaintext, authText);
        expect(toHex(aeadSeal(key, plaintext, authText))).toBe(toHex(sealed));
      }),
    );
  });

  it('rfc8439_appendix_a_1_keystream_of_a_zero_nonce_encrypts_the_first_block', () => {
    const { key, nonce, blockCounter, keystream } = readVectors('rfc8439-aead').zeroKeystream;
    expect([nonce, blockCounter]).toEqual([ZERO_NONCE, 1]);
    const sealed = aeadSeal(fromHex(key), new Uint8Array(64), new Uint8Array(0));
    expect(toHex(sealed.subarray(0, 64))).toBe(keystream);
  });

  it('what_is_sealed_opens_to_the_plaintext', () => {
    fc.assert(
      fc.property(key32, someBytes, someBytes, (key, plaintext, authText) => {
        expect(aeadOpen(key, aeadSeal(key, plaintext, authText), authText)).toEqual(plaintext);
      }),
    );
  });

  it('any_flipped_bit_of_ciphertext_tag_or_auth_text_gives_null', () => {
    const key = new Uint8Array(32).fill(7);
    const authText = new Uint8Array(8).fill(1);
    const sealed = aeadSeal(key, new Uint8Array(12).fill(2), authText);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const flipped = Uint8Array.from(sealed);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(aeadOpen(key, flipped, authText)).toBeNull();
    }
    for (let bit = 0; bit < authText.length * 8; bit++) {
      const flipped = Uint8Array.from(authText);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(aeadOpen(key, sealed, flipped)).toBeNull();
    }
  });

  it('a_ciphertext_shorter_than_a_tag_gives_null', () => {
    const key = new Uint8Array(32);
    for (let length = 0; length < 16; length++)
      expect(aeadOpen(key, new Uint8Array(length), new Uint8Array(0))).toBeNull();
  });
});

describe('XAEAD', () => {
  it('draft_irtf_cfrg_xchacha_appendix_a_3_1_seals_and_opens_as_published', () => {
    const test = readVectors('xchacha20-poly1305-draft').tests[0]!;
    const [key, nonce, aad] = [fromHex(test.key), fromHex(test.nonce), fromHex(test.aad)];
    const sealed = xaeadSeal(key, nonce, fromHex(test.plaintext), aad);
    expect(toHex(sealed)).toBe(test.ciphertext + test.tag);
    expect(toHex(xaeadOpen(key, nonce, sealed, aad)!)).toBe(test.plaintext);
  });

  it('wycheproof_xchacha20_poly1305_cases_with_24_byte_nonces_hold', () => {
    const tests = readVectors('wycheproof-xchacha20-poly1305').tests;
    expect(tests).toHaveLength(315);
    const cases = tests.filter(({ iv }) => iv.length === 48);
    expect(cases).toHaveLength(306);
    expect(wrongCases(cases, xaeadSeal, xaeadOpen)).toEqual([]);
  });

  it('wycheproof_xchacha20_poly1305_nonces_of_other_lengths_are_refused', () => {
    const cases = readVectors('wycheproof-xchacha20-poly1305').tests.filter(({ iv }) => iv.length !== 48);
    expect(cases).toHaveLength(9);
    for (const test of cases) {
      const nonce = fromHex(test.iv);
      expect(() => xchacha20poly1305(fromHex(test.key), nonce).encrypt(fromHex(test.msg))).toThrow();
      expect(() => xaeadSeal(fromHex(test.key), nonce, fromHex(test.msg), fromHex(test.aad))).toThrow();
      const [key, sealed, aad] = [fromHex(test.key), fromHex(test.ct + test.tag), fromHex(test.aad)];
      expect(orNull(() => xaeadOpen(key, nonce, sealed, aad)!)).toBeNull();
    }
  });

  it('another_nonce_or_auth_text_gives_null', () => {
    const key = new Uint8Array(32).fill(3);
    const nonce = new Uint8Array(24);
    const sealed = xaeadSeal(key, nonce, new Uint8Array(16), new Uint8Array(16));
    expect(xaeadOpen(key, nonce, sealed, new Uint8Array(16))).toEqual(new Uint8Array(16));
    expect(xaeadOpen(key, Uint8Array.from(nonce).fill(1, 23), sealed, new Uint8Array(16))).toBeNull();
    expect(xaeadOpen(key, nonce, sealed, new Uint8Array(15))).toBeNull();
  });
});
