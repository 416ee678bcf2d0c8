/** The ChaCha20 kernel by itself, and the AEAD of RFC 8439 put together from it and Poly1305. */
import { createCipheriv } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import { compileKernelFunctions, type KernelFunctions } from '../../support/kernel-functions.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';
import { fromHex, readVectors, toHex } from '../../vectors/vectors.ts';

const KEYSTREAM = 256;
const memory = new SharedMemory(1 << 16);
const [key, tag] = [memory.allocate(32), memory.allocate(16)];
const [oneTimeKey, output] = [memory.allocate(KEYSTREAM), memory.allocate(KEYSTREAM + 16)];
const text = memory.allocate(4_096);
let kernels: KernelFunctions;

beforeAll(async () => {
  kernels = await compileKernelFunctions(memory);
});

const hexAt = (at: number, length: number) => toHex(memory.bytes.slice(at, at + length));
const padded = (bytes: Uint8Array) => Buffer.concat([bytes], Math.ceil(bytes.length / 16) * 16);

/** The two words of a nonce that are a counter; the first is zero in all that the kernel does. */
function countersOf(nonce: Uint8Array): [number, number] {
  const view = new DataView(nonce.buffer, nonce.byteOffset, 12);
  if (view.getUint32(0) !== 0) throw new RangeError('the kernel has no such nonce');
  return [view.getUint32(4, true), view.getUint32(8, true)];
}

/** AEAD_CHACHA20_POLY1305 (§2.8). @returns ciphertext and tag, in hex */
function seal(keyBytes: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): string {
  const counters = countersOf(nonce);
  memory.bytes.set(keyBytes, key);
  kernels.setKey(key);
  kernels.keystream(0, ...counters, oneTimeKey);
  memory.bytes.set(plaintext, text);
  for (let at = 0; at < plaintext.length; at += KEYSTREAM)
    kernels.xorKeystream(1 + at / 64, ...counters, text + at, text + at);
  const ciphertext = memory.bytes.slice(text, text + plaintext.length);
  const lengths = Buffer.alloc(16);
  lengths.writeUInt32LE(aad.length, 0);
  lengths.writeUInt32LE(ciphertext.length, 8);
  const authenticated = Buffer.concat([padded(aad), padded(ciphertext), lengths]);
  memory.bytes.set(authenticated, text);
  kernels.poly1305(oneTimeKey, text, authenticated.length / 16, tag);
  return toHex(ciphertext) + hexAt(tag, 16);
}

describe('published vectors', () => {
  it('rfc8439_appendix_a_1_keystream', () => {
    const { key: zeroKey, nonce, blockCounter, keystream } = readVectors('rfc8439-aead').zeroKeystream;
    memory.bytes.set(fromHex(zeroKey), key);
    kernels.setKey(key);
    kernels.keystream(blockCounter, ...countersOf(fromHex(nonce)), output);
    expect(hexAt(output, 64)).toBe(keystream);
  });

  it('rfc8439_appendix_a_5_seals_as_published', () => {
    const test = readVectors('rfc8439-aead').tests.find(({ name }) => name === 'A.5')!;
    const sealed = seal(fromHex(test.key), fromHex(test.nonce), fromHex(test.plaintext), fromHex(test.aad));
    expect(sealed).toBe(test.ciphertext + test.tag);
  });

  it('wycheproof_cases_whose_nonce_is_a_counter_seal_as_published', () => {
    const tests = readVectors('wycheproof-chacha20-poly1305').tests.filter(
      ({ iv, result }) => iv.length === 24 && iv.startsWith('00000000') && result === 'valid',
    );
    expect(tests).toHaveLength(10);
    for (const { key, iv, msg, aad, ct, tag } of tests)
      expect(seal(fromHex(key), fromHex(iv), fromHex(msg), fromHex(aad))).toBe(ct + tag);
  });
});

describe('against OpenSSL', () => {
  it('any_key_block_and_counter_give_the_same_keystream_with_and_without_text', () => {
    const random = new SeededRandom(31);
    for (let i = 0; i < 2_000; i++) {
      const words = Array.from({ length: 2 }, () => random.pick([0, 1, 0xffffffff, random.uint32()]));
      const block = random.pick([0, 1, 4, 1_023, random.below(65_536)]);
      const [keyBytes, plaintext] = [random.bytes(32), random.bytes(KEYSTREAM)];
      // OpenSSL's 16 bytes are the block counter and then the nonce.
      const iv = Buffer.alloc(16);
      iv.writeUInt32LE(block, 0);
      iv.writeUInt32LE(words[0]!, 8);
      iv.writeUInt32LE(words[1]!, 12);
      const openssl = (bytes: Uint8Array) => createCipheriv('chacha20', keyBytes, iv).update(bytes);
      memory.bytes.set(keyBytes, key);
      kernels.setKey(key);
      const to = output + (i % 16);
      kernels.keystream(block, words[0]!, words[1]!, to);
      expect(hexAt(to, KEYSTREAM)).toBe(toHex(openssl(new Uint8Array(KEYSTREAM))));
      memory.bytes.set(plaintext, text);
      kernels.xorKeystream(block, words[0]!, words[1]!, to, text);
      expect(hexAt(to, KEYSTREAM)).toBe(toHex(openssl(plaintext)));
    }
  });
});
