import { format, inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeBase64Key,
  decodeHexKey,
  generatePresharedKey,
  generatePrivateKey,
  PresharedKey,
  PrivateKey,
  PublicKey,
} from '../../../engine/crypto/keys.ts';
import { nobleDhKey } from '../../../engine/crypto/primitives.ts';
import { fromHex, readVectors } from '../../vectors/vectors.ts';

const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const base64Of = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
/** A plain copy, whatever kind of byte array was decoded. */
const bytesOf = (decoded: Uint8Array | null) => decoded && Uint8Array.from(decoded);
const SECRET = Uint8Array.from({ length: 32 }, (_, i) => 0x40 + i);
const LAST_CHARACTERS = 'AEIMQUYcgkosw048';
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

describe.each([
  ['PrivateKey', new PrivateKey(SECRET)],
  ['PresharedKey', new PresharedKey(SECRET)],
])('%s', (_, key) => {
  /** The forms in which the key's bytes could show. */
  const forms = [key.toBase64(), key.toHex(), key.toHex().toUpperCase(), [...key.bytes].join(), '64, 65'];

  function expectRedacted(text: string): void {
    expect(text).toContain('<redacted>');
    for (const form of forms) expect(text).not.toContain(form);
  }

  it('is_redacted_in_strings_json_and_the_inspector', () => {
    expect(String(key)).toBe('<redacted>');
    expect(`${key}`).toBe('<redacted>');
    expect('key '.concat(String(key))).toBe('key <redacted>');
    expect(JSON.stringify(key)).toBe('"<redacted>"');
    expect(inspect(key)).toBe('<redacted>');
    expect([key].join()).toBe('<redacted>');
  });

  it('is_redacted_when_nested_in_objects_arrays_maps_and_sets', () => {
    const nested = { peer: { keys: [key], byName: new Map([['key', key]]), all: new Set([key]) } };
    expectRedacted(inspect(nested, { depth: null, showHidden: true }));
    expectRedacted(JSON.stringify({ peer: { keys: [key] } }));
  });

  it('is_redacted_in_errors', () => {
    const error = Object.assign(new Error(`cannot use ${key}`, { cause: { key } }), { key });
    expectRedacted(inspect(error, { depth: null }));
    expectRedacted(error.message);
    expectRedacted(String(error.stack));
    expectRedacted(inspect(new AggregateError([error]), { depth: null }));
  });

  it('is_redacted_by_every_format_directive', () => {
    for (const directive of ['%s', '%o', '%O', '%j']) expectRedacted(format(directive, key));
  });

  it('still_gives_its_text_when_asked_for_by_name', () => {
    expect(fromHex(key.toHex())).toEqual(key.bytes);
    expect(bytesOf(decodeBase64Key(key.toBase64()))).toEqual(key.bytes);
  });

  it('wiping_zeroes_the_bytes', () => {
    const wiped = new PresharedKey(Uint8Array.from(SECRET));
    expect(wiped.isZero()).toBe(false);
    wiped.wipe();
    expect(wiped.bytes).toEqual(new Uint8Array(32));
    expect(wiped.isZero()).toBe(true);
  });
});

describe('PublicKey', () => {
  const key = new PublicKey(SECRET);

  it('prints_as_base64', () => {
    expect(`${key}`).toBe(base64Of(SECRET));
    expect(JSON.stringify({ key })).toBe(`{"key":"${base64Of(SECRET)}"}`);
  });

  it('keeps_its_bytes_unclamped', () => {
    const bytes = new Uint8Array(32).fill(0xff);
    expect(new PublicKey(bytes).bytes).toEqual(bytes);
  });

  it('cannot_be_changed_through_its_bytes', () => {
    const key = new PublicKey(new Uint8Array(32).fill(7));
    key.bytes.fill(0);
    expect(key.bytes).toEqual(new Uint8Array(32).fill(7));
    expect(key.equals(new PublicKey(new Uint8Array(32).fill(7)))).toBe(true);
    expect(key.equals(new PublicKey(new Uint8Array(32)))).toBe(false);
  });
});

describe('PrivateKey clamping', () => {
  it('clamps_as_rfc7748_section_5_decodes_a_scalar', () => {
    const ones = new PrivateKey(new Uint8Array(32).fill(0xff));
    expect(ones.toHex()).toBe(`f8${'ff'.repeat(30)}7f`);
    const zeros = new PrivateKey(new Uint8Array(32));
    expect(zeros.toHex()).toBe(`${'00'.repeat(31)}40`);
  });

  it('clamping_twice_changes_nothing_and_keeps_the_public_key', () => {
    fc.assert(
      fc.property(key32, (bytes) => {
        const key = new PrivateKey(bytes);
        expect(new PrivateKey(key.bytes).bytes).toEqual(key.bytes);
        expect(nobleDhKey(key.bytes).publicKey).toEqual(nobleDhKey(bytes).publicKey);
      }),
      { numRuns: 30 },
    );
  });

  it('rfc7748_alice_keeps_her_public_key', () => {
    const { alicePrivate, alicePublic } = readVectors('rfc7748-x25519').exchange;
    const key = new PrivateKey(fromHex(alicePrivate));
    expect(new PublicKey(nobleDhKey(key.bytes).publicKey).toHex()).toBe(alicePublic);
  });

  it('a_preshared_key_is_not_clamped', () => {
    expect(new PresharedKey(new Uint8Array(32).fill(0xff)).toHex()).toBe('ff'.repeat(32));
  });
});

describe('key bytes', () => {
  it('are_copied_in', () => {
    const bytes = new Uint8Array(32).fill(7);
    const key = new PresharedKey(bytes);
    bytes.fill(0);
    expect(key.bytes).toEqual(new Uint8Array(32).fill(7));
  });

  it('of_any_other_length_than_32_are_refused_without_showing_them', () => {
    for (const length of [0, 1, 31, 33, 64])
      expect(() => new PrivateKey(new Uint8Array(length))).toThrow(`a key is 32 bytes, not ${length}`);
  });

  it('equal_only_the_same_bytes', () => {
    fc.assert(
      fc.property(key32, fc.nat({ max: 255 }), (bytes, bit) => {
        const flipped = Uint8Array.from(bytes);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        expect(new PublicKey(bytes).equals(new PublicKey(bytes))).toBe(true);
        expect(new PublicKey(bytes).equals(new PublicKey(flipped))).toBe(false);
      }),
    );
  });
});

describe('decodeBase64Key', () => {
  it('reads_back_what_toBase64_writes', () => {
    fc.assert(
      fc.property(key32, (bytes) => {
        expect(new PublicKey(bytes).toBase64()).toHaveLength(44);
        expect(bytesOf(decodeBase64Key(new PublicKey(bytes).toBase64()))).toEqual(bytes);
      }),
    );
  });

  it('accepts_exactly_the_16_canonical_last_characters', () => {
    for (const character of ALPHABET) {
      const accepted = decodeBase64Key(`${'A'.repeat(42)}${character}=`) !== null;
      expect([character, accepted]).toEqual([character, LAST_CHARACTERS.includes(character)]);
    }
  });

  it.each([
    ['nothing', ''],
    ['no_padding', 'A'.repeat(43)],
    ['two_padding_characters', `${'A'.repeat(43)}==`],
    ['31_bytes', `${'A'.repeat(42)}==`],
    ['33_bytes', 'A'.repeat(44)],
    ['one_character_too_many', `${'A'.repeat(43)}=A`],
    ['a_space_before', ` ${'A'.repeat(43)}=`],
    ['a_newline_after', `${'A'.repeat(43)}=\n`],
    ['a_newline_within', `${'A'.repeat(21)}\n${'A'.repeat(21)}=`],
    ['base64url', `${'-'.repeat(42)}A=`],
    ['a_letter_outside_ASCII', `${'Ａ'.repeat(42)}A=`],
    ['a_NUL', `${'A'.repeat(42)}\0=`],
    ['hex', '00'.repeat(32)],
  ])('refuses_%s', (_, text) => {
    expect(decodeBase64Key(text)).toBeNull();
  });

  it('accepts_only_text_that_is_written_back_the_same', () => {
    const base64Like = fc.string({
      unit: fc.constantFrom(...ALPHABET, '=', '-', ' '),
      minLength: 42,
      maxLength: 46,
    });
    fc.assert(
      fc.property(base64Like, (text) => {
        const bytes = decodeBase64Key(text);
        if (bytes) expect(new PublicKey(bytes).toBase64()).toBe(text);
      }),
    );
  });
});

describe('decodeHexKey', () => {
  it('reads_both_cases', () => {
    const hex = new PublicKey(SECRET).toHex();
    expect(bytesOf(decodeHexKey(hex))).toEqual(SECRET);
    expect(bytesOf(decodeHexKey(hex.toUpperCase()))).toEqual(SECRET);
  });

  it.each([
    ['nothing', ''],
    ['63_digits', '0'.repeat(63)],
    ['65_digits', '0'.repeat(65)],
    ['a_letter_past_f', `${'0'.repeat(63)}g`],
    ['a_prefix', `0x${'0'.repeat(62)}`],
    ['a_newline_after', `${'0'.repeat(64)}\n`],
  ])('refuses_%s', (_, text) => {
    expect(decodeHexKey(text)).toBeNull();
  });
});

describe('generation', () => {
  const random = { bytes: (length: number) => new Uint8Array(length).fill(0xff) };

  it('a_private_key_is_32_random_bytes_clamped', () => {
    expect(generatePrivateKey(random).toHex()).toBe(`f8${'ff'.repeat(30)}7f`);
  });

  it('a_preshared_key_is_32_random_bytes', () => {
    expect(generatePresharedKey(random).toHex()).toBe('ff'.repeat(32));
  });
});
