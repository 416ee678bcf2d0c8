/**
 * Whether replies may still insist on the address of ours that a peer reached. The Linux driver drops it when the
 * address is gone, or when the route to the peer has moved to another interface; so do we, asked in other words: on
 * which interface is the address that the kernel would choose by itself?
 */
import { networkInterfaces } from 'node:os';
import koffi from 'koffi';
import type { Endpoint } from '../../peer/endpoint.ts';
import { IpAddress } from '../../wire/ip-prefix.ts';
import { SharedMemory } from '../packet-memory.ts';
import { libc } from './libc.ts';
import { readSockaddr, SOCKADDR_LENGTH, socketDomain, writeSockaddr } from './sockaddr.ts';
import { SO_MARK, SOL_SOCKET } from './udp-socket.ts';

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;

/** The interfaces' names by their addresses, at the moment of asking. */
function interfacesByAddress(): Map<string, string> {
  const byAddress = new Map<string, string>();
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const { address } of addresses ?? []) byAddress.set(String(IpAddress.parse(address)), name);
  }
  return byAddress;
}

/** @param endpoint with a source @param mark of the bearer's sockets, which routing rules may look at */
export function isSourceValid(endpoint: Endpoint, mark: number): boolean {
  const interfaces = interfacesByAddress();
  const addressed = interfaces.get(String(endpoint.source!.address));
  if (addressed === undefined) return false;
  const chosen = chosenSource(endpoint, mark);
  // Without any route a send fails anyway, and says so.
  return chosen === null || interfaces.get(String(chosen)) === addressed;
}

/** The address that the kernel would send from, by connecting a socket that sends nothing (ip(7)). */
function chosenSource(endpoint: Endpoint, mark: number): IpAddress | null {
  const domain = socketDomain(endpoint.address.family);
  const descriptor = libc.socket(domain, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return null;
  try {
    if (mark !== 0) {
      const value = new Int32Array([mark]);
      libc.setsockopt(descriptor, SOL_SOCKET, SO_MARK, Number(koffi.address(value)), 4);
    }
    const length = writeSockaddr(scratch, SOCKADDR_AT, endpoint);
    if (libc.connect(descriptor, scratch.address(SOCKADDR_AT), length) < 0) return null;
    scratch.view.setUint32(LENGTH_AT, SOCKADDR_LENGTH, true);
    if (libc.getsockname(descriptor, scratch.address(SOCKADDR_AT), scratch.address(LENGTH_AT)) < 0)
      return null;
    return readSockaddr(scratch, SOCKADDR_AT, null).address;
  } finally {
    libc.close(descriptor);
  }
}

const SOCKADDR_AT = 0;
const LENGTH_AT = 64;
const scratch = new SharedMemory(1);
