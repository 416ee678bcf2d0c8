/** UDP sockets of the bearer (ip(7), ipv6(7), udp(7)): one a family, on one port. */
import koffi from 'koffi';
import { SystemError } from '../../errors.ts';
import type { IpFamily } from '../../wire/ip-prefix.ts';
import { check, ERRNO, errno, errnoName, libc } from './libc.ts';
import { SOCKADDR_LENGTH, socketDomain } from './sockaddr.ts';

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;

const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_MARK = 36;
export const IPPROTO_IP = 0;
export const IP_TOS = 1;
export const IP_PKTINFO = 8;
const IP_MTU_DISCOVER = 10;
const IP_RECVTOS = 13;
export const IPPROTO_IPV6 = 41;
const IPV6_MTU_DISCOVER = 23;
const IPV6_V6ONLY = 26;
const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
const IPV6_RECVTCLASS = 66;
export const IPV6_TCLASS = 67;
const PMTUDISC_DONT = 0;
export const SOL_UDP = 17;
export const UDP_SEGMENT = 103;
export const UDP_GRO = 104;

/** As wireguard-go's: room for a few milliseconds at full rate. */
const BUFFER_BYTES = 7 << 20;
/** A random port may be taken in the other family: then another is tried. */
const RANDOM_PORT_TRIES = 10;

export interface UdpSocket {
  readonly family: IpFamily;
  readonly descriptor: number;
  /** Whether the kernel cuts one long send into datagrams (UDP_SEGMENT, Linux 4.18). */
  hasGso: boolean;
}

export interface BoundSockets {
  readonly port: number;
  /** One or two: a host may have a family switched off. */
  readonly sockets: readonly UdpSocket[];
}

/**
 * Binds both families to one port. @param port 0 for a random one @param mark SO_MARK of what is sent, 0 for none
 * @throws SystemError, with no socket left open
 */
export function bindUdp(port: number, mark: number): BoundSockets {
  for (let tries = 1; ; tries++) {
    try {
      return bindBoth(port, mark);
    } catch (error) {
      const isTaken = error instanceof SystemError && error.code === 'EADDRINUSE';
      if (port !== 0 || !isTaken || tries === RANDOM_PORT_TRIES) throw error;
    }
  }
}

function bindBoth(port: number, mark: number): BoundSockets {
  const sockets: UdpSocket[] = [];
  let bound = port;
  try {
    for (const family of [4, 6] as const) {
      const opened = openSocket(family, bound, mark);
      if (opened === null) continue;
      sockets.push(opened.socket);
      bound = opened.port;
    }
    if (sockets.length === 0)
      throw new SystemError('open a UDP socket', 'EAFNOSUPPORT', 'this host has neither IPv4 nor IPv6');
    return { port: bound, sockets };
  } catch (error) {
    closeUdp(sockets);
    throw error;
  }
}

/**
 * Takes over sockets that {@link bindUdp} bound in another process. @param descriptors others among them are left alone
 * @throws SystemError where none is a UDP socket
 */
export function adoptUdp(descriptors: readonly number[]): BoundSockets & { readonly mark: number } {
  const sockets: UdpSocket[] = [];
  let [port, mark] = [0, 0];
  for (const descriptor of descriptors) {
    const address = socketAddress(descriptor);
    if (address === null) continue;
    const family = address.getUint16(0, true) === socketDomain(4) ? 4 : 6;
    sockets.push({ family, descriptor, hasGso: hasGso(descriptor) });
    port = address.getUint16(2);
    mark = getMark(descriptor);
  }
  if (sockets.length === 0)
    throw new SystemError(`inherited descriptors ${descriptors.join(' ')}`, 'ENOTSOCK', 'give UDP sockets');
  return { port, mark, sockets };
}

export function closeUdp(sockets: readonly UdpSocket[]): void {
  for (const { descriptor } of sockets) libc.close(descriptor);
}

/** @throws SystemError, EPERM without CAP_NET_ADMIN */
export function setMark(sockets: readonly UdpSocket[], mark: number): void {
  for (const { descriptor } of sockets) {
    check(setOption(descriptor, SOL_SOCKET, SO_MARK, mark), `set the firewall mark ${mark}`, 'run as root');
  }
}

/** @returns null where the host does not have the family */
function openSocket(
  family: IpFamily,
  port: number,
  mark: number,
): { socket: UdpSocket; port: number } | null {
  const descriptor = libc.socket(socketDomain(family), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0 && errno() === ERRNO.EAFNOSUPPORT) return null;
  check(descriptor, 'open a UDP socket');
  const address = new Uint8Array(SOCKADDR_LENGTH);
  const view = new DataView(address.buffer);
  view.setUint16(0, socketDomain(family), true);
  view.setUint16(2, port);
  const pointer = Number(koffi.address(address));
  if (family === 6) setOption(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (libc.bind(descriptor, pointer, family === 4 ? 16 : SOCKADDR_LENGTH) < 0) {
    const code = errno();
    libc.close(descriptor);
    // IPv6 compiled in but disabled by sysctl: no address of the family can be bound.
    if (family === 6 && code === ERRNO.EADDRNOTAVAIL) return null;
    throw new SystemError(`bind UDP port ${port}`, errnoName(code), 'choose another listen port');
  }
  const socket = { family, descriptor, hasGso: hasGso(descriptor) };
  try {
    configure(socket, mark);
  } catch (error) {
    libc.close(descriptor);
    throw error;
  }
  return { socket, port: socketAddress(descriptor)!.getUint16(2) };
}

/** @returns its struct sockaddr, null for what is not a socket */
function socketAddress(descriptor: number): DataView | null {
  const address = new Uint8Array(SOCKADDR_LENGTH);
  const length = new Uint32Array([SOCKADDR_LENGTH]);
  const pointers = [address, length].map((array) => Number(koffi.address(array))) as [number, number];
  if (libc.getsockname(descriptor, ...pointers) < 0) return null;
  return new DataView(address.buffer);
}

function hasGso(descriptor: number): boolean {
  return setOption(descriptor, SOL_UDP, UDP_SEGMENT, 0) >= 0;
}

function getMark(descriptor: number): number {
  const [mark, length] = [new Uint32Array(1), new Uint32Array([4])];
  const pointers = [mark, length].map((array) => Number(koffi.address(array))) as [number, number];
  check(libc.getsockopt(descriptor, SOL_SOCKET, SO_MARK, ...pointers), 'read the firewall mark');
  return mark[0]!;
}

function configure(socket: UdpSocket, mark: number): void {
  const { descriptor, family } = socket;
  if (mark !== 0) setMark([socket], mark);
  // The forced options need CAP_NET_ADMIN; without it the system's limit holds.
  if (setOption(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES) < 0) {
    setOption(descriptor, SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
  }
  if (setOption(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES) < 0) {
    setOption(descriptor, SOL_SOCKET, SO_SNDBUF, BUFFER_BYTES);
  }
  setOption(descriptor, SOL_UDP, UDP_GRO, 1);
  if (family === 4) {
    setOption(descriptor, IPPROTO_IP, IP_PKTINFO, 1);
    setOption(descriptor, IPPROTO_IP, IP_RECVTOS, 1);
    setOption(descriptor, IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT);
  } else {
    setOption(descriptor, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    setOption(descriptor, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    setOption(descriptor, IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DONT);
  }
}

function setOption(descriptor: number, level: number, option: number, value: number): number {
  const int = new Int32Array([value]);
  return libc.setsockopt(descriptor, level, option, Number(koffi.address(int)), 4);
}
