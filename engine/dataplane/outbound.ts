/**
 * From a TUN read to inner packets. With offloads on, one read may hold a TCP or UDP super-packet of up to 64 KB
 * whose checksums are unfinished; this cuts it into the packets that go on the wire and finishes them
 * (virtio 1.2 §5.1.6.2; kernel: Documentation/networking/segmentation-offloads.rst).
 */
import type { Device } from '../device/device.ts';
import type { Output } from '../peer/output.ts';
import type { MonotonicMs } from '../ports.ts';
import {
  finishIpHeader,
  foldChecksum,
  type InnerVersion,
  IPV4_HEADER_LENGTH,
  innerVersion,
  ipHeaderLength,
  ipv4Identification,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  sumPseudoHeader,
  sumWords,
} from '../wire/ip.ts';
import {
  setSegmentFlags,
  setTcpSequence,
  setUdpLength,
  TCP_CHECKSUM_AT,
  TCP_HEADER_LENGTH,
  tcpHeaderLength,
  tcpSequence,
  UDP_CHECKSUM_AT,
  UDP_HEADER_LENGTH,
} from '../wire/upper-layer.ts';
import {
  checksumField,
  checksumStart,
  needsChecksum,
  segmentationKind,
  segmentPayload,
  VIRTIO_HEADER_LENGTH,
} from '../wire/virtio-header.ts';

/** A super-packet, taken apart. Offsets are in packet memory. */
interface SuperPacket {
  readonly version: InnerVersion;
  readonly protocol: number;
  /** Bytes of the IP header and its extensions. */
  readonly networkLength: number;
  /** Bytes of all headers. */
  readonly headersLength: number;
  readonly payloadLength: number;
  readonly segmentPayload: number;
}

/** @param offset of a TUN read: virtio header, then packet. Its bytes are overwritten. */
export function handleTunRead(
  device: Device,
  offset: number,
  length: number,
  now: MonotonicMs,
  output: Output,
): void {
  const { view } = device.memory;
  const packet = offset + VIRTIO_HEADER_LENGTH;
  const packetLength = length - VIRTIO_HEADER_LENGTH;
  if (packetLength <= 0) return;
  const kind = segmentationKind(view, offset);
  if (kind === 'none') {
    if (needsChecksum(view, offset)) finishChecksum(view, offset, packet, packetLength);
    device.handlePacket(packet, packetLength, now, output);
    return;
  }
  const superPacket = kind === 'unknown' ? null : takeApart(view, offset, packet, packetLength, kind);
  if (superPacket === null) device.drops.add('invalid-packet');
  else segment(device, packet, superPacket, now, output);
}

/** The checksum field holds the pseudo-header's sum; what follows it is added here. */
function finishChecksum(view: DataView, offset: number, packet: number, packetLength: number): void {
  const start = checksumStart(view, offset);
  const field = start + checksumField(view, offset);
  if (field + 2 > packetLength) return;
  const sum = ~foldChecksum(sumWords(view, packet + start, packetLength - start)) & 0xffff;
  view.setUint16(packet + field, sum === 0 ? 0xffff : sum);
}

function takeApart(
  view: DataView,
  offset: number,
  packet: number,
  packetLength: number,
  kind: 'tcp' | 'udp',
): SuperPacket | null {
  const version = innerVersion(view, packet);
  const networkLength = checksumStart(view, offset);
  const minimum = networkLength + (kind === 'tcp' ? TCP_HEADER_LENGTH : UDP_HEADER_LENGTH);
  if (version === null || minimum > packetLength) return null;
  // Checksums are taken over the header as it says it is: it must lie within what the kernel says.
  if (networkLength < Math.max(IPV4_HEADER_LENGTH, ipHeaderLength(view, packet, version))) return null;
  // The header's own word for its length: the kernel's hdr_len may count less.
  const upperLength = kind === 'tcp' ? tcpHeaderLength(view, packet + networkLength) : UDP_HEADER_LENGTH;
  const headersLength = networkLength + upperLength;
  const payload = segmentPayload(view, offset);
  if (headersLength < minimum || headersLength > packetLength || payload === 0) return null;
  return {
    version,
    protocol: kind === 'tcp' ? PROTOCOL_TCP : PROTOCOL_UDP,
    networkLength,
    headersLength,
    payloadLength: packetLength - headersLength,
    segmentPayload: payload,
  };
}

/** Each segment's headers are written just before its payload, over what has already been sent. */
function segment(
  device: Device,
  packet: number,
  superPacket: SuperPacket,
  now: MonotonicMs,
  output: Output,
): void {
  const { bytes, view } = device.memory;
  const { version, networkLength, headersLength, payloadLength } = superPacket;
  const headers = bytes.slice(packet, packet + headersLength);
  const sequence = superPacket.protocol === PROTOCOL_TCP ? tcpSequence(view, packet + networkLength) : 0;
  const identification = ipv4Identification(view, packet);
  let index = 0;
  for (let sent = 0; sent < payloadLength || index === 0; sent += superPacket.segmentPayload) {
    const payload = Math.min(superPacket.segmentPayload, payloadLength - sent);
    const at = packet + sent;
    const upper = at + networkLength;
    const upperLength = headersLength - networkLength + payload;
    bytes.set(headers, at);
    finishIpHeader(view, at, version, headersLength + payload, identification + index);
    if (superPacket.protocol === PROTOCOL_TCP) {
      setTcpSequence(view, upper, sequence + sent);
      setSegmentFlags(view, upper, sent === 0, sent + payload === payloadLength);
    } else {
      setUdpLength(view, upper, upperLength);
    }
    const field = upper + (superPacket.protocol === PROTOCOL_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT);
    view.setUint16(field, 0);
    const sum =
      sumPseudoHeader(view, at, version, superPacket.protocol, upperLength) +
      sumWords(view, upper, upperLength);
    const checksum = ~foldChecksum(sum) & 0xffff;
    view.setUint16(field, checksum === 0 && superPacket.protocol === PROTOCOL_UDP ? 0xffff : checksum);
    device.handlePacket(at, headersLength + payload, now, output);
    index++;
  }
}
