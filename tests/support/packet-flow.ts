/** Packets of one flow of TCP or UDP that continue each other, and so may be joined. */
import { tcpPacket, udpPacket } from './inner-packets.ts';
import { SeededRandom } from './virtual-clock.ts';

export type Version = 4 | 6;
export type Protocol = 'tcp' | 'udp';

export const ENDS = {
  4: { source: '10.0.0.1', destination: '10.0.0.2' },
  6: { source: 'fd00::1', destination: 'fd00::2' },
} as const;
/** Bytes of the IP header. */
export const NETWORK = { 4: 20, 6: 40 } as const;
export const KINDS: [Version, Protocol][] = [
  [4, 'tcp'],
  [6, 'tcp'],
  [4, 'udp'],
  [6, 'udp'],
];
/** Bytes of payload, where it does not matter how many. */
export const SIZE = 100;

const random = new SeededRandom(71);

/** @param sizes bytes of payload of each @param tcp its options, and flags of packets by their place, where not ACK alone */
export function packetFlow(
  version: Version,
  protocol: Protocol,
  sizes: readonly number[],
  tcp: { readonly options?: Uint8Array; readonly flags?: Readonly<Record<number, number>> } = {},
): Uint8Array[] {
  const options = tcp.options ?? new Uint8Array(0);
  let sequence = 1_000;
  return sizes.map((size, i) => {
    const fields = { ...ENDS[version], payload: random.bytes(size), identification: 7 + i };
    if (protocol === 'udp') return udpPacket(fields);
    const packet = tcpPacket({ ...fields, options, sequence, flags: tcp.flags?.[i] ?? 0x10 });
    sequence += size;
    return packet;
  });
}

export function threePackets(version: Version, protocol: Protocol): Uint8Array[] {
  return packetFlow(version, protocol, [SIZE, SIZE, SIZE]);
}
