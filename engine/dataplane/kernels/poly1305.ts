/**
 * Poly1305 (RFC 8439 §2.5): a polynomial in r over the message's 16-byte blocks, modulo 2^130 − 5.
 *
 * Short messages take Horner's rule block by block, in 26-bit limbs. Long ones take four blocks at a time: lane i adds
 * up blocks i, i + 4, i + 8, … with powers of r^4, and at the end the lanes are multiplied by r^4, r^3, r^2, r and
 * summed, which is the same polynomial.
 */

import { clear16, copy16 } from './bytes';

// --- one number: five limbs of 26 bits, a u64 each, in memory

const LIMB: u64 = 0x3ffffff;
const NUMBER: usize = 40;

/** r and its powers, one behind the other. */
const R1 = memory.data(4 * 40, 16);
const R2 = R1 + NUMBER;
const R3 = R2 + NUMBER;
const R4 = R3 + NUMBER;
const SUM = memory.data(40, 16);

@inline function limb(number: usize, i: usize): u64 {
  return load<u64>(number + 8 * i);
}

/**
 * product := a · b mod 2^130 − 5, its limbs below 2^26 but for a little in limb 1. `product` may be `a`.
 * Limbs of a are below 2^29 and of b below 2^27, so that a sum of five products, each wrapped one five-fold
 * (2^130 ≡ 5), stays below 5 · 5 · 2^56 < 2^61.
 */
function multiply(product: usize, a: usize, b: usize): void {
  const a0 = limb(a, 0), a1 = limb(a, 1), a2 = limb(a, 2), a3 = limb(a, 3), a4 = limb(a, 4);
  const b0 = limb(b, 0), b1 = limb(b, 1), b2 = limb(b, 2), b3 = limb(b, 3), b4 = limb(b, 4);
  const w1 = 5 * b1, w2 = 5 * b2, w3 = 5 * b3, w4 = 5 * b4;
  storeCarried(
    product,
    a0 * b0 + a1 * w4 + a2 * w3 + a3 * w2 + a4 * w1,
    a0 * b1 + a1 * b0 + a2 * w4 + a3 * w3 + a4 * w2,
    a0 * b2 + a1 * b1 + a2 * b0 + a3 * w4 + a4 * w3,
    a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + a4 * w4,
    a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0,
  );
}

@inline function storeCarried(to: usize, d0: u64, d1: u64, d2: u64, d3: u64, d4: u64): void {
  d1 += d0 >> 26;
  d2 += d1 >> 26;
  d3 += d2 >> 26;
  d4 += d3 >> 26;
  const low = (d0 & LIMB) + 5 * (d4 >> 26);
  store<u64>(to, low & LIMB);
  store<u64>(to + 8, (d1 & LIMB) + (low >> 26));
  store<u64>(to + 16, d2 & LIMB);
  store<u64>(to + 24, d3 & LIMB);
  store<u64>(to + 32, d4 & LIMB);
}

/** Adds a 16-byte block with the bit that follows it, 2^128. */
function addBlock(number: usize, block: usize): void {
  const low = load<u64>(block), high = load<u64>(block, 8);
  store<u64>(number, limb(number, 0) + (low & LIMB));
  store<u64>(number + 8, limb(number, 1) + ((low >> 26) & LIMB));
  store<u64>(number + 16, limb(number, 2) + (((low >> 52) | (high << 12)) & LIMB));
  store<u64>(number + 24, limb(number, 3) + ((high >> 14) & LIMB));
  store<u64>(number + 32, limb(number, 4) + ((high >> 40) | (1 << 24)));
}

/** r is the key's first half, clamped (§2.5.1). */
function loadR(key: usize): void {
  const low = load<u64>(key) & 0x0ffffffc0fffffff, high = load<u64>(key, 8) & 0x0ffffffc0ffffffc;
  store<u64>(R1, low & LIMB);
  store<u64>(R1 + 8, (low >> 26) & LIMB);
  store<u64>(R1 + 16, ((low >> 52) | (high << 12)) & LIMB);
  store<u64>(R1 + 24, (high >> 14) & LIMB);
  store<u64>(R1 + 32, high >> 40);
}

/** tag := (number mod 2^130 − 5) + s mod 2^128, s being the key's second half. In constant time. */
function storeTag(tag: usize, number: usize, key: usize): void {
  let h0 = limb(number, 0), h1 = limb(number, 1), h2 = limb(number, 2), h3 = limb(number, 3), h4 = limb(number, 4);
  // The second pass takes what the first one's wrap may have pushed over a limb's edge.
  for (let pass = 0; pass < 2; pass++) {
    h1 += h0 >> 26; h0 &= LIMB;
    h2 += h1 >> 26; h1 &= LIMB;
    h3 += h2 >> 26; h2 &= LIMB;
    h4 += h3 >> 26; h3 &= LIMB;
    h0 += 5 * (h4 >> 26); h4 &= LIMB;
  }
  // g := h + 5 − 2^130; h ≥ 2^130 − 5 exactly where g is not negative, and then g is the residue.
  let g0 = h0 + 5;
  let g1 = h1 + (g0 >> 26); g0 &= LIMB;
  let g2 = h2 + (g1 >> 26); g1 &= LIMB;
  let g3 = h3 + (g2 >> 26); g2 &= LIMB;
  const g4 = h4 + (g3 >> 26) - (1 << 26); g3 &= LIMB;
  const isNegative = ((g4 as i64) >> 63) as u64;
  h0 = (h0 & isNegative) | (g0 & ~isNegative);
  h1 = (h1 & isNegative) | (g1 & ~isNegative);
  h2 = (h2 & isNegative) | (g2 & ~isNegative);
  h3 = (h3 & isNegative) | (g3 & ~isNegative);
  h4 = (h4 & isNegative) | (g4 & ~isNegative);
  const low = h0 | (h1 << 26) | (h2 << 52);
  const high = (h2 >> 12) | (h3 << 14) | (h4 << 40);
  const sum = low + load<u64>(key, 16);
  store<u64>(tag, sum);
  store<u64>(tag + 8, high + load<u64>(key, 24) + (sum < low ? 1 : 0));
}

// --- four numbers: ten limbs of 13 bits

/**
 * A lane's number is ten signed limbs of 13 bits, two in each 32-bit lane of h0 … h4: limb 2j low, limb 2j + 1 high.
 * One i32x4.dot_i16x8_s multiplies such a pair with a pair of limbs of r^4 and adds the two products. Product limb k is
 *   Σ_i h_i · R[k − i],  R[m] = e_m for m ≥ 0 and 5 · e_(m+10) for m < 0, since 2^130 ≡ 5,
 * so pair j meets the pair (R[k − 2j], R[k − 2j − 1]). R is stored from R[9] down to R[−9], 16 bits each: a pair is then
 * any 32 bits of it.
 */
const R = memory.data(20 * 2, 16);
const LANES = memory.data(5 * 16, 16);

@inline function at(m: i32): usize {
  return R + 2 * (9 - m);
}
@inline function dot(h: v128, m: i32): v128 {
  return i32x4.dot_i16x8_s(h, v128.load32_splat(at(m)));
}
@inline function productLimb(k: i32, h0: v128, h1: v128, h2: v128, h3: v128, h4: v128): v128 {
  return i32x4.add(i32x4.add(i32x4.add(dot(h0, k), dot(h1, k - 2)), i32x4.add(dot(h2, k - 4), dot(h3, k - 6))), dot(h4, k - 8));
}

/** Writes r^4 into R, in balanced limbs: −4096 ≤ e_i < 4096, but for e_0 and e_1, which take the last carry. */
function loadR4(): void {
  let carry: i64 = 0;
  for (let i = 0; i < 10; i += 2) {
    const piece = (limb(R4, i >> 1) as i64) + carry;
    const low = ((piece + 4096) & 0x1fff) - 4096;
    const rest = (piece - low) >> 13;
    const high = ((rest + 4096) & 0x1fff) - 4096;
    carry = (rest - high) >> 13;
    storeLimb(i, low as i32);
    storeLimb(i + 1, high as i32);
  }
  storeLimb(0, load<i16>(at(0)) + 5 * (carry as i32));
}
@inline function storeLimb(i: i32, e: i32): void {
  store<i16>(at(i), e as i16);
  if (i > 0) store<i16>(at(i - 10), (5 * e) as i16);
}

/** The two 13-bit limbs of a 26-bit piece, in the halves of its lane. */
@inline function split(piece: v128): v128 {
  return v128.or(v128.and(piece, i32x4.splat(0x1fff)), v128.and(i32x4.shl(piece, 3), i32x4.splat(0x1fff0000)));
}
/** Two limbs into the halves of a lane. What either has above 16 bits is lost. */
@inline function join(even: v128, odd: v128): v128 {
  return i16x8.shuffle(even, i32x4.shl(odd, 16), 0, 9, 2, 11, 4, 13, 6, 15);
}
/** What stands above a limb's 13 bits. */
@inline function carryOf(y: v128): v128 {
  return i32x4.shr_s(y, 13);
}
/** A limb's 13 bits less 2^13: a value from −8192 to −1, whose carry is one more than carryOf. */
@inline function below(y: v128): v128 {
  return v128.or(y, i32x4.splat(0xffffe000));
}

/** The bit 2^128 of a full block: in limb 9, which starts at bit 117. */
const FULL_BLOCK: i32 = (1 << 11) << 16;

/** Messages of fewer blocks than this are quicker one block at a time: powers of r cost their computing. */
const SHORT_MESSAGE: usize = 12;
/** Where the first group of four stands, filled up with nothing in front so that all later groups are whole. */
const FIRST_GROUP = memory.data(64, 16);

/** @param key r and s, 32 bytes @param blocks whole blocks of 16 bytes at `message` @param tag 16 bytes */
export function poly1305(key: usize, message: usize, blocks: usize, tag: usize): void {
  loadR(key);
  if (blocks < SHORT_MESSAGE) evaluate(message, blocks);
  else evaluateByFours(message, blocks);
  storeTag(tag, SUM, key);
}

/** SUM := ((b_0 · r + b_1) · r + …) · r */
function evaluate(message: usize, blocks: usize): void {
  for (let i: usize = 0; i < 5; i++) store<u64>(SUM + 8 * i, 0);
  for (let i: usize = 0; i < blocks; i++) {
    addBlock(SUM, message + 16 * i);
    multiply(SUM, SUM, R1);
  }
}

/** The same sum, four blocks a step. */
function evaluateByFours(message: usize, blocks: usize): void {
  multiply(R2, R1, R1);
  multiply(R3, R2, R1);
  multiply(R4, R2, R2);
  loadR4();

  const missing: usize = (4 - (blocks & 3)) & 3;
  for (let i: usize = 0; i < missing; i++) clear16(FIRST_GROUP + 16 * i);
  for (let i = missing; i < 4; i++) copy16(FIRST_GROUP + 16 * i, message + 16 * (i - missing));
  let full = i32x4.mul(i32x4(missing < 1 ? 1 : 0, missing < 2 ? 1 : 0, missing < 3 ? 1 : 0, 1), i32x4.splat(FULL_BLOCK));
  let from = FIRST_GROUP;
  let next = message + 64 - 16 * missing;
  let groups = (blocks + missing) >> 2;

  let h0 = i32x4.splat(0), h1 = i32x4.splat(0), h2 = i32x4.splat(0), h3 = i32x4.splat(0), h4 = i32x4.splat(0);
  for (;;) {
    // Word i of the four blocks, one a lane.
    const b0 = v128.load(from), b1 = v128.load(from, 16), b2 = v128.load(from, 32), b3 = v128.load(from, 48);
    const low01 = i32x4.shuffle(b0, b1, 0, 4, 1, 5), high01 = i32x4.shuffle(b0, b1, 2, 6, 3, 7);
    const low23 = i32x4.shuffle(b2, b3, 0, 4, 1, 5), high23 = i32x4.shuffle(b2, b3, 2, 6, 3, 7);
    const w0 = i64x2.shuffle(low01, low23, 0, 2), w1 = i64x2.shuffle(low01, low23, 1, 3);
    const w2 = i64x2.shuffle(high01, high23, 0, 2), w3 = i64x2.shuffle(high01, high23, 1, 3);
    // h := h + blocks, in pieces of 26 bits.
    h0 = i16x8.add(h0, split(w0));
    h1 = i16x8.add(h1, split(v128.or(i32x4.shr_u(w0, 26), i32x4.shl(w1, 6))));
    h2 = i16x8.add(h2, split(v128.or(i32x4.shr_u(w1, 20), i32x4.shl(w2, 12))));
    h3 = i16x8.add(h3, split(v128.or(i32x4.shr_u(w2, 14), i32x4.shl(w3, 18))));
    h4 = i16x8.add(h4, i16x8.add(split(i32x4.shr_u(w3, 8)), full));
    if (--groups === 0) break;

    // y := h · r^4. Limbs of h are within ±8,400 and of r^4 within ±4,097, wrapped five times that: ten products stay
    // below 10 · 8,400 · 5 · 4,097 < 2^31.
    let y0 = productLimb(0, h0, h1, h2, h3, h4), y1 = productLimb(1, h0, h1, h2, h3, h4);
    let y2 = productLimb(2, h0, h1, h2, h3, h4), y3 = productLimb(3, h0, h1, h2, h3, h4);
    let y4 = productLimb(4, h0, h1, h2, h3, h4), y5 = productLimb(5, h0, h1, h2, h3, h4);
    let y6 = productLimb(6, h0, h1, h2, h3, h4), y7 = productLimb(7, h0, h1, h2, h3, h4);
    let y8 = productLimb(8, h0, h1, h2, h3, h4), y9 = productLimb(9, h0, h1, h2, h3, h4);

    // Carries, in two chains that do not wait for each other: 0 → 1 → 2 → 3 → 4 → 5 and 5 → 6 → 7 → 8 → 9 → 0.
    const limbMask = i32x4.splat(0x1fff);
    y1 = i32x4.add(y1, carryOf(y0)); y0 = v128.and(y0, limbMask);
    y6 = i32x4.add(y6, carryOf(y5)); y5 = v128.and(y5, limbMask);
    y2 = i32x4.add(y2, carryOf(y1)); y7 = i32x4.add(y7, carryOf(y6));
    y3 = i32x4.add(y3, carryOf(y2)); y8 = i32x4.add(y8, carryOf(y7));
    y4 = i32x4.add(y4, carryOf(y3)); y9 = i32x4.add(y9, carryOf(y8));
    y5 = i32x4.add(y5, carryOf(y4));
    const wrap = carryOf(y9);
    y0 = i32x4.add(y0, i32x4.add(wrap, i32x4.shl(wrap, 2)));
    // Limbs 0 and 5 have grown by that, and pass a little on to 1 and 6, which may stand a little over their edge.
    y1 = i32x4.add(below(y1), carryOf(y0));
    y6 = i32x4.add(below(y6), carryOf(y5));

    // Each limb less 2^13 and its carry one more: one is added to every limb, and five to limb 0, which the wrap feeds.
    const edge = i32x4.splat(0xe000e000), ones = i32x4.splat(0x00010001);
    h0 = i16x8.add(join(below(y0), y1), i32x4.splat(0x00010005));
    h1 = i16x8.add(v128.or(join(y2, y3), edge), ones);
    h2 = i16x8.add(v128.or(join(y4, y5), edge), ones);
    h3 = i16x8.add(join(y6, v128.or(y7, i32x4.splat(0xffffe000))), ones);
    h4 = i16x8.add(v128.or(join(y8, y9), edge), ones);

    from = next;
    next += 64;
    full = i32x4.splat(FULL_BLOCK);
  }

  v128.store(LANES, h0);
  v128.store(LANES, h1, 16);
  v128.store(LANES, h2, 32);
  v128.store(LANES, h3, 48);
  v128.store(LANES, h4, 64);
  sumLanes();
}

/** SUM := lane 0 · r^4 + lane 1 · r^3 + lane 2 · r^2 + lane 3 · r */
function sumLanes(): void {
  let d0: u64 = 0, d1: u64 = 0, d2: u64 = 0, d3: u64 = 0, d4: u64 = 0;
  for (let lane: usize = 0; lane < 4; lane++) {
    const power = R1 + (3 - lane) * NUMBER;
    const a0 = laneLimb(lane, 0, 0xfffffec), a1 = laneLimb(lane, 1, 0xffffffc), a2 = laneLimb(lane, 2, 0xffffffc);
    const a3 = laneLimb(lane, 3, 0xffffffc), a4 = laneLimb(lane, 4, 0xffffffc);
    const b0 = limb(power, 0), b1 = limb(power, 1), b2 = limb(power, 2), b3 = limb(power, 3), b4 = limb(power, 4);
    const w1 = 5 * b1, w2 = 5 * b2, w3 = 5 * b3, w4 = 5 * b4;
    d0 += a0 * b0 + a1 * w4 + a2 * w3 + a3 * w2 + a4 * w1;
    d1 += a0 * b1 + a1 * b0 + a2 * w4 + a3 * w3 + a4 * w2;
    d2 += a0 * b2 + a1 * b1 + a2 * b0 + a3 * w4 + a4 * w3;
    d3 += a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0 + a4 * w4;
    d4 += a0 * b4 + a1 * b3 + a2 * b2 + a3 * b1 + a4 * b0;
  }
  storeCarried(SUM, d0, d1, d2, d3, d4);
}
/** 26 bits of a lane. `bias`, a limb of 4 · (2^130 − 5), makes it positive. */
@inline function laneLimb(lane: usize, i: usize, bias: i64): u64 {
  const pair = LANES + 16 * i + 4 * lane;
  return ((load<i16>(pair) as i64) + ((load<i16>(pair, 2) as i64) << 13) + bias) as u64;
}
