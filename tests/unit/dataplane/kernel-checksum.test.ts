/** The checksum kernel by itself, up to its longest input. */
import { beforeAll, describe, expect, it } from 'vitest';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import { internetChecksum } from '../../support/inner-packets.ts';
import { compileKernelFunctions, type KernelFunctions } from '../../support/kernel-functions.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';

const LONGEST = 65_535;
const memory = new SharedMemory(1 << 18);
const bytes = memory.allocate(LONGEST + 64);
let kernels: KernelFunctions;

beforeAll(async () => {
  kernels = await compileKernelFunctions(memory);
});

/** What a packet would bear, in the order that it was summed in: little-endian. */
function checksumOf(content: Uint8Array, unaligned: number): number {
  memory.bytes.fill(0xff, bytes, bytes + LONGEST + 64);
  memory.bytes.set(content, bytes + unaligned);
  const checksum = 0xffff - kernels.fold(kernels.sumWords(bytes + unaligned, content.length));
  return ((checksum & 0xff) << 8) | (checksum >> 8);
}

describe('the checksum', () => {
  it('of_every_length_up_to_600_bytes_at_every_alignment', () => {
    const random = new SeededRandom(51);
    for (let length = 0; length <= 600; length++) {
      const content = random.bytes(length);
      expect(checksumOf(content, (length + (length >> 4)) % 16)).toBe(internetChecksum(content));
    }
  });

  it.each([65_535, 65_534, 65_504, 40_001])('of_%i_bytes_of_ones_loses_no_carry', (length) => {
    expect(checksumOf(new Uint8Array(length).fill(0xff), 1)).toBe(
      internetChecksum(new Uint8Array(length).fill(0xff)),
    );
  });

  it('folds_any_sum_to_16_bits', () => {
    const random = new SeededRandom(52);
    const sums = [
      0n,
      1n,
      0xffffn,
      0x10000n,
      0x1fffen,
      0xffffffffn,
      0x1_0000_0000n,
      0xffff_ffff_ffffn,
      0x1_0000_ffff_ffffn,
    ];
    for (let i = 0; i < 2_000; i++) sums.push(BigInt(random.uint32()) * BigInt(random.below(65_536)));
    for (const sum of sums) {
      // Ones' complement: the remainder of 65,535, with 65,535 for the zero of a sum that is not.
      const remainder = Number(sum % 65_535n);
      expect(kernels.fold(sum)).toBe(remainder === 0 && sum > 0n ? 65_535 : remainder);
    }
  });
});
