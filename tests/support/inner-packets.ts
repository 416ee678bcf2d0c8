/** Inner packets, built and checked by code that shares nothing with engine/wire. */
import { IpAddress } from '../../engine/wire/ip-prefix.ts';

export const UDP = 17;
export const TCP = 6;
export const ICMP = 1;
export const ICMPV6 = 58;

export interface PacketFields {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
  readonly payload?: Uint8Array;
  /** DSCP and ECN. */
  readonly trafficClass?: number;
  readonly identification?: number;
}

export interface TcpFields extends PacketFields {
  readonly sequence?: number;
  readonly acknowledgment?: number;
  readonly flags?: number;
  /** A multiple of 4 bytes. */
  readonly options?: Uint8Array;
}

/** RFC 1071, the slow and obvious way. @returns 0 for bytes whose checksum is right */
export function internetChecksum(...parts: Uint8Array[]): number {
  const bytes = Buffer.concat(
    parts.map((part) => (part.length % 2 === 0 ? part : Uint8Array.of(...part, 0))),
  );
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i]! * 256 + bytes[i + 1]!;
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

function pseudoHeader(packet: Uint8Array, protocol: number, length: number): Uint8Array {
  const addresses = packet[0]! >> 4 === 4 ? packet.subarray(12, 20) : packet.subarray(8, 40);
  return Uint8Array.of(...addresses, 0, 0, length >> 8, length & 0xff, 0, 0, 0, protocol);
}

/** The sum over the pseudo-header alone, not inverted: what a kernel leaves for the hardware to finish. */
export function partialChecksum(packet: Uint8Array, protocol: number, length: number): number {
  return 0xffff - internetChecksum(pseudoHeader(packet, protocol, length));
}

function ipPacket(fields: PacketFields, protocol: number, upper: Uint8Array): Uint8Array {
  const source = IpAddress.parse(fields.source)!;
  const destination = IpAddress.parse(fields.destination)!;
  const trafficClass = fields.trafficClass ?? 0;
  if (source.family === 4) {
    const packet = new Uint8Array(20 + upper.length);
    const view = new DataView(packet.buffer);
    packet.set([0x45, trafficClass]);
    view.setUint16(2, packet.length);
    view.setUint16(4, fields.identification ?? 0x1234);
    packet.set([0x40, 0, 64, protocol], 6);
    packet.set(source.bytes, 12);
    packet.set(destination.bytes, 16);
    view.setUint16(10, internetChecksum(packet.subarray(0, 20)));
    packet.set(upper, 20);
    return packet;
  }
  const packet = new Uint8Array(40 + upper.length);
  const view = new DataView(packet.buffer);
  view.setUint32(0, 0x60000000 + trafficClass * 2 ** 20 + 0xabcde);
  view.setUint16(4, upper.length);
  packet.set([protocol, 64], 6);
  packet.set(source.bytes, 8);
  packet.set(destination.bytes, 24);
  packet.set(upper, 40);
  return packet;
}

function withUpperChecksum(packet: Uint8Array, protocol: number, at: number): Uint8Array {
  const upper = packet.subarray(packet[0]! >> 4 === 4 ? 20 : 40);
  const view = new DataView(upper.buffer, upper.byteOffset, upper.length);
  view.setUint16(at, 0);
  const pseudo = protocol === ICMP ? new Uint8Array(0) : pseudoHeader(packet, protocol, upper.length);
  const checksum = internetChecksum(pseudo, upper);
  view.setUint16(at, checksum === 0 && protocol === UDP ? 0xffff : checksum);
  return packet;
}

export function udpPacket(fields: PacketFields): Uint8Array {
  const payload = fields.payload ?? new Uint8Array(0);
  const upper = new Uint8Array(8 + payload.length);
  const view = new DataView(upper.buffer);
  view.setUint16(0, fields.sourcePort ?? 5000);
  view.setUint16(2, fields.destinationPort ?? 6000);
  view.setUint16(4, upper.length);
  upper.set(payload, 8);
  return withUpperChecksum(ipPacket(fields, UDP, upper), UDP, 6);
}

export function tcpPacket(fields: TcpFields): Uint8Array {
  const payload = fields.payload ?? new Uint8Array(0);
  const options = fields.options ?? new Uint8Array(0);
  const upper = new Uint8Array(20 + options.length + payload.length);
  const view = new DataView(upper.buffer);
  view.setUint16(0, fields.sourcePort ?? 5000);
  view.setUint16(2, fields.destinationPort ?? 80);
  view.setUint32(4, fields.sequence ?? 1);
  view.setUint32(8, fields.acknowledgment ?? 2);
  upper[12] = ((20 + options.length) / 4) << 4;
  upper[13] = fields.flags ?? 0x10;
  view.setUint16(14, 65_535);
  upper.set(options, 20);
  upper.set(payload, 20 + options.length);
  return withUpperChecksum(ipPacket(fields, TCP, upper), TCP, 16);
}

/** An echo request. */
export function pingPacket(fields: PacketFields): Uint8Array {
  const isIpv6 = fields.source.includes(':');
  const payload = fields.payload ?? new Uint8Array(16);
  const upper = Uint8Array.of(isIpv6 ? 128 : 8, 0, 0, 0, 0, 7, 0, 1, ...payload);
  const protocol = isIpv6 ? ICMPV6 : ICMP;
  return withUpperChecksum(ipPacket(fields, protocol, upper), protocol, 2);
}

/** What a receiver would find wrong with a packet. @returns null where every checksum and length is right */
export function faultOf(packet: Uint8Array): string | null {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const isIpv4 = packet[0]! >> 4 === 4;
  const headerLength = isIpv4 ? (packet[0]! & 15) * 4 : 40;
  const protocol = packet[isIpv4 ? 9 : 6]!;
  const total = isIpv4 ? view.getUint16(2) : 40 + view.getUint16(4);
  if (total !== packet.length) return `a length of ${total} in a packet of ${packet.length}`;
  if (isIpv4 && internetChecksum(packet.subarray(0, headerLength)) !== 0) return 'IPv4 checksum';
  const upper = packet.subarray(headerLength);
  if (protocol === UDP && view.getUint16(headerLength + 4) !== upper.length) return 'UDP length';
  if (protocol === ICMP) return internetChecksum(upper) === 0 ? null : 'ICMP checksum';
  return internetChecksum(pseudoHeader(packet, protocol, upper.length), upper) === 0
    ? null
    : 'upper checksum';
}
