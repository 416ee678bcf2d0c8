/** What a TUN read with offloads holds: a virtio header, and a packet larger than the wire takes, checksums unfinished. */
import {
  type PacketFields,
  partialChecksum,
  TCP,
  type TcpFields,
  tcpPacket,
  UDP,
  udpPacket,
} from './inner-packets.ts';

export const GSO = { none: 0, tcp4: 1, udpFragments: 3, tcp6: 4, udp: 5, ecn: 0x80 };

export interface VirtioFields {
  readonly needsChecksum?: boolean;
  readonly gsoType?: number;
  readonly headersLength?: number;
  readonly gsoSize?: number;
  readonly checksumStart?: number;
  readonly checksumOffset?: number;
}

/** struct virtio_net_hdr, little-endian. */
export function virtioHeader(fields: VirtioFields = {}): Uint8Array {
  const header = new Uint8Array(10);
  const view = new DataView(header.buffer);
  header.set([fields.needsChecksum === true ? 1 : 0, fields.gsoType ?? GSO.none]);
  view.setUint16(2, fields.headersLength ?? 0, true);
  view.setUint16(4, fields.gsoSize ?? 0, true);
  view.setUint16(6, fields.checksumStart ?? 0, true);
  view.setUint16(8, fields.checksumOffset ?? 0, true);
  return header;
}

export interface SuperPacket {
  readonly header: Uint8Array;
  readonly packet: Uint8Array;
  /** What must come out, whole and with right checksums. */
  readonly segments: Uint8Array[];
}

const headerLengthOf = (packet: Uint8Array) => (packet[0]! >> 4 === 4 ? (packet[0]! & 15) * 4 : 40);

/** Leaves in the checksum field what a kernel leaves there: the pseudo-header's sum. */
export function withPartialChecksum(packet: Uint8Array, protocol: number, at: number): Uint8Array {
  const headerLength = headerLengthOf(packet);
  const copy = Uint8Array.from(packet);
  new DataView(copy.buffer).setUint16(
    headerLength + at,
    partialChecksum(packet, protocol, packet.length - headerLength),
  );
  return copy;
}

function chunks(payload: Uint8Array, size: number): Uint8Array[] {
  const count = Math.max(1, Math.ceil(payload.length / size));
  return Array.from({ length: count }, (_, i) => payload.slice(i * size, (i + 1) * size));
}

const FIN_AND_PSH = 0x09;
const CWR = 0x80;

export function tcpSuperPacket(fields: TcpFields, gsoSize: number): SuperPacket {
  const { payload = new Uint8Array(0), sequence = 1, identification = 0x1234, flags = 0x10 } = fields;
  const packet = tcpPacket({ ...fields, sequence, identification, flags });
  const parts = chunks(payload, gsoSize);
  const segments = parts.map((part, i) =>
    tcpPacket({
      ...fields,
      payload: part,
      sequence: (sequence + i * gsoSize) >>> 0,
      identification: (identification + i) & 0xffff,
      flags: flags & ~(i < parts.length - 1 ? FIN_AND_PSH : 0) & ~(i > 0 ? CWR : 0),
    }),
  );
  const headerLength = headerLengthOf(packet);
  const header = virtioHeader({
    needsChecksum: true,
    gsoType: headerLength === 40 ? GSO.tcp6 : GSO.tcp4,
    headersLength: headerLength + 20,
    gsoSize,
    checksumStart: headerLength,
    checksumOffset: 16,
  });
  return { header, packet: withPartialChecksum(packet, TCP, 16), segments };
}

export function udpSuperPacket(fields: PacketFields, gsoSize: number): SuperPacket {
  const { payload = new Uint8Array(0), identification = 0x1234 } = fields;
  const packet = udpPacket({ ...fields, identification });
  const segments = chunks(payload, gsoSize).map((part, i) =>
    udpPacket({ ...fields, payload: part, identification: (identification + i) & 0xffff }),
  );
  const headerLength = headerLengthOf(packet);
  const header = virtioHeader({
    needsChecksum: true,
    gsoType: GSO.udp,
    headersLength: headerLength + 8,
    gsoSize,
    checksumStart: headerLength,
    checksumOffset: 6,
  });
  return { header, packet: withPartialChecksum(packet, UDP, 6), segments };
}
