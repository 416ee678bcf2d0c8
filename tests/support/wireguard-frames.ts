/** What an eavesdropper can tell of WireGuard datagrams in captured IP packets, without keys. */

export type DatagramKind = 'initiation' | 'response' | 'cookie-reply' | 'data' | 'other';

export interface WireDatagram {
  readonly kind: DatagramKind;
  readonly source: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** DSCP and ECN of the IP header. */
  readonly trafficClass: number;
  /** Of the UDP payload. */
  readonly payloadBytes: number;
}

const KINDS: readonly DatagramKind[] = ['other', 'initiation', 'response', 'cookie-reply', 'data'];
const UDP = 17;
const UDP_HEADER = 8;
const IPV6_HEADER = 40;

/** @returns null for what is not a whole UDP packet over IP, such as a fragment */
export function readDatagram(packet: Buffer): WireDatagram | null {
  const version = packet[0]! >> 4;
  const header = version === 4 ? (packet[0]! & 0xf) * 4 : IPV6_HEADER;
  const protocol = version === 4 ? packet[9] : packet[6];
  if (protocol !== UDP || packet.length < header + UDP_HEADER) return null;
  if (version === 4 && (packet.readUInt16BE(6) & 0x3fff) !== 0) return null;
  const payload = packet.subarray(header + UDP_HEADER);
  return {
    kind: payload.length < 4 ? 'other' : (KINDS[payload.readUInt32LE(0)] ?? 'other'),
    source: sourceAddress(packet),
    sourcePort: packet.readUInt16BE(header),
    destinationPort: packet.readUInt16BE(header + 2),
    trafficClass: version === 4 ? packet[1]! : (packet.readUInt16BE(0) >> 4) & 0xff,
    payloadBytes: packet.readUInt16BE(header + 4) - UDP_HEADER,
  };
}

/** Of an IP packet, as text. */
export function sourceAddress(packet: Buffer): string {
  if (packet[0]! >> 4 === 4) return [...packet.subarray(12, 16)].join('.');
  const groups = packet.subarray(8, 24).toString('hex').match(/.{4}/g)!.join(':');
  return new URL(`http://[${groups}]`).hostname.slice(1, -1); // URLs shorten it as everybody does
}

/**
 * The IP packet in a frame captured on `any`, whose "cooked" link header is LINUX_SLL2 (20 bytes) or LINUX_SLL (16).
 * @returns null for a frame that holds none
 */
export function packetOfCookedFrame(frame: Buffer): Buffer | null {
  for (const packet of [frame.subarray(20), frame.subarray(16)]) {
    if (packet.length < 20) continue;
    if (packet[0]! >> 4 === 4 && packet.readUInt16BE(2) === packet.length) return packet;
    if (packet[0]! >> 4 === 6 && packet.readUInt16BE(4) + IPV6_HEADER === packet.length) return packet;
  }
  return null;
}

export function readDatagrams(packets: readonly Buffer[]): WireDatagram[] {
  return packets.map(readDatagram).filter((datagram) => datagram !== null);
}
