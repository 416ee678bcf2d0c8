/**
 * From a TUN read to a run of inner packets. With offloads on, one read may hold a TCP or UDP super-packet of up to
 * 64 KB whose checksums are unfinished (virtio 1.2 §5.1.6.2).
 */
import { PADDING_MULTIPLE } from '../constants.ts';
import type { Device } from '../device/device.ts';
import type { Output } from '../peer/output.ts';
import { MAX_SEALED_RUN, type MonotonicMs, type PacketRun } from '../ports.ts';
import {
  foldChecksum,
  IPV4_HEADER_LENGTH,
  innerVersion,
  ipHeaderLength,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  sumWords,
} from '../wire/ip.ts';
import { TRANSPORT_OVERHEAD } from '../wire/messages.ts';
import { plainRun } from '../wire/packet-run.ts';
import { TCP_HEADER_LENGTH, tcpHeaderLength, UDP_HEADER_LENGTH } from '../wire/upper-layer.ts';
import {
  checksumField,
  checksumStart,
  needsChecksum,
  segmentationKind,
  segmentPayload,
  VIRTIO_HEADER_LENGTH,
} from '../wire/virtio-header.ts';

/** No host sends longer ones: IPv6 with extensions, and TCP with options. Kernels have room for no more. */
const MAX_HEADERS_LENGTH = 512;

/** The run that is being handled: each read takes its place, and nothing is allocated for it. */
const run: PacketRun = plainRun();

/** @param offset of a TUN read: virtio header, then packet. Its bytes are overwritten. */
export function handleTunRead(
  device: Device,
  offset: number,
  length: number,
  now: MonotonicMs,
  output: Output,
): void {
  const { view } = device.memory;
  run.packet = offset + VIRTIO_HEADER_LENGTH;
  run.length = length - VIRTIO_HEADER_LENGTH;
  if (run.length <= 0) return;
  const kind = segmentationKind(view, offset);
  if (kind === 'none') {
    run.count = 1;
    run.segmentPayload = 0;
    if (needsChecksum(view, offset)) finishChecksum(view, offset, run.packet, run.length);
  } else if (kind === 'unknown' || !takeApart(view, offset, kind)) {
    device.drops.add('invalid-packet');
    return;
  }
  device.handleRun(run, now, output);
}

/** The checksum field holds the pseudo-header's sum; what follows it is added here. */
function finishChecksum(view: DataView, offset: number, packet: number, packetLength: number): void {
  const start = checksumStart(view, offset);
  const field = start + checksumField(view, offset);
  if (field + 2 > packetLength) return;
  const sum = ~foldChecksum(sumWords(view, packet + start, packetLength - start)) & 0xffff;
  view.setUint16(packet + field, sum === 0 ? 0xffff : sum);
}

/** Reads a super-packet's headers into the run. @returns false where they do not fit together */
function takeApart(view: DataView, offset: number, kind: 'tcp' | 'udp'): boolean {
  const { packet, length } = run;
  const version = innerVersion(view, packet);
  const networkLength = checksumStart(view, offset);
  const minimum = networkLength + (kind === 'tcp' ? TCP_HEADER_LENGTH : UDP_HEADER_LENGTH);
  if (version === null || minimum > length) return false;
  // Checksums are taken over the header as it says it is. Behind IPv4's nothing else comes before TCP or UDP.
  const ipLength = ipHeaderLength(view, packet, version);
  const isIpHeader =
    version === 4 ? networkLength === ipLength && ipLength >= IPV4_HEADER_LENGTH : networkLength >= ipLength;
  if (!isIpHeader) return false;
  // The header's own word for its length: the kernel's hdr_len may count less.
  const upperLength = kind === 'tcp' ? tcpHeaderLength(view, packet + networkLength) : UDP_HEADER_LENGTH;
  const headersLength = networkLength + upperLength;
  const payload = segmentPayload(view, offset);
  if (headersLength < minimum || headersLength > length || payload === 0) return false;
  if (headersLength > MAX_HEADERS_LENGTH) return false;
  run.version = version;
  run.protocol = kind === 'tcp' ? PROTOCOL_TCP : PROTOCOL_UDP;
  run.networkLength = networkLength;
  run.headersLength = headersLength;
  run.segmentPayload = payload;
  run.count = Math.max(1, Math.ceil((length - headersLength) / payload));
  return length + run.count * (headersLength + TRANSPORT_OVERHEAD + PADDING_MULTIPLE) <= MAX_SEALED_RUN;
}
