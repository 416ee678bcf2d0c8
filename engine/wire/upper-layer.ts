/** The fields of TCP (RFC 9293 §3.1) and UDP (RFC 768) that change when a super-packet is cut into segments. */
export const TCP_HEADER_LENGTH = 20;
export const UDP_HEADER_LENGTH = 8;
export const TCP_CHECKSUM_AT = 16;
export const UDP_CHECKSUM_AT = 6;

const TCP_FLAG_FIN = 0x01;
const TCP_FLAG_PSH = 0x08;
const TCP_FLAG_CWR = 0x80;

/** Header and options. */
export function tcpHeaderLength(view: DataView, offset: number): number {
  return (view.getUint8(offset + 12) >> 4) * 4;
}

export function tcpSequence(view: DataView, offset: number): number {
  return view.getUint32(offset + 4);
}

export function setTcpSequence(view: DataView, offset: number, sequence: number): void {
  view.setUint32(offset + 4, sequence >>> 0);
}

/** FIN and PSH belong to the last segment of a super-packet, CWR to the first (RFC 3168 §6.1.2). */
export function setSegmentFlags(view: DataView, offset: number, isFirst: boolean, isLast: boolean): void {
  let flags = view.getUint8(offset + 13);
  if (!isLast) flags &= ~(TCP_FLAG_FIN | TCP_FLAG_PSH);
  if (!isFirst) flags &= ~TCP_FLAG_CWR;
  view.setUint8(offset + 13, flags);
}

export function setUdpLength(view: DataView, offset: number, length: number): void {
  view.setUint16(offset + 4, length);
}
