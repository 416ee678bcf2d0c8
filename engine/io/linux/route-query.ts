/** Which interface the kernel would send by (rtnetlink(7), RTM_GETROUTE): what `ip route get` asks. Anybody may. */
import koffi from 'koffi';
import type { Endpoint } from '../../peer/endpoint.ts';
import { libc } from './libc.ts';
import { netlinkSocket } from './netlink.ts';
import { socketDomain } from './sockaddr.ts';

const RTM_NEWROUTE = 24;
const RTM_GETROUTE = 26;
const NLM_F_REQUEST = 1;
const RTA_DST = 1;
const RTA_SRC = 2;
const RTA_OIF = 4;
const RTA_MARK = 16;

/** struct nlmsghdr and struct rtmsg. */
const HEADER_LENGTH = 16;
const ATTRIBUTES = HEADER_LENGTH + 12;
const ATTRIBUTE_HEADER = 4;

const bytes = new Uint8Array(1_024);
const view = new DataView(bytes.buffer);
const bytesAddress = Number(koffi.address(bytes));

/**
 * The way to an endpoint from its source, which routing rules may look at, as they may at the mark.
 * @param endpoint with a source @returns an interface's index, or null where there is no route, or no telling
 */
export function routeInterface(endpoint: Endpoint, mark: number): number | null {
  const descriptor = netlinkSocket();
  if (descriptor < 0) return null;
  try {
    const length = writeRequest(endpoint, mark);
    if (libc.write(descriptor, bytesAddress, length) < 0) return null;
    // The kernel has answered before write(2) returns.
    const received = libc.recv(descriptor, bytesAddress, bytes.length, 0);
    if (received < ATTRIBUTES || view.getUint16(4, true) !== RTM_NEWROUTE) return null;
    return readOutgoingInterface(Math.min(received, view.getUint32(0, true)));
  } finally {
    libc.close(descriptor);
  }
}

/** @returns its length */
function writeRequest({ address, scopeId, source }: Endpoint, mark: number): number {
  bytes.fill(0);
  bytes[HEADER_LENGTH] = socketDomain(address.family);
  bytes[HEADER_LENGTH + 1] = bytes[HEADER_LENGTH + 2] = address.bytes.length * 8;
  let at = writeAttribute(ATTRIBUTES, RTA_DST, address.bytes);
  at = writeAttribute(at, RTA_SRC, source!.address.bytes);
  if (mark !== 0) at = writeAttribute(at, RTA_MARK, littleEndian(mark));
  if (scopeId !== 0) at = writeAttribute(at, RTA_OIF, littleEndian(scopeId));
  view.setUint32(0, at, true);
  view.setUint16(4, RTM_GETROUTE, true);
  view.setUint16(6, NLM_F_REQUEST, true);
  return at;
}

function littleEndian(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** @param data of a multiple of four bytes @returns where the next goes */
function writeAttribute(at: number, type: number, data: Uint8Array): number {
  view.setUint16(at, ATTRIBUTE_HEADER + data.length, true);
  view.setUint16(at + 2, type, true);
  bytes.set(data, at + ATTRIBUTE_HEADER);
  return at + ATTRIBUTE_HEADER + data.length;
}

function readOutgoingInterface(end: number): number | null {
  for (let at = ATTRIBUTES; at + ATTRIBUTE_HEADER <= end; ) {
    const length = view.getUint16(at, true);
    if (length < ATTRIBUTE_HEADER) return null;
    if (view.getUint16(at + 2, true) === RTA_OIF) return view.getUint32(at + ATTRIBUTE_HEADER, true);
    at += Math.ceil(length / 4) * 4;
  }
  return null;
}
