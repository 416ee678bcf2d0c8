/**
 * The Internet checksum (RFC 1071). Sums are of little-endian words, as they are loaded: a ones' complement sum does not
 * care about byte order as long as it is stored the way it was loaded.
 */

/** Sum of 16-bit words from `at`, an odd last byte padded with zero. @returns below 2^32 for up to 64 KB */
export function sumWords(at: usize, length: i32): u64 {
  const low = i32x4.splat(0xffff);
  let even = i32x4.splat(0),
    odd = i32x4.splat(0);
  // Four lanes of 32 bits, each the sum of at most 4,096 words below 2^16: no carry is lost.
  while (length >= 32) {
    const x = v128.load(at),
      y = v128.load(at, 16);
    even = i32x4.add(even, i32x4.add(v128.and(x, low), v128.and(y, low)));
    odd = i32x4.add(odd, i32x4.add(i32x4.shr_u(x, 16), i32x4.shr_u(y, 16)));
    at += 32;
    length -= 32;
  }
  const lanes = i32x4.add(even, odd);
  let sum: u64 = (i32x4.extract_lane(lanes, 0) as u32 as u64) + (i32x4.extract_lane(lanes, 1) as u32 as u64);
  sum += (i32x4.extract_lane(lanes, 2) as u32 as u64) + (i32x4.extract_lane(lanes, 3) as u32 as u64);
  for (; length >= 2; length -= 2) {
    sum += load<u16>(at) as u64;
    at += 2;
  }
  return length === 1 ? sum + (load<u8>(at) as u64) : sum;
}

/** Folds a sum into 16 bits. */
export function fold(sum: u64): u32 {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return ((sum & 0xffff) + (sum >> 16)) as u32;
}

/** The pseudo-header's sum (RFC 9293 §3.1, RFC 8200 §8.1). @param packet its IP header */
export function sumPseudoHeader(packet: usize, isV6: bool, protocol: u32, upperLength: u32): u64 {
  const addresses = isV6 ? sumWords(packet + 8, 32) : sumWords(packet + 12, 8);
  return addresses + (bswap<u16>(upperLength as u16) as u64) + (bswap<u16>(protocol as u16) as u64);
}
