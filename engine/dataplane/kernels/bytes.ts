/** Copies of a few bytes: `memory.copy` leaves WebAssembly for them, which takes longer than the copy. */

@inline export function copy16(to: usize, from: usize): void {
  v128.store(to, v128.load(from));
}
@inline export function clear16(to: usize): void {
  v128.store(to, i32x4.splat(0));
}

/** Exactly `length` bytes. */
export function copyFew(to: usize, from: usize, length: usize): void {
  let i: usize = 0;
  for (; i + 16 <= length; i += 16) copy16(to + i, from + i);
  for (; i + 4 <= length; i += 4) store<u32>(to + i, load<u32>(from + i));
  for (; i < length; i++) store<u8>(to + i, load<u8>(from + i));
}
