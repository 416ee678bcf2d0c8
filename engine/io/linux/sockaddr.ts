/** struct sockaddr_in and sockaddr_in6 (ip(7), ipv6(7)) in shared memory. */
import { Endpoint, type LocalSource } from '../../peer/endpoint.ts';
import { IpAddress, type IpFamily } from '../../wire/ip-prefix.ts';
import type { SharedMemory } from '../packet-memory.ts';

export const AF_INET = 2;
export const AF_INET6 = 10;
/** Room for either. */
export const SOCKADDR_LENGTH = 28;
const SOCKADDR_IN_LENGTH = 16;

export function socketDomain(family: IpFamily): number {
  return family === 4 ? AF_INET : AF_INET6;
}

/** @returns the length of what was written */
export function writeSockaddr(memory: SharedMemory, offset: number, endpoint: Endpoint): number {
  const { view } = memory;
  view.setUint16(offset, socketDomain(endpoint.address.family), true);
  view.setUint16(offset + 2, endpoint.port);
  view.setUint32(offset + 4, 0);
  if (endpoint.address.family === 4) {
    endpoint.address.writeTo(view, offset + 4);
    return SOCKADDR_IN_LENGTH;
  }
  endpoint.address.writeTo(view, offset + 8);
  view.setUint32(offset + 24, endpoint.scopeId, true);
  return SOCKADDR_LENGTH;
}

/** @param source our side of the path, null where it is not known */
export function readSockaddr(memory: SharedMemory, offset: number, source: LocalSource | null): Endpoint {
  const { bytes, view } = memory;
  const port = view.getUint16(offset + 2);
  if (view.getUint16(offset, true) === AF_INET) {
    return new Endpoint(new IpAddress(bytes.slice(offset + 4, offset + 8)), port, 0, source);
  }
  const address = new IpAddress(bytes.slice(offset + 8, offset + 24));
  return new Endpoint(address, port, view.getUint32(offset + 24, true), source);
}
