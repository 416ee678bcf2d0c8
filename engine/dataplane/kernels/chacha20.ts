/**
 * ChaCha20 (RFC 8439 §2.3 and §2.4), four blocks at a time: vector xN holds word N of the state of four consecutive
 * blocks, one a lane, so that a quarter round is the RFC's own lines and no word ever changes its lane.
 */

/** The bytes of each word, rotated left by 16 and by 8 bits. */
@inline function rotateLeft16(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
}
@inline function rotateLeft8(x: v128): v128 {
  return i8x16.swizzle(x, i8x16(3, 0, 1, 2, 7, 4, 5, 6, 11, 8, 9, 10, 15, 12, 13, 14));
}
@inline function rotateLeft12(x: v128): v128 {
  return v128.or(i32x4.shl(x, 12), i32x4.shr_u(x, 20));
}
@inline function rotateLeft7(x: v128): v128 {
  return v128.or(i32x4.shl(x, 7), i32x4.shr_u(x, 25));
}
@inline function add(x: v128, y: v128): v128 {
  return i32x4.add(x, y);
}
@inline function xor(x: v128, y: v128): v128 {
  return v128.xor(x, y);
}
/** The key's eight words, each in every lane of a vector. */
const KEY = memory.data(8 * 16, 16);
@inline function keyWord(i: usize): v128 {
  return v128.load(KEY + 16 * i);
}

/** The key of all that follows. @param key 32 bytes */
export function setKey(key: usize): void {
  for (let i: usize = 0; i < 8; i++) v128.store(KEY + 16 * i, v128.load32_splat(key + 4 * i));
}

/** The four lanes' words a, b, c, d become 16 bytes of each block; xored with the source where there is one. */
@inline function storeColumn(to: usize, from: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  storeXored(to, from, i64x2.shuffle(ab01, cd01, 0, 2));
  storeXored(to + 64, from === 0 ? 0 : from + 64, i64x2.shuffle(ab01, cd01, 1, 3));
  storeXored(to + 128, from === 0 ? 0 : from + 128, i64x2.shuffle(ab23, cd23, 0, 2));
  storeXored(to + 192, from === 0 ? 0 : from + 192, i64x2.shuffle(ab23, cd23, 1, 3));
}
@inline function storeXored(to: usize, from: usize, keystream: v128): void {
  v128.store(to, from === 0 ? keystream : xor(keystream, v128.load(from)));
}

/**
 * 256 bytes of keystream from block `block` on, for the nonce of paper §5.4: 32 zero bits, then the counter.
 * @param from bytes to be xored with it, 0 for none
 */
@inline function fourBlocks(block: i32, counterLow: i32, counterHigh: i32, to: usize, from: usize): void {
  // "expand 32-byte k"
  const c0 = i32x4.splat(0x61707865), c1 = i32x4.splat(0x3320646e), c2 = i32x4.splat(0x79622d32), c3 = i32x4.splat(0x6b206574);
  const blocks = add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let x0 = c0, x1 = c1, x2 = c2, x3 = c3;
  let x4 = keyWord(0), x5 = keyWord(1), x6 = keyWord(2), x7 = keyWord(3);
  let x8 = keyWord(4), x9 = keyWord(5), x10 = keyWord(6), x11 = keyWord(7);
  let x12 = blocks, x13 = i32x4.splat(0), x14 = i32x4.splat(counterLow), x15 = i32x4.splat(counterHigh);

  for (let round = 0; round < 20; round += 2) {
    // Columns: QUARTERROUND(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15), two lines each. Interleaved they
    // would not be faster: the processor does that, and one after the other they need fewer registers.
    x0 = add(x0, x4); x12 = rotateLeft16(xor(x12, x0)); x8 = add(x8, x12); x4 = rotateLeft12(xor(x4, x8));
    x0 = add(x0, x4); x12 = rotateLeft8(xor(x12, x0)); x8 = add(x8, x12); x4 = rotateLeft7(xor(x4, x8));
    x1 = add(x1, x5); x13 = rotateLeft16(xor(x13, x1)); x9 = add(x9, x13); x5 = rotateLeft12(xor(x5, x9));
    x1 = add(x1, x5); x13 = rotateLeft8(xor(x13, x1)); x9 = add(x9, x13); x5 = rotateLeft7(xor(x5, x9));
    x2 = add(x2, x6); x14 = rotateLeft16(xor(x14, x2)); x10 = add(x10, x14); x6 = rotateLeft12(xor(x6, x10));
    x2 = add(x2, x6); x14 = rotateLeft8(xor(x14, x2)); x10 = add(x10, x14); x6 = rotateLeft7(xor(x6, x10));
    x3 = add(x3, x7); x15 = rotateLeft16(xor(x15, x3)); x11 = add(x11, x15); x7 = rotateLeft12(xor(x7, x11));
    x3 = add(x3, x7); x15 = rotateLeft8(xor(x15, x3)); x11 = add(x11, x15); x7 = rotateLeft7(xor(x7, x11));
    // Diagonals: QUARTERROUND(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14).
    x0 = add(x0, x5); x15 = rotateLeft16(xor(x15, x0)); x10 = add(x10, x15); x5 = rotateLeft12(xor(x5, x10));
    x0 = add(x0, x5); x15 = rotateLeft8(xor(x15, x0)); x10 = add(x10, x15); x5 = rotateLeft7(xor(x5, x10));
    x1 = add(x1, x6); x12 = rotateLeft16(xor(x12, x1)); x11 = add(x11, x12); x6 = rotateLeft12(xor(x6, x11));
    x1 = add(x1, x6); x12 = rotateLeft8(xor(x12, x1)); x11 = add(x11, x12); x6 = rotateLeft7(xor(x6, x11));
    x2 = add(x2, x7); x13 = rotateLeft16(xor(x13, x2)); x8 = add(x8, x13); x7 = rotateLeft12(xor(x7, x8));
    x2 = add(x2, x7); x13 = rotateLeft8(xor(x13, x2)); x8 = add(x8, x13); x7 = rotateLeft7(xor(x7, x8));
    x3 = add(x3, x4); x14 = rotateLeft16(xor(x14, x3)); x9 = add(x9, x14); x4 = rotateLeft12(xor(x4, x9));
    x3 = add(x3, x4); x14 = rotateLeft8(xor(x14, x3)); x9 = add(x9, x14); x4 = rotateLeft7(xor(x4, x9));
  }

  storeColumn(to, from, add(x0, c0), add(x1, c1), add(x2, c2), add(x3, c3));
  storeColumn(to + 16, from === 0 ? 0 : from + 16, add(x4, keyWord(0)), add(x5, keyWord(1)), add(x6, keyWord(2)), add(x7, keyWord(3)));
  storeColumn(to + 32, from === 0 ? 0 : from + 32, add(x8, keyWord(4)), add(x9, keyWord(5)), add(x10, keyWord(6)), add(x11, keyWord(7)));
  storeColumn(to + 48, from === 0 ? 0 : from + 48, add(x12, blocks), x13, add(x14, i32x4.splat(counterLow)), add(x15, i32x4.splat(counterHigh)));
}

/** 256 bytes of keystream. */
export function keystream(block: i32, counterLow: i32, counterHigh: i32, to: usize): void {
  fourBlocks(block, counterLow, counterHigh, to, 0);
}

/** 256 bytes encrypted, or decrypted; `to` may be `from`. */
export function xorKeystream(block: i32, counterLow: i32, counterHigh: i32, to: usize, from: usize): void {
  fourBlocks(block, counterLow, counterHigh, to, from);
}
