/** Inner packets: the few fields of IPv4 (RFC 791), IPv6 (RFC 8200) and UDP (RFC 768) that the rules look at. */
import { ECN_MASK } from '../constants.ts';

export const IPV4_HEADER_LENGTH = 20;
export const IPV6_HEADER_LENGTH = 40;
export const IPV4_SOURCE_AT = 12;
export const IPV4_DESTINATION_AT = 16;
export const IPV6_SOURCE_AT = 8;
export const IPV6_DESTINATION_AT = 24;

export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;

export type InnerVersion = 4 | 6;

/** @returns 4 or 6, or null for anything else @param length at least 1 */
export function innerVersion(view: DataView, offset: number): InnerVersion | null {
  const version = view.getUint8(offset) >> 4;
  return version === 4 || version === 6 ? version : null;
}

/**
 * The packet's own length by its header, which padding follows.
 * @param length bytes at hand @returns null where the header does not fit, or claims less than itself or more than `length`
 */
export function innerLength(
  view: DataView,
  offset: number,
  length: number,
  version: InnerVersion,
): number | null {
  const headerLength = version === 4 ? IPV4_HEADER_LENGTH : IPV6_HEADER_LENGTH;
  if (length < headerLength) return null;
  const total = version === 4 ? view.getUint16(offset + 2) : IPV6_HEADER_LENGTH + view.getUint16(offset + 4);
  return total < headerLength || total > length ? null : total;
}

/** Bytes of the IP header by its own word, which may be wrong; IPv6's extensions are not counted. */
export function ipHeaderLength(view: DataView, offset: number, version: InnerVersion): number {
  return version === 4 ? (view.getUint8(offset) & 0x0f) * 4 : IPV6_HEADER_LENGTH;
}

/** Whether the packet is UDP to `port` (in its first fragment, and without IPv6 extension headers). */
export function isUdpTo(
  view: DataView,
  offset: number,
  length: number,
  version: InnerVersion,
  port: number,
): boolean {
  const protocol = view.getUint8(offset + (version === 4 ? 9 : 6));
  if (protocol !== PROTOCOL_UDP) return false;
  const headerLength = ipHeaderLength(view, offset, version);
  if (length < headerLength + 4) return false;
  if (version === 4 && (view.getUint16(offset + 6) & 0x1fff) !== 0) return false;
  return view.getUint16(offset + headerLength + 2) === port;
}

/** The traffic class byte: DSCP and ECN. */
export function trafficClassOf(view: DataView, offset: number, version: InnerVersion): number {
  return version === 4 ? view.getUint8(offset + 1) : (view.getUint16(offset) >> 4) & 0xff;
}

const ECN_CONGESTION_EXPERIENCED = 3;

/** RFC 6040 §4.2: congestion that the outer header experienced is told to the inner packet, if it can carry ECN. */
export function propagateCongestion(
  view: DataView,
  offset: number,
  version: InnerVersion,
  outerTrafficClass: number,
): void {
  if ((outerTrafficClass & ECN_MASK) !== ECN_CONGESTION_EXPERIENCED) return;
  const inner = trafficClassOf(view, offset, version);
  const ecn = inner & ECN_MASK;
  if (ecn === 0 || ecn === ECN_CONGESTION_EXPERIENCED) return;
  if (version === 6) {
    view.setUint16(offset, view.getUint16(offset) | (ECN_CONGESTION_EXPERIENCED << 4));
    return;
  }
  const before = view.getUint16(offset);
  view.setUint8(offset + 1, inner | ECN_CONGESTION_EXPERIENCED);
  // RFC 1624 eqn 3: HC' = ~(~HC + ~m + m')
  const sum = (~view.getUint16(offset + 10) & 0xffff) + (~before & 0xffff) + view.getUint16(offset);
  view.setUint16(offset + 10, ~foldChecksum(sum) & 0xffff);
}

/** Folds a sum of 16-bit words into 16 bits of ones' complement (RFC 1071). */
export function foldChecksum(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}

/** Sum of the big-endian 16-bit words, an odd last byte padded with zero (RFC 1071). Exact to 2^37 bytes. */
export function sumWords(view: DataView, offset: number, length: number): number {
  let sum = 0;
  const even = offset + (length & ~1);
  for (let at = offset; at < even; at += 2) sum += view.getUint16(at);
  return length & 1 ? sum + (view.getUint8(even) << 8) : sum;
}

/** The pseudo-header's sum for a TCP or UDP checksum (RFC 9293 §3.1, RFC 8200 §8.1). */
export function sumPseudoHeader(
  view: DataView,
  offset: number,
  version: InnerVersion,
  protocol: number,
  upperLength: number,
): number {
  const addresses =
    version === 4 ? sumWords(view, offset + IPV4_SOURCE_AT, 8) : sumWords(view, offset + IPV6_SOURCE_AT, 32);
  return addresses + protocol + upperLength;
}

/** Writes the length of a packet whose header is otherwise as it should be, and IPv4's identification and checksum. */
export function finishIpHeader(
  view: DataView,
  offset: number,
  version: InnerVersion,
  packetLength: number,
  identification: number,
): void {
  if (version === 6) {
    view.setUint16(offset + 4, packetLength - IPV6_HEADER_LENGTH);
    return;
  }
  const headerLength = ipHeaderLength(view, offset, version);
  view.setUint16(offset + 2, packetLength);
  view.setUint16(offset + 4, identification);
  view.setUint16(offset + 10, 0);
  view.setUint16(offset + 10, ~foldChecksum(sumWords(view, offset, headerLength)) & 0xffff);
}

export function ipv4Identification(view: DataView, offset: number): number {
  return view.getUint16(offset + 4);
}
