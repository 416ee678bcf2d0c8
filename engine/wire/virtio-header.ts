/** struct virtio_net_hdr, which stands before each packet that TUN reads and writes (virtio 1.2 §5.1.6; little-endian). */
export const VIRTIO_HEADER_LENGTH = 10;

const FLAG_NEEDS_CHECKSUM = 1;
const GSO_TCPV4 = 1;
const GSO_TCPV6 = 4;
const GSO_UDP_L4 = 5;
/** Set beside the type where the first segment carries CWR. */
const GSO_ECN = 0x80;

export type SegmentationKind = 'none' | 'tcp' | 'udp' | 'unknown';

/** @returns what kind of super-packet follows */
export function segmentationKind(view: DataView, offset: number): SegmentationKind {
  switch (view.getUint8(offset + 1) & ~GSO_ECN) {
    case 0:
      return 'none';
    case GSO_TCPV4:
    case GSO_TCPV6:
      return 'tcp';
    case GSO_UDP_L4:
      return 'udp';
    default:
      return 'unknown';
  }
}

/** Whether the checksum field holds only the pseudo-header's sum. */
export function needsChecksum(view: DataView, offset: number): boolean {
  return (view.getUint8(offset) & FLAG_NEEDS_CHECKSUM) !== 0;
}

/** Payload bytes of each segment but the last. */
export function segmentPayload(view: DataView, offset: number): number {
  return view.getUint16(offset + 4, true);
}

/** Where checksummed bytes start, from the packet's start: the TCP or UDP header. */
export function checksumStart(view: DataView, offset: number): number {
  return view.getUint16(offset + 6, true);
}

/** Where the checksum stands, from {@link checksumStart}. */
export function checksumField(view: DataView, offset: number): number {
  return view.getUint16(offset + 8, true);
}

/** A header that says: one whole packet, checksums in place. */
export function writePlainVirtioHeader(bytes: Uint8Array, offset: number): void {
  bytes.fill(0, offset, offset + VIRTIO_HEADER_LENGTH);
}
