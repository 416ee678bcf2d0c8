/** Poly1305 (RFC 8439 §2.5) in BigInt: the formula as it stands, without limbs. */

export const P = 2n ** 130n - 5n;
/** The bits of r that clamping leaves (§2.5.1). */
export const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;
const MOD_TAG = 2n ** 128n;

/** Little-endian. */
export function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).reverse().toString('hex')}`);
}

/** @returns 16 bytes, little-endian @param number below 2^128 */
export function toBlock(number: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(number.toString(16).padStart(32, '0'), 'hex').reverse());
}

/** A block as a number, with the bit that follows it. */
export function toCoefficient(block: Uint8Array): bigint {
  return toNumber(block) + MOD_TAG;
}

/** @param r clamped here @param blocks whole ones */
export function poly1305Tag(r: bigint, s: bigint, blocks: readonly Uint8Array[]): Uint8Array {
  let sum = 0n;
  for (const block of blocks) sum = ((sum + toCoefficient(block)) * (r & CLAMP)) % P;
  return toBlock((sum + s) % MOD_TAG);
}

/** base^exponent mod 2^130 − 5; the exponent P − 2 inverts. */
export function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = base % P;
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

/** The remainder that is not negative. */
export function modulo(number: bigint): bigint {
  return ((number % P) + P) % P;
}
