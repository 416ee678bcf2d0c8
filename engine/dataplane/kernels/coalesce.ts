/**
 * Inner packets on their way to TUN: those that continue each other become one super-packet, which the kernel takes
 * through its stack once (virtio 1.2 §5.1.6.2). Nothing is copied: an iovec names headers and then payload after payload.
 */
import { fold, sumPseudoHeader, sumWords } from './checksum';
import { isIpv6, load16, load32, PROTOCOL_TCP, PROTOCOL_UDP, store16 } from './fields';

const VIRTIO_HEADER: usize = 10;
const NEEDS_CHECKSUM: u8 = 1;
const GSO_TCPV4: u8 = 1;
const GSO_TCPV6: u8 = 4;
const GSO_UDP_L4: u8 = 5;
const TCP_ACK: u8 = 0x10;
const TCP_PSH: u8 = 0x08;
const MAX_PACKET: i32 = 65535;
/** The kernel's UDP_MAX_SEGMENTS before 6.9. */
const MAX_SEGMENTS: i32 = 64;

/** The native address of offset 0, for iovecs. */
let base: u64 = 0;
/** Where iovecs and writes (first iovec, count; u32 each) go. */
let iovecs: usize = 0;
let writes: usize = 0;
let canMergeUdp: bool = false;
let iovecCount: u32 = 0;
let writeCount: u32 = 0;

/** The super-packet that may still grow; 0 for none. */
let current: usize = 0;
let isV6: bool = false;
let protocol: u32 = 0;
let networkLength: i32 = 0;
let headersLength: i32 = 0;
let totalLength: i32 = 0;
let segmentPayload: i32 = 0;
let nextSequence: u32 = 0;
let segments: i32 = 0;
let firstIovec: u32 = 0;
/** It ends with a shorter segment, or with a push. */
let isComplete: bool = false;

export function configure(nativeBase: u64, iovecArea: usize, writeArea: usize, mergesUdp: bool): void {
  base = nativeBase;
  iovecs = iovecArea;
  writes = writeArea;
  canMergeUdp = mergesUdp;
}

/** Takes a packet that has at least 16 bytes before it to be overwritten. */
export function add(packet: usize, length: i32): void {
  const v6 = isIpv6(packet);
  const network = v6 ? 40 : 20;
  const kind = v6 ? (load<u8>(packet, 6) as u32) : (load<u8>(packet, 9) as u32);
  // A header that is wrong must not become right by being written anew for the super-packet.
  const isPlain =
    v6 ||
    (load<u8>(packet) === 0x45 &&
      (load16(packet + 6) & 0x3fff) === 0 &&
      fold(sumWords(packet, 20)) === 0xffff);
  if (isPlain && kind === PROTOCOL_TCP && length > network + 20 && addTcp(packet, length, v6, network))
    return;
  if (
    isPlain &&
    kind === PROTOCOL_UDP &&
    canMergeUdp &&
    length > network + 8 &&
    addUdp(packet, length, v6, network)
  )
    return;
  finish();
  start(packet, length, v6, kind, network, length, 0);
  isComplete = true;
}

function addTcp(packet: usize, length: i32, v6: bool, network: i32): bool {
  const upper = packet + network;
  const headers = network + (load<u8>(upper, 12) >> 4) * 4;
  const flags = load<u8>(upper, 13);
  const payload = length - headers;
  if (headers < network + 20 || payload <= 0 || (flags & ~TCP_PSH) !== TCP_ACK) return false;
  // NEEDS_CHECKSUM makes the kernel trust what we hand over: it must be right.
  if (!isChecksumRight(packet, v6, network, PROTOCOL_TCP, length)) return false;
  const sequence = load32(upper + 4);
  if (
    continues(packet, v6, PROTOCOL_TCP, headers, payload) &&
    sequence === nextSequence &&
    load<u8>(upper, 12) === load<u8>(current + network, 12) && // header length and reserved bits
    isSame(packet, network + 8, network + 12) && // acknowledgement
    isSame(packet, network + 14, network + 16) && // window
    isSame(packet, network + 20, headers) // options
  ) {
    append(packet, headers, payload);
    nextSequence += payload;
    if (flags & TCP_PSH) {
      store<u8>(current + network, load<u8>(current + network, 13) | TCP_PSH, 13);
      isComplete = true;
    }
    return true;
  }
  finish();
  start(packet, length, v6, PROTOCOL_TCP, network, headers, payload);
  nextSequence = sequence + payload;
  isComplete = (flags & TCP_PSH) !== 0;
  return true;
}

function addUdp(packet: usize, length: i32, v6: bool, network: i32): bool {
  const headers = network + 8;
  const payload = length - headers;
  const upper = packet + network;
  if (load<u16>(upper, 6) === 0 || load16(upper + 4) !== ((payload + 8) as u32)) return false;
  if (!isChecksumRight(packet, v6, network, PROTOCOL_UDP, length)) return false;
  if (continues(packet, v6, PROTOCOL_UDP, headers, payload)) {
    append(packet, headers, payload);
    return true;
  }
  finish();
  start(packet, length, v6, PROTOCOL_UDP, network, headers, payload);
  return true;
}

function isChecksumRight(packet: usize, v6: bool, network: i32, kind: u32, length: i32): bool {
  const upperLength = length - network;
  return (
    fold(sumPseudoHeader(packet, v6, kind, upperLength as u32) + sumWords(packet + network, upperLength)) ===
    0xffff
  );
}

/** Whether the packet is of the current flow, fits, and differs only where segments of one super-packet may. */
function continues(packet: usize, v6: bool, kind: u32, headers: i32, payload: i32): bool {
  if (current === 0 || isComplete || v6 !== isV6 || kind !== protocol || headers !== headersLength)
    return false;
  if (payload > segmentPayload || totalLength + payload > MAX_PACKET || segments >= MAX_SEGMENTS)
    return false;
  if (v6) {
    // version, traffic class, flow label; then next header, hop limit and addresses; then ports
    return isSame(packet, 0, 4) && isSame(packet, 6, 44);
  }
  // version, header length, DSCP and ECN; then don't-fragment; then TTL; then addresses and ports
  return isSame(packet, 0, 2) && isSame(packet, 6, 10) && isSame(packet, 12, 24);
}

function isSame(packet: usize, from: i32, to: i32): bool {
  for (let i = from; i < to; i += 2) {
    if (load<u16>(packet + i) !== load<u16>(current + i)) return false;
  }
  return true;
}

function start(
  packet: usize,
  length: i32,
  v6: bool,
  kind: u32,
  network: i32,
  headers: i32,
  payload: i32,
): void {
  current = packet;
  isV6 = v6;
  protocol = kind;
  networkLength = network;
  headersLength = headers;
  totalLength = length;
  segmentPayload = payload;
  segments = 1;
  isComplete = false;
  firstIovec = iovecCount;
  addIovec(packet - VIRTIO_HEADER, length + (VIRTIO_HEADER as i32));
}

function append(packet: usize, headers: i32, payload: i32): void {
  addIovec(packet + headers, payload);
  totalLength += payload;
  segments++;
  if (payload < segmentPayload) isComplete = true;
}

function addIovec(at: usize, length: i32): void {
  const iovec = iovecs + ((iovecCount as usize) << 4);
  store<u64>(iovec, base + (at as u64));
  store<u64>(iovec, length as u64, 8);
  iovecCount++;
}

/** Ends the current super-packet: its headers and virtio header tell its length and how to cut it. */
function finish(): void {
  if (current === 0) return;
  const header = current - VIRTIO_HEADER;
  store<u64>(header, 0);
  store<u16>(header, 0, 8);
  if (segments > 1) describe(header);
  store<u32>(writes + ((writeCount as usize) << 3), firstIovec);
  store<u32>(writes + ((writeCount as usize) << 3), iovecCount - firstIovec, 4);
  writeCount++;
  current = 0;
}

function describe(header: usize): void {
  const upperLength = totalLength - networkLength;
  const upper = current + networkLength;
  const isTcp = protocol === PROTOCOL_TCP;
  if (isV6) {
    store16(current + 4, (totalLength - 40) as u32);
  } else {
    store16(current + 2, totalLength as u32);
    store<u16>(current, 0, 10);
    store<u16>(current, ~fold(sumWords(current, networkLength)) as u16, 10);
  }
  if (!isTcp) store16(upper + 4, upperLength as u32);
  store<u8>(header, NEEDS_CHECKSUM);
  store<u8>(header, isTcp ? (isV6 ? GSO_TCPV6 : GSO_TCPV4) : GSO_UDP_L4, 1);
  store<u16>(header, headersLength as u16, 2);
  store<u16>(header, segmentPayload as u16, 4);
  store<u16>(header, networkLength as u16, 6);
  store<u16>(header, isTcp ? 16 : 6, 8);
  store<u16>(
    upper + (isTcp ? 16 : 6),
    fold(sumPseudoHeader(current, isV6, protocol, upperLength as u32)) as u16,
  );
}

/** Ends a batch. @returns how many writes it has become */
export function flush(): u32 {
  finish();
  const count = writeCount;
  writeCount = 0;
  iovecCount = 0;
  return count;
}
