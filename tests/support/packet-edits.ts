/** Packets with single fields changed, for rules that look at just that field. */
import { internetChecksum, partialChecksum, TCP, UDP } from './inner-packets.ts';

export type Edit = (bytes: Uint8Array, view: DataView) => void;

/** @returns a copy, with whatever checksums it had */
export function spoiled(packet: Uint8Array, edit: Edit): Uint8Array {
  const copy = Uint8Array.from(packet);
  edit(copy, new DataView(copy.buffer));
  return copy;
}

/** @param packet TCP or UDP without IP options @returns a copy, whose checksums are right again */
export function edited(packet: Uint8Array, edit: Edit): Uint8Array {
  const isV4 = packet[0]! >> 4 === 4;
  const network = isV4 ? 20 : 40;
  const protocol = packet[isV4 ? 9 : 6]!;
  const field = network + (protocol === TCP ? 16 : 6);
  const copy = spoiled(packet, edit);
  const view = new DataView(copy.buffer);
  view.setUint16(field, partialChecksum(copy, protocol, copy.length - network));
  const checksum = internetChecksum(copy.subarray(network));
  view.setUint16(field, checksum === 0 && protocol === UDP ? 0xffff : checksum);
  if (isV4) {
    view.setUint16(10, 0);
    view.setUint16(10, internetChecksum(copy.subarray(0, network)));
  }
  return copy;
}
