/** The TUN driver (kernel: Documentation/networking/tuntap.rst, include/uapi/linux/if_tun.h). */
import { DEFAULT_MTU } from '../../constants.ts';
import { SystemError } from '../../errors.ts';
import type { SharedMemory } from '../packet-memory.ts';
import { IFNAMSIZ, ioctlWithIfreq } from './ifreq.ts';
import { check, ERRNO, errno, errnoName, libc } from './libc.ts';
import { AF_INET } from './sockaddr.ts';

const O_RDWR = 2;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;

const F_GETFL = 3;
const F_SETFL = 4;

const TUNSETIFF = 0x400454ca;
const TUNSETPERSIST = 0x400454cb;
const TUNSETOFFLOAD = 0x400454d0;
const TUNGETIFF = 0x800454d2;
const TUNGETDEVNETNS = 0x54e3;

const SIOCSIFMTU = 0x8922;
const SOCK_DGRAM = 2;

const IFF_TUN = 0x0001;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;

/**
 * What the driver may leave to us, richest first: checksums, TSO for IPv4 and IPv6 with ECN, and USO (Linux 6.2).
 * A driver that refuses one set (EINVAL) is asked for the next.
 */
const OFFLOADS = [0x67, 0x07, 0x01, 0x00] as const;

const UDP_OFFLOADS = 0x60;

/** struct virtio_net_hdr stands before every packet (virtio 1.2 §5.1.6). */
export const VNET_HEADER_LENGTH = 10;
/** The longest read: that header and a packet of 65,535 bytes. */
const MAX_READ = VNET_HEADER_LENGTH + 65_535;
/** Kernels borrow some bytes around what was read. The IP header behind the virtio header is then aligned to 16. */
const READ_MARGIN = 64 + 6;

/**
 * Creates a TUN interface, which lives as long as a descriptor of it is open.
 * @param name at most 15 bytes; `%d` in it becomes the first free number
 * @returns a non-blocking descriptor, and the interface's name; throws SystemError
 */
export function openTun(name: string): { descriptor: number; name: string } {
  const length = Buffer.byteLength(name);
  if (length === 0 || length >= IFNAMSIZ || /[/\s]/.test(name) || name === '.' || name === '..') {
    throw new SystemError(
      `interface name '${name}'`,
      'EINVAL',
      'use 1 to 15 characters without spaces or slashes',
    );
  }
  const descriptor = check(
    libc.open('/dev/net/tun', O_RDWR | O_NONBLOCK | O_CLOEXEC),
    'open /dev/net/tun',
    'run as root on a system with the tun driver',
  );
  const { result, name: actual } = ioctlWithIfreq(descriptor, TUNSETIFF, name, (ifreq) => {
    ifreq.setUint16(IFNAMSIZ, IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, true);
  });
  if (result < 0) {
    const code = errno();
    libc.close(descriptor);
    throw new SystemError(`create interface ${name}`, errnoName(code), adviceFor(code));
  }
  setMtu(actual, DEFAULT_MTU);
  return { descriptor, name: actual };
}

/**
 * Takes over a TUN descriptor that a parent has opened, which must carry virtio headers; it becomes non-blocking.
 * @returns the interface's name; throws SystemError
 */
export function adoptTun(descriptor: number): string {
  const { result, name, ifreq } = ioctlWithIfreq(descriptor, TUNGETIFF, '');
  check(result, `inherited descriptor ${descriptor}`, 'give an open TUN interface');
  if ((ifreq.getUint16(IFNAMSIZ, true) & IFF_VNET_HDR) === 0) {
    throw new SystemError(
      `inherited interface ${name}`,
      'EINVAL',
      'open it with IFF_TUN, IFF_NO_PI and IFF_VNET_HDR',
    );
  }
  const flags = check(libc.fcntl(descriptor, F_GETFL, 0), 'fcntl');
  check(libc.fcntl(descriptor, F_SETFL, flags | O_NONBLOCK), 'fcntl');
  return name;
}

/** Whether the interface outlives its last descriptor. @throws SystemError */
export function setPersistent(descriptor: number, isPersistent: boolean): void {
  check(libc.ioctl(descriptor, TUNSETPERSIST, isPersistent ? 1 : 0), 'keep the interface');
}

/** A new interface begins with the MTU that suits a link of 1,500 bytes, as WireGuard's always do. */
function setMtu(name: string, mtu: number): void {
  const query = check(libc.socket(AF_INET, SOCK_DGRAM | O_CLOEXEC, 0), 'open a socket');
  ioctlWithIfreq(query, SIOCSIFMTU, name, (ifreq) => ifreq.setInt32(IFNAMSIZ, mtu, true));
  libc.close(query);
}

function adviceFor(code: number): string {
  if (code === ERRNO.EPERM) return 'run as root';
  if (code === ERRNO.EBUSY) return 'another program has that interface open: choose another name';
  if (code === ERRNO.EINVAL) return 'an interface of another kind has that name: choose another';
  return '';
}

function setOffloads(descriptor: number): number {
  for (const offloads of OFFLOADS) {
    if (libc.ioctl(descriptor, TUNSETOFFLOAD, offloads) >= 0) return offloads;
  }
  return 0;
}

/** An open TUN descriptor. Reads and writes carry a virtio_net_hdr. */
export class LinuxTun {
  readonly descriptor: number;
  /** The offset of what was read last. */
  readonly buffer: number;
  readonly #bufferAddress: number;
  readonly #memory: SharedMemory;
  readonly #offloads: number;

  constructor(descriptor: number, memory: SharedMemory) {
    this.descriptor = descriptor;
    this.buffer = memory.allocate(READ_MARGIN + MAX_READ + READ_MARGIN) + READ_MARGIN;
    this.#bufferAddress = memory.address(this.buffer);
    this.#memory = memory;
    this.#offloads = setOffloads(descriptor);
  }

  /** Whether the driver takes, and gives, UDP super-packets. */
  get hasUdpOffload(): boolean {
    return (this.#offloads & UDP_OFFLOADS) !== 0;
  }

  /** Reads header and packet into {@link buffer}. @returns bytes read, or a negative errno */
  read(): number {
    const read = libc.read(this.descriptor, this.#bufferAddress, MAX_READ);
    return read < 0 ? -errno() : read;
  }

  /** Writes header and packet. @returns bytes written, or a negative errno */
  write(offset: number, length: number): number {
    const written = libc.write(this.descriptor, this.#memory.address(offset), length);
    return written < 0 ? -errno() : written;
  }

  /** Writes header and packet from `count` buffers. @param iovecs struct iovec (writev(2)) @returns as {@link write} */
  writeVector(iovecs: number, count: number): number {
    const written = libc.writev(this.descriptor, this.#memory.address(iovecs), count);
    return written < 0 ? -errno() : written;
  }

  /** The interface ends with its last descriptor. */
  close(): void {
    libc.close(this.descriptor);
  }

  /** The interface's present name, null once it has been deleted. */
  name(): string | null {
    const { result, name } = ioctlWithIfreq(this.descriptor, TUNGETIFF, '');
    return result < 0 ? null : name;
  }

  /** A descriptor of the network namespace that the interface is in, or null without the right to ask (CAP_NET_ADMIN). */
  openNamespace(): number | null {
    const descriptor = libc.ioctl(this.descriptor, TUNGETDEVNETNS, 0);
    return descriptor < 0 ? null : descriptor;
  }
}
