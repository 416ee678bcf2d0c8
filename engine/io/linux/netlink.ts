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
const SOCKADDR_NL_LENGTH = 12;

export const RTMGRP_LINK = 0x1;
export const RTMGRP_ADDRESSES = 0x10 | 0x100;
export const RTMGRP_ROUTES = 0x40 | 0x400;

const scratch = new Uint8Array(8_192);
const scratchAddress = Number(koffi.address(scratch));

/** @param groups RTMGRP bits @returns a descriptor that becomes readable at a change; throws SystemError */
export function openNetlink(groups: number): number {
  const descriptor = check(
    libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE),
    'open a netlink socket',
  );
  const address = new Uint8Array(SOCKADDR_NL_LENGTH);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setUint32(8, groups, true);
  check(libc.bind(descriptor, Number(koffi.address(address)), SOCKADDR_NL_LENGTH), 'bind a netlink socket');
  return descriptor;
}

/** Reads what has come, and forgets it. ENOBUFS, which means that some was lost, is a change like any other. */
export function drainNetlink(descriptor: number): void {
  while (libc.recv(descriptor, scratchAddress, scratch.length, 0) > 0 || errno() === koffi.os.errno.ENOBUFS);
}
