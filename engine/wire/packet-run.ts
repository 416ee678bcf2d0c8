/**
 * Inner packets of one flow as TUN hands them over: one packet, or a TCP or UDP super-packet that stands for many. Cutting
 * it changes lengths, IPv4's identification, TCP's sequence number and flags, and checksums
 * (kernel: Documentation/networking/segmentation-offloads.rst).
 */
import type { PacketMemory, PacketRun } from '../ports.ts';
import {
  finishIpHeader,
  foldChecksum,
  ipv4Identification,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  sumPseudoHeader,
  sumWords,
} from './ip.ts';
import {
  setSegmentFlags,
  setTcpSequence,
  setUdpLength,
  TCP_CHECKSUM_AT,
  tcpSequence,
  UDP_CHECKSUM_AT,
} from './upper-layer.ts';

export function plainRun(): PacketRun {
  return {
    packet: 0,
    length: 0,
    version: 4,
    count: 1,
    segmentPayload: 0,
    protocol: 0,
    networkLength: 0,
    headersLength: 0,
  };
}

/** Bytes of the run's packet `i`. */
export function runPacketLength(run: PacketRun, i: number): number {
  if (run.segmentPayload === 0) return run.length;
  const payloadLength = run.length - run.headersLength;
  return run.headersLength + Math.min(run.segmentPayload, payloadLength - i * run.segmentPayload);
}

/** Writes the run's packet `i` to `to`, in the same memory and outside the run, or where it already stands. */
export function writeRunPacket({ bytes, view }: PacketMemory, run: PacketRun, i: number, to: number): void {
  if (run.segmentPayload === 0) {
    bytes.copyWithin(to, run.packet, run.packet + run.length);
    return;
  }
  const { networkLength, headersLength, protocol, version } = run;
  const sent = i * run.segmentPayload;
  const length = runPacketLength(run, i);
  const from = run.packet + headersLength + sent;
  bytes.copyWithin(to, run.packet, run.packet + headersLength);
  bytes.copyWithin(to + headersLength, from, from + length - headersLength);

  const upper = to + networkLength;
  const upperLength = length - networkLength;
  finishIpHeader(view, to, version, length, ipv4Identification(view, to) + i);
  if (protocol === PROTOCOL_TCP) {
    setTcpSequence(view, upper, tcpSequence(view, upper) + sent);
    setSegmentFlags(view, upper, i === 0, i === run.count - 1);
  } else {
    setUdpLength(view, upper, upperLength);
  }
  const field = upper + (protocol === PROTOCOL_TCP ? TCP_CHECKSUM_AT : UDP_CHECKSUM_AT);
  view.setUint16(field, 0);
  const sum = sumPseudoHeader(view, to, version, protocol, upperLength) + sumWords(view, upper, upperLength);
  const checksum = ~foldChecksum(sum) & 0xffff;
  view.setUint16(field, checksum === 0 && protocol === PROTOCOL_UDP ? 0xffff : checksum);
}
