/** Puts IPv4 options (RFC 791 §3.1) or an IPv6 extension header (RFC 8200 §4) into a packet that has none. */
import { internetChecksum } from './inner-packets.ts';

const HOP_BY_HOP = 0;

/** @param length bytes, a multiple of 4 up to 40 for IPv4 and of 8 for IPv6 */
export function withNetworkOptions(packet: Uint8Array, length: number): Uint8Array {
  if (length === 0) return packet;
  return packet[0]! >> 4 === 4 ? withIpv4Options(packet, length) : withHopByHop(packet, length);
}

function withIpv4Options(packet: Uint8Array, length: number): Uint8Array {
  const noOperations = new Uint8Array(length).fill(1);
  const longer = Uint8Array.of(...packet.subarray(0, 20), ...noOperations, ...packet.subarray(20));
  const view = new DataView(longer.buffer);
  longer[0] = 0x40 + (20 + length) / 4;
  view.setUint16(2, longer.length);
  view.setUint16(10, 0);
  view.setUint16(10, internetChecksum(longer.subarray(0, 20 + length)));
  return longer;
}

function withHopByHop(packet: Uint8Array, length: number): Uint8Array {
  // Next header, length in further 8 bytes, and one PadN option.
  const extension = Uint8Array.of(packet[6]!, length / 8 - 1, 1, length - 4, ...new Uint8Array(length - 4));
  const longer = Uint8Array.of(...packet.subarray(0, 40), ...extension, ...packet.subarray(40));
  longer[6] = HOP_BY_HOP;
  new DataView(longer.buffer).setUint16(4, longer.length - 40);
  return longer;
}
