/**
 * What a kernel makes of a write to TUN: a packet, or the packets that a super-packet stands for (virtio 1.2 §5.1.6.2;
 * kernel: Documentation/networking/segmentation-offloads.rst). Shares nothing with engine/wire or the kernels.
 */
import { internetChecksum, partialChecksum, TCP, UDP } from './inner-packets.ts';
import { GSO } from './super-packets.ts';

const VIRTIO_HEADER = 10;
const NEEDS_CHECKSUM = 1;
/** Which belong to the last segment alone; no others may be on a super-packet from us. */
const PSH = 0x08;
const ACK = 0x10;
/** The kernel's UDP_MAX_SEGMENTS before 6.9. */
const MOST_SEGMENTS = 64;

function refuse(what: string): never {
  throw new Error(`a super-packet with ${what}`);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** @throws Error where the header does not say what the packet is */
export function packetsOfWrite(written: Uint8Array): Uint8Array[] {
  const header = viewOf(written);
  const packet = written.slice(VIRTIO_HEADER);
  if (written.subarray(0, VIRTIO_HEADER).every((byte) => byte === 0)) return [packet];

  const view = viewOf(packet);
  const isV4 = packet[0]! >> 4 === 4;
  const network = isV4 ? 20 : 40;
  const protocol = packet[isV4 ? 9 : 6]!;
  const isTcp = protocol === TCP;
  if (!isTcp && protocol !== UDP) refuse(`protocol ${protocol}`);
  const headers = network + (isTcp ? (packet[network + 12]! >> 4) * 4 : 8);
  const field = isTcp ? 16 : 6;
  const kind = isTcp ? (isV4 ? GSO.tcp4 : GSO.tcp6) : GSO.udp;
  const size = header.getUint16(4, true);
  const upperLength = packet.length - network;
  if (header.getUint8(0) !== NEEDS_CHECKSUM) refuse('wrong flags');
  if (header.getUint8(1) !== kind) refuse(`kind ${header.getUint8(1)}`);
  if (header.getUint16(2, true) !== headers) refuse('a wrong length of headers');
  if (header.getUint16(6, true) !== network || header.getUint16(8, true) !== field)
    refuse('its checksum in a wrong place');
  if (size === 0 || headers + size >= packet.length) refuse('one segment only');
  if (packet.length > 65_535) refuse(`${packet.length} bytes`);
  if (packet.length - headers > size * MOST_SEGMENTS) refuse('too many segments');
  if (view.getUint16(isV4 ? 2 : 4) !== (isV4 ? packet.length : upperLength)) refuse('a wrong IP length');
  if (isV4 && internetChecksum(packet.subarray(0, network)) !== 0) refuse('a wrong IPv4 checksum');
  if (!isTcp && view.getUint16(network + 4) !== upperLength) refuse('a wrong UDP length');
  if (isTcp && (packet[network + 13]! & ~PSH) !== ACK) refuse('flags that cannot be joined');
  if (view.getUint16(network + field) !== partialChecksum(packet, protocol, upperLength))
    refuse('a wrong partial checksum');

  const segments: Uint8Array[] = [];
  for (let sent = 0; headers + sent < packet.length; sent += size) {
    const payload = packet.subarray(headers + sent, headers + sent + size);
    const segment = Uint8Array.from(Buffer.concat([packet.subarray(0, headers), payload]));
    const isLast = headers + sent + size >= packet.length;
    const fields = viewOf(segment);
    if (isV4) {
      fields.setUint16(2, segment.length);
      fields.setUint16(4, view.getUint16(4) + segments.length);
      fields.setUint16(10, 0);
      fields.setUint16(10, internetChecksum(segment.subarray(0, network)));
    } else fields.setUint16(4, segment.length - network);
    if (isTcp) {
      fields.setUint32(network + 4, view.getUint32(network + 4) + sent);
      if (!isLast) segment[network + 13]! &= ~PSH;
    } else fields.setUint16(network + 4, segment.length - network);
    fields.setUint16(network + field, partialChecksum(segment, protocol, segment.length - network));
    const checksum = internetChecksum(segment.subarray(network));
    fields.setUint16(network + field, checksum === 0 && !isTcp ? 0xffff : checksum);
    segments.push(segment);
  }
  return segments;
}
