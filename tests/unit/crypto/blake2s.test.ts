import { getHashes } from 'node:crypto';
import { blake2s } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CONSTRUCTION, IDENTIFIER } from '../../../engine/constants.ts';
import {
  EMPTY,
  type HashFunctions,
  hash,
  hmac,
  kdf1,
  kdf2,
  kdf3,
  mac,
  nobleHashFunctions,
  nodeHashFunctions,
} from '../../../engine/crypto/primitives.ts';
import { fromHex, readVectors, toHex } from '../../vectors/vectors.ts';

const ascii = (text: string) => Uint8Array.from(Buffer.from(text, 'ascii'));
const countingBytes = (length: number) => Uint8Array.from({ length }, (_, i) => i);

/** RFC 7693 appendix E, selftest_seq: a Fibonacci generator modulo 2^32. */
function selfTestBytes(length: number, seed: number): Uint8Array {
  let a = Math.imul(0xdead4bad, seed) >>> 0;
  let b = 1;
  return Uint8Array.from({ length }, () => {
    const t = (a + b) >>> 0;
    a = b;
    b = t;
    return t >>> 24;
  });
}

/** Of every length alike: by default fast-check makes few arrays of more than ten. */
const upTo = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' });
const nodeHasBlake2s = getHashes().includes('blake2s256');
const IMPLEMENTATIONS: [string, HashFunctions][] = [
  ['noble', nobleHashFunctions],
  ...(nodeHasBlake2s ? [['node', nodeHashFunctions] satisfies [string, HashFunctions]] : []),
];

describe.each(IMPLEMENTATIONS)('HASH by %s', (_, { hash }) => {
  const rfc = readVectors('rfc7693-blake2s');

  it('rfc7693_appendix_b_hashes_as_published', () => {
    expect(rfc.tests).toHaveLength(1);
    for (const { input, digest } of rfc.tests) expect(toHex(hash(fromHex(input)))).toBe(digest);
  });

  it('rfc7693_appendix_e_self_test_passes', () => {
    const grandHash = blake2s.create({ dkLen: 32 });
    for (const dkLen of rfc.selfTest.digestLengths) {
      for (const inputLength of rfc.selfTest.inputLengths) {
        const input = selfTestBytes(inputLength, inputLength);
        grandHash.update(blake2s(input, { dkLen }));
        grandHash.update(blake2s(input, { dkLen, key: selfTestBytes(dkLen, dkLen) }));
      }
    }
    expect(toHex(grandHash.digest())).toBe(rfc.selfTest.grandHash);
  });

  it('blake2s_reference_known_answers_match_for_0_to_255_bytes', () => {
    const { tests } = readVectors('blake2s-known-answers');
    expect(tests).toHaveLength(256);
    for (const { length, unkeyed32 } of tests) expect(toHex(hash(countingBytes(length)))).toBe(unkeyed32);
  });

  it('parts_hash_as_their_concatenation', () => {
    fc.assert(
      fc.property(fc.array(upTo(100), { maxLength: 5 }), (parts) => {
        expect(hash(...parts)).toEqual(hash(Uint8Array.from(Buffer.concat(parts))));
      }),
    );
  });

  it('wireguards_initial_chaining_key_and_hash_are_the_published_ones', () => {
    const [chainingKey, initialHash] = readVectors('wireguard-initial-hashes').tests;
    const construction = hash(ascii(CONSTRUCTION));
    expect(toHex(construction)).toBe(chainingKey!.digest);
    expect(toHex(hash(construction, ascii(IDENTIFIER)))).toBe(initialHash!.digest);
  });
});

describe('MAC', () => {
  const { key, tests } = readVectors('blake2s-known-answers');

  it('keyed_blake2s_with_16_byte_digests_matches_for_0_to_255_bytes', () => {
    for (const { length, keyed16 } of tests)
      expect(toHex(mac(fromHex(key), countingBytes(length)))).toBe(keyed16);
  });

  it('keyed_blake2s_with_32_byte_digests_matches_the_reference_known_answers', () => {
    for (const { length, keyed32 } of tests)
      expect(toHex(blake2s(countingBytes(length), { key: fromHex(key) }))).toBe(keyed32);
  });

  it('parts_are_authenticated_as_their_concatenation', () => {
    expect(mac(fromHex(key), ascii('mac'), ascii('1----'))).toEqual(mac(fromHex(key), ascii('mac1----')));
  });

  it('accepts_the_16_byte_keys_that_cookies_are', () => {
    expect(mac(countingBytes(16), EMPTY)).toEqual(blake2s(EMPTY, { key: countingBytes(16), dkLen: 16 }));
    expect(mac(countingBytes(16), EMPTY)).toHaveLength(16);
  });
});

describe('KDF', () => {
  const { tests } = readVectors('wireguard-go-kdf');

  it('wireguard_go_kdf1_kdf2_and_kdf3_derive_as_published', () => {
    expect(tests).toHaveLength(3);
    for (const { key, input, t1, t2, t3 } of tests) {
      expect(toHex(kdf1(fromHex(key), fromHex(input)))).toBe(t1);
      expect(kdf2(fromHex(key), fromHex(input)).map(toHex)).toEqual([t1, t2]);
      expect(kdf3(fromHex(key), fromHex(input)).map(toHex)).toEqual([t1, t2, t3]);
    }
  });
});

describe.each(IMPLEMENTATIONS)('HMAC by %s', (_, { hash, hmac }) => {
  it('is_made_of_the_hash_as_rfc_2104_says', () => {
    fc.assert(
      fc.property(upTo(64), upTo(200), (key, input) => {
        // HMAC(K, m) = H((K ⊕ opad) || H((K ⊕ ipad) || m))
        const block = Uint8Array.from({ length: 64 }, (_, i) => key[i] ?? 0);
        const inner = hash(
          block.map((byte) => byte ^ 0x36),
          input,
        );
        const expected = hash(
          block.map((byte) => byte ^ 0x5c),
          inner,
        );
        expect(toHex(hmac(key, input))).toBe(toHex(expected));
      }),
    );
  });

  it('results_are_32_bytes_of_their_own', () => {
    const [key, input] = [countingBytes(32), countingBytes(33)];
    const [first, second] = [hmac(key, input), hmac(key, input)];
    first.fill(0);
    expect(toHex(second)).toBe(toHex(hmac(key, input)));
    expect([second.length, second.buffer.byteLength]).toEqual([32, 32]);
  });
});

describe.skipIf(!nodeHasBlake2s)('BLAKE2s by noble and by node', () => {
  it('agree_on_random_input', () => {
    fc.assert(
      fc.property(upTo(64), upTo(300), (key, input) => {
        expect(toHex(nodeHashFunctions.hash(input))).toBe(toHex(nobleHashFunctions.hash(input)));
        expect(toHex(nodeHashFunctions.hmac(key, input))).toBe(toHex(nobleHashFunctions.hmac(key, input)));
      }),
    );
  });

  it('the_engine_uses_node_where_node_has_it', () => {
    expect([hash, hmac]).toEqual([nodeHashFunctions.hash, nodeHashFunctions.hmac]);
  });
});
