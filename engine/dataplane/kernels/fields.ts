/** Fields of IP, TCP, UDP and transport data headers. Network order is big-endian. */
export const PROTOCOL_TCP: u32 = 6;
export const PROTOCOL_UDP: u32 = 17;

@inline export function load16(at: usize): u32 {
  return bswap<u16>(load<u16>(at)) as u32;
}
@inline export function store16(at: usize, value: u32): void {
  store<u16>(at, bswap<u16>(value as u16));
}
@inline export function load32(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}
@inline export function store32(at: usize, value: u32): void {
  store<u32>(at, bswap<u32>(value));
}
@inline export function isIpv6(packet: usize): bool {
  return load<u8>(packet) >> 4 === 6;
}
