/** Transport data by the kernels, byte for byte against OpenSSL and noble, at every length and alignment. */
import { createCipheriv } from 'node:crypto';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { describe, expect, it } from 'vitest';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import { MAX_RUN, type TransportKey } from '../../../engine/ports.ts';
import { plainRun } from '../../../engine/wire/packet-run.ts';
import { kernelCipher } from '../../support/test-memory.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';

const LONGEST = 65_535;
const HEADER = 16;
const TAG = 16;
const REMOTE_INDEX = 0x89abcdef;

const memory = new SharedMemory(1 << 19);
const cipher = kernelCipher(memory);
/** All that a test may touch, with room around it that must stay as it is. */
const area = memory.allocate(0);
const source = area + 64;
const target = source + LONGEST + 128;
const random = new SeededRandom(41);

/** A counter of 64 bits, as the engine hands it over. */
const halves = (counter: bigint) => ({
  remoteIndex: REMOTE_INDEX,
  counterHigh: Number(counter >> 32n),
  counterLow: Number(counter & 0xffffffffn),
});

/** Transport data as paper §5.4.6 has it, by two other hands that must agree. */
function reference(keyBytes: Uint8Array, counter: bigint, plaintext: Uint8Array): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(counter, 4);
  const openssl = createCipheriv('chacha20-poly1305', keyBytes, nonce, { authTagLength: TAG });
  const sealed = Buffer.concat([openssl.update(plaintext), openssl.final(), openssl.getAuthTag()]);
  if (!sealed.equals(chacha20poly1305(keyBytes, nonce).encrypt(plaintext)))
    throw new Error('OpenSSL and noble disagree');
  const header = Buffer.alloc(HEADER);
  header.writeUInt32LE(4, 0);
  header.writeUInt32LE(REMOTE_INDEX, 4);
  header.writeBigUInt64LE(counter, 8);
  return Buffer.concat([header, sealed]);
}

/** What packet memory holds, to be compared with what it should hold afterwards. */
const snapshot = (to: number) => Buffer.from(memory.bytes.slice(area, to));

function pickKey(): { keyBytes: Uint8Array; key: TransportKey } {
  const keyBytes = random.bytes(32);
  return { keyBytes, key: cipher.importKey(keyBytes) };
}

/** Seals a plaintext of just this length, without padding, opens it again, and says what was not as it should be. */
function roundTripFault(length: number, fromAlignment: number, toAlignment: number, isInPlace: boolean) {
  const { keyBytes, key } = pickKey();
  const counter = BigInt(random.uint32()) * BigInt(random.uint32());
  const to = target + toAlignment;
  const from = isInPlace ? to + HEADER : source + fromAlignment;
  const end = to + length + 160;
  memory.bytes.set(random.bytes(160), end - 160);
  const plaintext = random.bytes(length);
  memory.bytes.set(plaintext, from);
  const expected = snapshot(end);
  const datagram = reference(keyBytes, counter, plaintext);
  expected.set(datagram, to - area);
  key.sealRun(memory, { ...plainRun(), packet: from, length }, halves(counter), length, to);
  if (!snapshot(end).equals(expected)) return `sealed wrong: ${length} bytes`;
  memory.bytes[memory.verdicts] = 7;
  key.openRun(memory, to, datagram.length, 1, datagram.length);
  expected.set(plaintext, to + HEADER - area);
  if (memory.bytes[memory.verdicts] !== 1 || !snapshot(end).equals(expected))
    return `opened wrong: ${length} bytes`;
  return null;
}

describe('one datagram', () => {
  it.each([
    ['in place', true],
    ['out of place', false],
  ])('every_length_from_0_to_2048_at_every_alignment_%s', (_, isInPlace) => {
    const alignments = new Set<number>();
    const faults = [];
    for (let length = 0; length <= 2_048; length++) {
      // Each remainder of 16 in the length meets each of the source's alignments, and each of these each of the target's.
      const [from, to] = [(length >> 4) & 15, (length * 5 + (length >> 8)) & 15];
      alignments.add(16 * from + to);
      faults.push(roundTripFault(length, from, to, isInPlace));
    }
    expect(faults.filter((fault) => fault !== null)).toEqual([]);
    expect(alignments.size).toBe(256);
  });

  it('the_largest_too', () => {
    for (const length of [4_095, 9_000, 16_384, 65_519, 65_520, 65_535])
      expect(roundTripFault(length, random.below(16), random.below(16), random.chance(0.5))).toBeNull();
  });

  it('padding_is_of_zeros_up_to_16_bytes_or_the_MTU_and_what_stood_there_is_put_back', () => {
    const { keyBytes, key } = pickKey();
    for (let length = 0; length <= 160; length++) {
      for (const mtu of [length, length + 1, length + 7, length + 15, 1_420]) {
        const plaintext = random.bytes(length);
        memory.bytes.set(random.bytes(1_024), source);
        memory.bytes.set(random.bytes(1_024), target - 64);
        memory.bytes.set(plaintext, source);
        const expected = snapshot(target + 960);
        const padding = Math.min(Math.ceil(length / 16) * 16, mtu) - length;
        const padded = Buffer.concat([plaintext, Buffer.alloc(padding)]);
        expected.set(reference(keyBytes, 9n, padded), target - area);
        key.sealRun(memory, { ...plainRun(), packet: source, length }, halves(9n), mtu, target);
        expect(snapshot(target + 960).equals(expected)).toBe(true);
      }
    }
  });

  it.each([
    0n,
    1n,
    2n ** 31n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 32n + 1n,
    2n ** 53n + 1n,
    2n ** 63n,
    2n ** 64n - 2n ** 13n - 2n,
    2n ** 64n - 1n,
  ])('counter_%s_is_the_nonce', (counter) => {
    const { keyBytes, key } = pickKey();
    const plaintext = random.bytes(500);
    memory.bytes.set(plaintext, source);
    key.sealRun(memory, { ...plainRun(), packet: source, length: 500 }, halves(counter), 500, target);
    const datagram = reference(keyBytes, counter, plaintext);
    expect(Buffer.from(memory.bytes.slice(target, target + datagram.length)).equals(datagram)).toBe(true);
    key.openRun(memory, target, datagram.length, 1, datagram.length);
    expect(memory.bytes[memory.verdicts]).toBe(1);
  });
});

describe('a forgery', () => {
  it('of_any_bit_of_the_tag_or_the_counter_or_of_any_byte_of_the_text_is_refused_and_stays_as_it_was', () => {
    const lengths = [0, 1, 15, 16, 17, 64, 160, 175, 176, 177, 191, 192, 193, 448, 1_280, 1_420];
    for (const [i, length] of lengths.entries()) {
      const { keyBytes, key } = pickKey();
      const datagram = reference(keyBytes, 77n, random.bytes(length));
      const at = target + i;
      const accepted: number[] = [];
      const flips = Array.from({ length: 64 }, (_, bit) => 64 + bit);
      for (let byte = HEADER; byte < HEADER + length; byte++) flips.push(8 * byte + random.below(8));
      for (let bit = 8 * (HEADER + length); bit < 8 * datagram.length; bit++) flips.push(bit);
      memory.bytes.set(datagram, at);
      for (const bit of flips) {
        memory.bytes[at + (bit >> 3)]! ^= 1 << (bit & 7);
        const before = snapshot(at + datagram.length + 64);
        key.openRun(memory, at, datagram.length, 1, datagram.length);
        if (memory.bytes[memory.verdicts] !== 0) accepted.push(bit);
        if (!snapshot(at + datagram.length + 64).equals(before)) throw new Error(`bit ${bit} changed bytes`);
        memory.bytes[at + (bit >> 3)]! ^= 1 << (bit & 7);
      }
      expect(accepted).toEqual([]);
      expect(flips.length).toBe(64 + length + 128);
      key.openRun(memory, at, datagram.length, 1, datagram.length);
      expect(memory.bytes[memory.verdicts]).toBe(1);
    }
  });

  it('of_one_byte_less_or_more_is_refused', () => {
    const { keyBytes, key } = pickKey();
    const datagram = reference(keyBytes, 5n, random.bytes(100));
    memory.bytes.set(datagram, target);
    for (const length of [datagram.length - 1, datagram.length + 1, 32]) {
      key.openRun(memory, target, length, 1, length);
      expect(memory.bytes[memory.verdicts]).toBe(0);
    }
  });
});

describe('a run', () => {
  it('of_1_to_64_datagrams_with_a_shorter_last_opens_but_for_the_forged_ones', () => {
    for (let round = 0; round < 150; round++) {
      const { keyBytes, key } = pickKey();
      const count = random.pick([1, 2, 3, MAX_RUN, 1 + random.below(MAX_RUN)]);
      const length = random.below(600);
      const last = random.below(length + 1);
      const at = target + random.below(16);
      const first = 2n ** 32n - BigInt(random.below(count + 2));
      const verdicts = Array.from({ length: count }, () => (random.chance(0.2) ? 0 : 1));
      if (round % 3 === 0) verdicts.fill(1).fill(0, count >> 1, (count >> 1) + 1);
      let expected = Buffer.alloc(0);
      let run = Buffer.alloc(0);
      for (const [i, verdict] of verdicts.entries()) {
        const plaintext = random.bytes(i === count - 1 ? last : length);
        const datagram = reference(keyBytes, first + BigInt(i), plaintext);
        if (verdict === 0) datagram[HEADER + random.below(datagram.length - HEADER)]! ^= 1 << random.below(8);
        const start = run.length;
        run = Buffer.concat([run, datagram]);
        expected = Buffer.concat([expected, datagram]);
        if (verdict === 1) expected.set(plaintext, start + HEADER);
      }
      memory.bytes.fill(0xee, at - 32, at + run.length + 64);
      memory.bytes.set(run, at);
      memory.bytes.fill(7, memory.verdicts, memory.verdicts + MAX_RUN);
      key.openRun(memory, at, length + 32, count, last + 32);
      const seen = [...memory.bytes.slice(memory.verdicts, memory.verdicts + MAX_RUN)];
      expect(seen).toEqual([...verdicts, ...new Array<number>(MAX_RUN - count).fill(7)]);
      const framed = Buffer.concat([Buffer.alloc(32, 0xee), expected, Buffer.alloc(64, 0xee)]);
      const around = Buffer.from(memory.bytes.slice(at - 32, at + run.length + 64));
      expect(around.equals(framed)).toBe(true);
    }
  });
});
