/** The Poly1305 kernel by itself, whose limbs and carries are where a rare mistake would hide. */
import { chacha20 } from '@noble/ciphers/chacha.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import { compileKernelFunctions, type KernelFunctions } from '../../support/kernel-functions.ts';
import {
  CLAMP,
  modulo,
  P,
  poly1305Tag,
  power,
  toBlock,
  toCoefficient,
  toNumber,
} from '../../support/poly1305-reference.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';
import { fromHex, readVectors, toHex } from '../../vectors/vectors.ts';

const ALL_ONES = 2n ** 128n - 1n;
const MOST_BLOCKS = 130;
/** Both ways of the kernel, one block and four at a time, and every remainder of four. */
const BLOCK_COUNTS = [1, 2, 3, 7, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 33, 64];

const memory = new SharedMemory(1 << 16);
const [key, tag] = [memory.allocate(32), memory.allocate(16)];
const message = memory.allocate(16 * MOST_BLOCKS + 16);
let kernels: KernelFunctions;

beforeAll(async () => {
  kernels = await compileKernelFunctions(memory);
});

function kernelTag(keyBytes: Uint8Array, text: Uint8Array, unaligned = 0): string {
  memory.bytes.set(keyBytes, key);
  memory.bytes.set(text, message + unaligned);
  kernels.poly1305(key, message + unaligned, text.length / 16, tag);
  return toHex(memory.bytes.slice(tag, tag + 16));
}

/** Counts cases, and keeps the first that goes wrong. */
class Comparison {
  cases = 0;
  wrong: { r: string; s: string; message: string } | null = null;

  check(r: bigint, s: bigint, blocks: readonly Uint8Array[]): void {
    this.cases++;
    const [keyBytes, text] = [Buffer.concat([toBlock(r), toBlock(s)]), Buffer.concat(blocks)];
    if (kernelTag(keyBytes, text, this.cases % 16) === toHex(poly1305Tag(r, s, blocks))) return;
    this.wrong ??= { r: r.toString(16), s: s.toString(16), message: toHex(text) };
  }
}

const repeated = (block: bigint, count: number) => new Array<Uint8Array>(count).fill(toBlock(block));
const randomNumber = (random: SeededRandom) => toNumber(random.bytes(16));
const randomBlocks = (random: SeededRandom, count: number) =>
  Array.from({ length: count }, () => random.bytes(16));

/** Where limbs of 13 and of 26 bits end, the modulus, and its neighbours. */
const EDGES = [
  ...Array.from({ length: 11 }, (_, i) => 2n ** BigInt(13 * i)),
  2n ** 128n,
  2n ** 129n,
  P,
  4n * ALL_ONES,
].flatMap((edge) => [-6n, -5n, -4n, -1n, 0n, 1n, 4n, 5n, 6n].map((step) => modulo(edge + step)));

/** @returns the block that takes `sum` to `target`, or null where no block can */
function blockTo(target: bigint, sum: bigint): Uint8Array | null {
  const block = modulo(target - sum) - 2n ** 128n;
  return block >= 0n && block <= ALL_ONES ? toBlock(block) : null;
}

/** By Euclid's algorithm. @param number that has no factor in common with the modulus */
function inverseMod(number: bigint, modulus: bigint): bigint {
  let [a, b, x, y] = [number % modulus, modulus, 1n, 0n];
  while (b > 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  return ((x % modulus) + modulus) % modulus;
}

describe('published vectors', () => {
  it.each(readVectors('rfc8439-poly1305').tests)('rfc8439_$name', (test) => {
    expect(kernelTag(fromHex(test.key), fromHex(test.message))).toBe(test.tag);
  });

  it('wycheproof_the_tags_of_316_ciphertexts_are_right_or_wrong_as_published', () => {
    const tests = readVectors('wycheproof-chacha20-poly1305').tests.filter(({ iv }) => iv.length === 24);
    expect(tests).toHaveLength(316);
    const padded = (bytes: Uint8Array) => Buffer.concat([bytes], Math.ceil(bytes.length / 16) * 16);
    const wrong = tests.filter(({ key, iv, aad, ct, tag, result }) => {
      const oneTimeKey = chacha20(fromHex(key), fromHex(iv), new Uint8Array(32));
      const lengths = Buffer.alloc(16);
      lengths.writeUInt32LE(aad.length / 2, 0);
      lengths.writeUInt32LE(ct.length / 2, 8);
      const text = Buffer.concat([padded(fromHex(aad)), padded(fromHex(ct)), lengths]);
      return (kernelTag(oneTimeKey, text) === tag) !== (result === 'valid');
    });
    expect(wrong.map(({ tcId }) => tcId)).toEqual([]);
  });
});

describe('against the formula in BigInt', () => {
  it('keys_of_ones_zeros_and_single_bits_with_messages_of_the_same', () => {
    const comparison = new Comparison();
    const bits = Array.from({ length: 128 }, (_, i) => 1n << BigInt(i));
    const patterns = [0n, ALL_ONES, ALL_ONES / 3n, (ALL_ONES / 3n) * 2n, CLAMP, ALL_ONES ^ CLAMP];
    const messages = [0n, 1n, ALL_ONES, ALL_ONES - 1n, ALL_ONES / 3n, 1n << 127n];
    for (const r of [...patterns, ...bits, ...bits.map((bit) => ALL_ONES ^ bit)])
      for (const block of messages)
        for (const count of BLOCK_COUNTS)
          comparison.check(r, comparison.cases % 2 === 0 ? 0n : ALL_ONES, repeated(block, count));
    expect(comparison.wrong).toBeNull();
    expect(comparison.cases).toBe(262 * 6 * 16);
  });

  it('every_count_of_blocks_at_random', () => {
    const comparison = new Comparison();
    const random = new SeededRandom(21);
    for (let round = 0; round < 20; round++)
      for (let count = 1; count <= MOST_BLOCKS; count++)
        comparison.check(randomNumber(random), randomNumber(random), randomBlocks(random, count));
    expect(comparison.wrong).toBeNull();
  });

  it('sums_that_end_at_the_modulus_and_at_the_edges_of_limbs', () => {
    const comparison = new Comparison();
    const random = new SeededRandom(22);
    for (const target of EDGES) {
      for (const count of BLOCK_COUNTS) {
        for (let found = 0; found < 2; ) {
          const r = random.chance(0.1) ? CLAMP : randomNumber(random) & CLAMP;
          const before = randomBlocks(random, count - 1);
          const sum = before.reduce((h, block) => ((h + toCoefficient(block)) * r) % P, 0n);
          // (sum + block) · r ≡ target
          const last = blockTo(modulo(target * power(r, P - 2n)), sum);
          if (last === null && count > 1) continue;
          comparison.check(r, random.pick([0n, 1n, ALL_ONES]), [
            ...before,
            last ?? toBlock(target & ALL_ONES),
          ]);
          found++;
        }
      }
    }
    expect(comparison.wrong).toBeNull();
    expect(comparison.cases).toBe(EDGES.length * BLOCK_COUNTS.length * 2);
  });

  it('products_whose_reduction_wraps_once_more', () => {
    // With r below 2^26 a product is D = q · 2^130 + rest, and reduced once it is rest + 5q. That is to be 2^130 + 2^27 − j:
    // wrapped, it pushes limb 0 over its edge, where limb 1 is odd. D = (q + 1) · 2^130 − 5q + 2^27 − j must be a multiple of r.
    const comparison = new Comparison();
    const random = new SeededRandom(25);
    while (comparison.cases < 500) {
      const r = (1n << 25n) | BigInt(random.below(1 << 25)) | 1n;
      const beyond = 2n ** 27n - BigInt(1 + random.below(5));
      const q = (inverseMod(P % r, r) * (r - ((2n ** 130n + beyond) % r))) % r;
      const product = (q + 1n) * 2n ** 130n - 5n * q + beyond;
      const block = product / r - 2n ** 128n;
      if (product % r !== 0n || 5n * q < beyond || block < 0n || block > ALL_ONES) continue;
      comparison.check(r, 0n, [toBlock(block)]);
    }
    expect(comparison.wrong).toBeNull();
  });

  it('sums_that_pass_the_modulus_and_the_edges_of_limbs_on_their_way_in_every_lane', () => {
    const comparison = new Comparison();
    const random = new SeededRandom(23);
    for (const target of EDGES) {
      for (const [count, step] of [
        [9, 1],
        [16, 4],
        [23, 4],
        [38, 4],
      ] as const) {
        const r = randomNumber(random) & CLAMP;
        const factor = power(r, BigInt(step));
        const lanes = new Array<bigint>(step).fill(0n);
        // The first group is filled up in front, so that the last block is the last lane's.
        const missing = (step - (count % step)) % step;
        const blocks = Array.from({ length: count }, (_, i) => {
          const lane = (i + missing) % step;
          const sum = (lanes[lane]! * factor) % P;
          const block = blockTo(target, sum) ?? random.bytes(16);
          lanes[lane] = sum + toCoefficient(block);
          return block;
        });
        comparison.check(r, 0n, blocks);
      }
    }
    expect(comparison.wrong).toBeNull();
    expect(comparison.cases).toBe(EDGES.length * 4);
  });
});

/** The ten signed limbs of 13 bits that stand for a power of r: from −4,096 up to 4,095. */
function balancedLimbs(number: bigint): number[] {
  let left = number;
  return Array.from({ length: 10 }, () => {
    const limb = Number((left + 4_096n) % 8_192n) - 4_096;
    left = (left - BigInt(limb)) / 8_192n;
    return limb;
  });
}

/** A block whose limb i is all ones where `isFull(i)`, and else zero. */
function blockOfLimbs(isFull: (i: number) => boolean): bigint {
  let block = 0n;
  for (let i = 0; i < 10; i++) if (isFull(i)) block |= 0x1fffn << BigInt(13 * i);
  return block & ALL_ONES;
}

describe('four blocks at a time', () => {
  it('the_largest_products_of_either_sign_overflow_nothing', () => {
    const comparison = new Comparison();
    const random = new SeededRandom(24);
    const weight = (r: bigint) => balancedLimbs(power(r, 4n)).reduce((sum, limb) => sum + Math.abs(limb), 0);
    const heaviest = Array.from({ length: 4_000 }, () => randomNumber(random) & CLAMP)
      .map((r) => ({ r, weight: weight(r) }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, 60);
    expect(heaviest[0]!.weight).toBeGreaterThan(30_000);
    for (const { r } of heaviest) {
      const limbs = balancedLimbs(power(r, 4n));
      for (let k = 0; k < 10; k++) {
        // Limb k of a product is Σ h_i · e_(k−i): all its terms get one sign, in this group or in every other one.
        const positive = blockOfLimbs((i) => limbs[(k - i + 10) % 10]! > 0);
        const negative = blockOfLimbs((i) => limbs[(k - i + 10) % 10]! < 0);
        for (const pair of [
          [positive, positive],
          [negative, negative],
          [positive, negative],
        ] as const) {
          const blocks = Array.from({ length: 32 }, (_, i) => toBlock(pair[(i >> 2) & 1]!));
          comparison.check(r, 0n, blocks);
        }
      }
    }
    expect(comparison.wrong).toBeNull();
    expect(comparison.cases).toBe(60 * 10 * 3);
  });
});
