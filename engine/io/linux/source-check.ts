/**
 * Whether replies may still insist on the address of ours that a peer reached. As with the Linux driver, they may not
 * once the address is gone, or once the route to the peer goes by another interface than its packets came in by.
 */
import { Endpoint } from '../../peer/endpoint.ts';
import { SharedMemory } from '../packet-memory.ts';
import { ERRNO, errno, libc } from './libc.ts';
import { routeInterface } from './route-query.ts';
import { socketDomain, writeSockaddr } from './sockaddr.ts';

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;

const scratch = new SharedMemory(1);

/** @param endpoint with a source @param mark of the bearer's sockets, which routing rules may look at */
export function isSourceValid(endpoint: Endpoint, mark: number): boolean {
  if (!isOurs(endpoint)) return false;
  const outgoing = routeInterface(endpoint, mark);
  // Without any route a send fails anyway, and says so.
  return outgoing === null || outgoing === endpoint.source!.interfaceIndex;
}

/** Whether the source is an address of this host: whether a socket can be bound to it. */
function isOurs({ source }: Endpoint): boolean {
  const { address, interfaceIndex } = source!;
  const descriptor = libc.socket(socketDomain(address.family), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return true; // for want of descriptors: sending will tell
  const length = writeSockaddr(scratch, 0, new Endpoint(address, 0, interfaceIndex));
  const isGone =
    libc.bind(descriptor, scratch.address(0), length) < 0 &&
    (errno() === ERRNO.EADDRNOTAVAIL || errno() === ERRNO.ENODEV);
  libc.close(descriptor);
  return !isGone;
}
