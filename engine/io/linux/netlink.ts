/**
 * Notices that links, addresses or routes of a network namespace changed (rtnetlink(7)). The socket only wakes us:
 * its messages are thrown away unread, and the present state is asked for anew.
 */
import koffi from 'koffi';
import { check, errno, libc } from './libc.ts';

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;
const SOCKADDR_NL_LENGTH = 12;
const SOL_NETLINK = 270;
const NETLINK_LISTEN_ALL_NSID = 8;
const RTM_NEWNSID = 88;
const NLM_F_REQUEST = 1;
const NETNSA_NSID = 1;
const NETNSA_FD = 3;
const NSID_ANY = -1;

export const RTMGRP_LINK = 0x1;
export const RTMGRP_ADDRESSES = 0x10 | 0x100;
export const RTMGRP_ROUTES = 0x40 | 0x400;
/** IPv4's, and IPv6's by the number of its group, 19. */
export const RTMGRP_RULES = 0x80 | (1 << 18);

/** By the number of its group, 7 (linux/netfilter/nfnetlink.h). */
export const NFNLGRP_NFTABLES = 1 << 6;

const scratch = new Uint8Array(8_192);
const scratchAddress = Number(koffi.address(scratch));

/** @returns a descriptor that questions can be written to, or a negative number */
export function netlinkSocket(protocol = NETLINK_ROUTE): number {
  return libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
}

/** @param groups bits of the protocol's groups @returns a descriptor that becomes readable at a change; throws SystemError */
export function openNetlink(groups: number, protocol = NETLINK_ROUTE): number {
  const descriptor = check(netlinkSocket(protocol), 'open a netlink socket');
  const address = new Uint8Array(SOCKADDR_NL_LENGTH);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, groups, true);
  check(libc.bind(descriptor, Number(koffi.address(address)), SOCKADDR_NL_LENGTH), 'bind a netlink socket');
  return descriptor;
}

/** Also tells of other namespaces, those that have an id in this one; without CAP_NET_BROADCAST, of this one alone. */
export function listenToAllNamespaces(descriptor: number): void {
  const on = new Int32Array([1]);
  libc.setsockopt(descriptor, SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, Number(koffi.address(on)), 4);
}

/** Gives another namespace an id in the socket's own, unless it has one. @param namespace a descriptor of it */
export function giveNamespaceId(descriptor: number, namespace: number): void {
  // struct nlmsghdr (16 bytes), struct rtgenmsg (1, padded to 4), then two attributes of a header and an int.
  const message = new Uint8Array(36);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length, true);
  view.setUint16(4, RTM_NEWNSID, true);
  view.setUint16(6, NLM_F_REQUEST, true);
  for (const [at, type, value] of [
    [20, NETNSA_FD, namespace],
    [28, NETNSA_NSID, NSID_ANY],
  ] as const) {
    view.setUint16(at, 8, true);
    view.setUint16(at + 2, type, true);
    view.setInt32(at + 4, value, true);
  }
  // The answer, EEXIST more often than not, is drained with the rest.
  libc.write(descriptor, Number(koffi.address(message)), message.length);
}

/** Reads what has come, and forgets it. ENOBUFS, which means that some was lost, is a change like any other. */
export function drainNetlink(descriptor: number): void {
  while (libc.recv(descriptor, scratchAddress, scratch.length, 0) > 0 || errno() === koffi.os.errno.ENOBUFS);
}
