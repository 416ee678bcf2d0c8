/** From one TUN read to a run of sealed datagrams, laid out one behind the other as a GSO send wants them. */
import { seal } from './aead';
import { copyFew } from './bytes';
import { fold, sumPseudoHeader, sumWords } from './checksum';
import { isIpv6, load16, load32, PROTOCOL_TCP, PROTOCOL_UDP, store16, store32 } from './fields';

const TYPE_TRANSPORT_DATA = 4;
const HEADER: usize = 16;
const OVERHEAD: usize = 32;
const TCP_FIN_PSH: u8 = 0x09;
const TCP_CWR: u8 = 0x80;
/** Room for the longest headers that dataplane/outbound.ts lets through. */
const HEADERS = memory.data(512, 16);

/** What transport data is addressed to and numbered with; the counter moves on with each datagram. */
let receiverIndex: u32 = 0;
let counter: u64 = 0;
/** Bytes of the longest inner packet, where padding stops. */
let mtu: usize = 0;

export function startRun(index: u32, counterLow: u32, counterHigh: u32, largestPacket: i32): void {
  receiverIndex = index;
  counter = (counterLow as u64) | ((counterHigh as u64) << 32);
  mtu = largestPacket as usize;
}

/**
 * Seals one packet into a datagram at `to`, where it may already stand behind its header-to-be. Elsewhere, the 16 bytes
 * behind it are used for padding and restored. @returns the datagram's length
 */
export function sealPacket(packet: usize, length: usize, to: usize): usize {
  const padded = max(length, min((length + 15) & ~15, mtu));
  const behind = v128.load(packet + length);
  v128.store(packet + length, i32x4.splat(0));
  store<u32>(to, TYPE_TRANSPORT_DATA);
  store<u32>(to, receiverIndex, 4);
  store<u64>(to, counter, 8);
  seal(counter as i32, (counter >> 32) as i32, to + HEADER, packet, padded);
  if (packet !== to + HEADER) v128.store(packet + length, behind);
  counter++;
  return padded + OVERHEAD;
}

/**
 * Cuts a super-packet into packets of `segmentPayload` bytes of payload and seals each. Each one's headers are written
 * just before its payload, over what has been sealed already. @returns the length of all datagrams
 */
export function sealSegments(
  packet: usize,
  protocol: u32,
  networkLength: usize,
  headersLength: usize,
  payloadLength: usize,
  segmentPayload: usize,
  to: usize,
): usize {
  copyFew(HEADERS, packet, headersLength);
  const isV6 = isIpv6(packet);
  const sequence = load32(packet + networkLength + 4);
  const identification = load16(packet + 4);
  const start = to;
  let sent: usize = 0;
  let index: u32 = 0;
  do {
    const payload = min(segmentPayload, payloadLength - sent);
    const at = packet + sent;
    copyFew(at, HEADERS, headersLength);
    finishIpHeader(at, isV6, networkLength, headersLength + payload, identification + index);
    const upper = at + networkLength;
    const upperLength = (headersLength - networkLength + payload) as u32;
    if (protocol === PROTOCOL_TCP) {
      store32(upper + 4, sequence + (sent as u32));
      let flags = load<u8>(upper, 13);
      if (sent + payload < payloadLength) flags &= ~TCP_FIN_PSH;
      if (sent > 0) flags &= ~TCP_CWR;
      store<u8>(upper, flags, 13);
    } else {
      store16(upper + 4, upperLength);
    }
    const field = upper + (protocol === PROTOCOL_TCP ? 16 : 6);
    store<u16>(field, 0);
    const sum = sumPseudoHeader(at, isV6, protocol, upperLength) + sumWords(upper, upperLength as i32);
    const checksum = ~fold(sum) as u16;
    store<u16>(field, checksum === 0 && protocol === PROTOCOL_UDP ? 0xffff : checksum);
    to += sealPacket(at, headersLength + payload, to);
    sent += segmentPayload;
    index++;
  } while (sent < payloadLength);
  return to - start;
}

function finishIpHeader(
  packet: usize,
  isV6: bool,
  headerLength: usize,
  packetLength: usize,
  identification: u32,
): void {
  if (isV6) {
    store16(packet + 4, (packetLength - 40) as u32);
    return;
  }
  store16(packet + 2, packetLength as u32);
  store16(packet + 4, identification);
  store<u16>(packet, 0, 10);
  store<u16>(packet, ~fold(sumWords(packet, headerLength as i32)) as u16, 10);
}
