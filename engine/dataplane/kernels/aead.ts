/** ChaCha20-Poly1305 (RFC 8439 §2.8) without additional data: AEAD(key, counter, plaintext, ε) of WireGuard §5.4.6. */
import { clear16, copy16 } from './bytes';
import { keystream, xorKeystream } from './chacha20';
import { poly1305 } from './poly1305';

const BLOCKS = 256;
const TAG = 16;
/** Blocks 0 to 3: the Poly1305 key, and what encrypts the first 192 bytes. */
const FIRST_BLOCKS = memory.data(BLOCKS, 16);
const FIRST_BYTES: usize = 192;
const LAST_BLOCKS = memory.data(BLOCKS, 16);
const COMPUTED_TAG = memory.data(TAG, 16);
/** What stood behind the ciphertext while its padding and lengths took that place. */
const SAVED = memory.data(32, 16);

/** Encrypts `length` bytes and writes the 16-byte tag behind them. `to` may be `from`; 32 bytes behind `to` are used. */
export function seal(counterLow: i32, counterHigh: i32, to: usize, from: usize, length: usize): void {
  keystream(0, counterLow, counterHigh, FIRST_BLOCKS);
  crypt(counterLow, counterHigh, to, from, length);
  authenticate(to, length);
  copy16(to + length, COMPUTED_TAG);
}

/** Checks the tag behind `length` bytes, then decrypts them. @returns 0, and nothing done, where the tag is wrong */
export function open(counterLow: i32, counterHigh: i32, to: usize, from: usize, length: usize): i32 {
  keystream(0, counterLow, counterHigh, FIRST_BLOCKS);
  authenticate(from, length);
  if (v128.any_true(v128.xor(v128.load(COMPUTED_TAG), v128.load(from + length)))) return 0;
  crypt(counterLow, counterHigh, to, from, length);
  return 1;
}

function crypt(counterLow: i32, counterHigh: i32, to: usize, from: usize, length: usize): void {
  xorBytes(to, from, FIRST_BLOCKS + 64, min(length, FIRST_BYTES));
  let block = 4;
  let done = FIRST_BYTES;
  for (; done + BLOCKS <= length; done += BLOCKS) {
    xorKeystream(block, counterLow, counterHigh, to + done, from + done);
    block += 4;
  }
  if (done < length) {
    keystream(block, counterLow, counterHigh, LAST_BLOCKS);
    xorBytes(to + done, from + done, LAST_BLOCKS, length - done);
  }
}

function xorBytes(to: usize, from: usize, mask: usize, length: usize): void {
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) v128.store(to + i, v128.xor(v128.load(from + i), v128.load(mask + i)));
  for (; i < length; i++) store<u8>(to + i, load<u8>(from + i) ^ load<u8>(mask + i));
}

/** COMPUTED_TAG := the tag of a ciphertext, which is followed by zeros to a whole block and its length (§2.8). */
function authenticate(ciphertext: usize, length: usize): void {
  const end = ciphertext + length;
  const padded = (length + 15) & ~15;
  copy16(SAVED, end);
  copy16(SAVED + 16, end + 16);
  clear16(end);
  store<u64>(ciphertext + padded, 0);
  store<u64>(ciphertext + padded, length as u64, 8);
  poly1305(FIRST_BLOCKS, ciphertext, (padded >> 4) + 1, COMPUTED_TAG);
  copy16(end, SAVED);
  copy16(end + 16, SAVED + 16);
}
