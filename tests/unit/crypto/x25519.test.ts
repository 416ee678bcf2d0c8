import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dhKey, nobleDhKey, nodeDhKey } from '../../../engine/crypto/primitives.ts';
import { fromHex, readVectors, toHex } from '../../vectors/vectors.ts';

const rfc = readVectors('rfc7748-x25519');
const wycheproof = readVectors('wycheproof-x25519').tests;
const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const BASE_POINT = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 9 : 0));
const ALL_ZERO = '00'.repeat(32);

function hexOrNull(bytes: Uint8Array | null): string | null {
  return bytes && toHex(bytes);
}

/** 2^255 − 19 + `offset`, little-endian, with the 256th bit as asked. */
function fieldPrimePlus(offset: number, highBit = false): Uint8Array {
  let value = 2n ** 255n - 19n + BigInt(offset) + (highBit ? 2n ** 255n : 0n);
  return Uint8Array.from({ length: 32 }, () => {
    const byte = Number(value & 255n);
    value >>= 8n;
    return byte;
  });
}

describe.each([
  ['noble', nobleDhKey],
  ['node', nodeDhKey],
])('X25519 by %s', (_, createDhKey) => {
  it('rfc7748_section_5_2_multiplies_as_published', () => {
    expect(rfc.tests).toHaveLength(2);
    for (const { scalar, u, output } of rfc.tests)
      expect(hexOrNull(createDhKey(fromHex(scalar)).dh(fromHex(u)))).toBe(output);
  });

  it('rfc7748_section_5_2_iterates_1_and_1000_times_as_published', () => {
    let k = BASE_POINT;
    let u = BASE_POINT;
    const expected = new Map(rfc.iterated.map(({ iterations, k }) => [iterations, k]));
    for (let iteration = 1; iteration <= 1_000; iteration++) {
      const result = createDhKey(k).dh(u);
      u = k;
      k = Uint8Array.from(result!);
      const published = expected.get(iteration);
      if (published) expect(toHex(k)).toBe(published);
      expected.delete(iteration);
    }
    expect(expected.size).toBe(0);
  });

  it('rfc7748_section_6_1_both_sides_reach_the_shared_secret', () => {
    const { alicePrivate, alicePublic, bobPrivate, bobPublic, shared } = rfc.exchange;
    const alice = createDhKey(fromHex(alicePrivate));
    const bob = createDhKey(fromHex(bobPrivate));
    expect([toHex(alice.publicKey), toHex(bob.publicKey)]).toEqual([alicePublic, bobPublic]);
    expect(hexOrNull(alice.dh(bob.publicKey))).toBe(shared);
    expect(hexOrNull(bob.dh(alice.publicKey))).toBe(shared);
  });

  it('wycheproof_x25519_all_518_cases_give_the_published_secret_or_null_for_zero', () => {
    expect(wycheproof).toHaveLength(518);
    const wrong = wycheproof.filter((test) => {
      const expected = test.shared === ALL_ZERO ? null : test.shared;
      return hexOrNull(createDhKey(fromHex(test.private)).dh(fromHex(test.public))) !== expected;
    });
    expect(wrong).toEqual([]);
  });

  it('low_order_points_give_null', () => {
    const lowOrder = wycheproof.filter(({ flags }) => flags.includes('ZeroSharedSecret'));
    expect(lowOrder.length).toBeGreaterThan(20);
    for (const test of lowOrder) {
      expect(test.shared).toBe(ALL_ZERO);
      expect(createDhKey(fromHex(test.private)).dh(fromHex(test.public))).toBeNull();
    }
  });

  it('a_non_canonical_point_counts_as_the_one_it_is_congruent_to', () => {
    fc.assert(
      fc.property(key32, fc.integer({ min: 2, max: 18 }), fc.boolean(), (privateKey, u, highBit) => {
        const key = createDhKey(privateKey);
        const canonical = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? u : 0));
        expect(hexOrNull(key.dh(fieldPrimePlus(u, highBit)))).toBe(hexOrNull(key.dh(canonical)));
      }),
      { numRuns: 40 },
    );
  });

  it('the_public_key_is_the_scalar_times_the_base_point', () => {
    fc.assert(
      fc.property(key32, (privateKey) => {
        const key = createDhKey(privateKey);
        expect(hexOrNull(key.dh(BASE_POINT))).toBe(toHex(key.publicKey));
      }),
      { numRuns: 40 },
    );
  });

  it('an_unclamped_scalar_acts_as_its_clamped_form', () => {
    fc.assert(
      fc.property(key32, (privateKey) => {
        const clamped = Uint8Array.from(privateKey);
        clamped[0]! &= 248;
        clamped[31] = (clamped[31]! & 127) | 64;
        expect(createDhKey(privateKey).publicKey).toEqual(createDhKey(clamped).publicKey);
      }),
      { numRuns: 40 },
    );
  });

  it('one_public_key_gives_each_private_key_its_own_secret_and_another_gives_another', () => {
    const { alicePrivate, alicePublic, bobPrivate, bobPublic, shared } = rfc.exchange;
    const [alice, bob] = [createDhKey(fromHex(alicePrivate)), createDhKey(fromHex(bobPrivate))];
    const withBob = [alice.dh(fromHex(bobPublic)), bob.dh(fromHex(bobPublic)), alice.dh(fromHex(bobPublic))];
    expect(withBob.map(hexOrNull)).toEqual([shared, expect.not.stringMatching(shared), shared]);
    expect([bob, alice].map((key) => hexOrNull(key.dh(fromHex(alicePublic))))).toEqual([
      shared,
      expect.not.stringMatching(shared),
    ]);
  });

  it('results_are_plain_32_byte_arrays_of_their_own', () => {
    const key = createDhKey(fromHex(rfc.exchange.alicePrivate));
    const secret = key.dh(fromHex(rfc.exchange.bobPublic));
    expect(secret).toBeInstanceOf(Uint8Array);
    expect(secret).toHaveLength(32);
    expect(key.publicKey).toHaveLength(32);
  });
});

describe('X25519 by noble and by node', () => {
  it('agree_on_random_keys_and_points', () => {
    fc.assert(
      fc.property(key32, key32, (privateKey, point) => {
        const noble = nobleDhKey(privateKey);
        const node = nodeDhKey(privateKey);
        expect(toHex(node.publicKey)).toBe(toHex(noble.publicKey));
        expect(hexOrNull(node.dh(point))).toBe(hexOrNull(noble.dh(point)));
      }),
      { numRuns: 200 },
    );
  });

  it('agree_on_every_point_of_wycheproof_under_one_random_key', () => {
    fc.assert(
      fc.property(key32, (privateKey) => {
        const noble = nobleDhKey(privateKey);
        const node = nodeDhKey(privateKey);
        const points = new Set(wycheproof.map((test) => test.public));
        for (const point of points)
          expect(hexOrNull(node.dh(fromHex(point)))).toBe(hexOrNull(noble.dh(fromHex(point))));
      }),
      { numRuns: 1 },
    );
  });

  it('agree_on_the_points_around_the_field_prime', () => {
    const privateKey = fromHex(rfc.exchange.alicePrivate);
    for (let offset = -2; offset <= 18; offset++) {
      for (const highBit of [false, true]) {
        const point = fieldPrimePlus(offset, highBit);
        expect(hexOrNull(nodeDhKey(privateKey).dh(point))).toBe(hexOrNull(nobleDhKey(privateKey).dh(point)));
      }
    }
    for (const offset of [-1, 0, 1]) expect(nodeDhKey(privateKey).dh(fieldPrimePlus(offset))).toBeNull();
  });

  it('the_engine_uses_node_where_node_has_it', () => {
    expect(dhKey).toBe(nodeDhKey);
  });
});
