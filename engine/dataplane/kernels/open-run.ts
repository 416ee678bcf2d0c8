/** A run of transport data of one keypair, opened in place. */
import { open } from './aead';

const HEADER: usize = 16;
const OVERHEAD: usize = 32;

/**
 * Opens `count` datagrams, `stride` bytes apart, all of that length but the last. @param opened a byte for each: 1 where
 * its tag was right, else 0 and its bytes as they were
 */
export function openRun(first: usize, stride: usize, count: i32, lastLength: usize, opened: usize): void {
  for (let i = 0; i < count; i++) {
    const at = first + (i as usize) * stride;
    const length = i === count - 1 ? lastLength : stride;
    const counter = load<u64>(at, 8);
    store<u8>(
      opened + i,
      open(counter as i32, (counter >> 32) as i32, at + HEADER, at + HEADER, length - OVERHEAD) as u8,
    );
  }
}
