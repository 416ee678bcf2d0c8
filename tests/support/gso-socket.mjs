// @ts-check
/** A UDP socket whose long sends the kernel cuts into datagrams (udp(7): UDP_SEGMENT), which node's own does not offer. */
import { isIPv6 } from 'node:net';
import koffi from 'koffi';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_SNDTIMEO = 21;
const SO_RCVTIMEO = 20;
const SO_RCVBUFFORCE = 33;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const SOCKADDR_LENGTH = { v4: 16, v6: 28 };
const BUFFER_BYTES = 4 << 20;
const LONGEST_DATAGRAM = 65_507;

const library = koffi.load('libc.so.6');
const libc = {
  socket: library.func('int socket(int domain, int type, int protocol)'),
  connect: library.func('connect', 'int', ['int', 'intptr_t', 'uint']),
  setsockopt: library.func('setsockopt', 'int', ['int', 'int', 'int', 'intptr_t', 'uint']),
  send: library.func('send', 'long', ['int', 'intptr_t', 'ulong', 'int']),
  recv: library.func('recv', 'long', ['int', 'intptr_t', 'ulong', 'int']),
};

/** @param {string} address @param {number} port */
function sockaddr(address, port) {
  const bytes = Buffer.alloc(isIPv6(address) ? SOCKADDR_LENGTH.v6 : SOCKADDR_LENGTH.v4);
  bytes.writeUInt16LE(isIPv6(address) ? AF_INET6 : AF_INET);
  bytes.writeUInt16BE(port, 2);
  if (isIPv6(address)) bytes.set(ipv6Bytes(address), 8);
  else bytes.set(address.split('.').map(Number), 4);
  return bytes;
}

/** @param {string} address such as `fd07::2` */
function ipv6Bytes(address) {
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':').filter(Boolean));
  const groups = [...head, ...Array(8 - head.length - tail.length).fill('0'), ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

export class GsoSocket {
  #descriptor;

  /**
   * @param {string} address IPv4, or IPv6 with `::` in it @param {number} port
   * @param {number} segmentBytes of a datagram @param {number} patienceMs how long a call may wait
   */
  constructor(address, port, segmentBytes, patienceMs) {
    this.#descriptor = libc.socket(isIPv6(address) ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
    this.#set(SOL_UDP, UDP_SEGMENT, new Int32Array([segmentBytes]));
    this.#set(SOL_SOCKET, SO_RCVBUFFORCE, new Int32Array([BUFFER_BYTES]));
    // struct timeval
    const patience = new BigInt64Array([
      BigInt(Math.floor(patienceMs / 1_000)),
      BigInt((patienceMs % 1_000) * 1_000),
    ]);
    this.#set(SOL_SOCKET, SO_RCVTIMEO, patience);
    this.#set(SOL_SOCKET, SO_SNDTIMEO, patience);
    const name = sockaddr(address, port);
    if (libc.connect(this.#descriptor, Number(koffi.address(name)), name.length) < 0)
      throw new Error(`connect to ${address}: errno ${koffi.errno()}`);
  }

  /** @param {Uint8Array} datagrams one behind the other, at most 64 @returns {boolean} whether the kernel took them */
  send(datagrams) {
    return libc.send(this.#descriptor, Number(koffi.address(datagrams)), datagrams.length, 0) >= 0;
  }

  /** @returns {Buffer | null} a datagram, or null where none came in time */
  receive() {
    const bytes = Buffer.alloc(LONGEST_DATAGRAM);
    const length = Number(libc.recv(this.#descriptor, Number(koffi.address(bytes)), bytes.length, 0));
    return length < 0 ? null : bytes.subarray(0, length);
  }

  /** @param {number} level @param {number} option @param {Int32Array | BigInt64Array} value */
  #set(level, option, value) {
    if (libc.setsockopt(this.#descriptor, level, option, Number(koffi.address(value)), value.byteLength) < 0)
      throw new Error(`setsockopt ${level} ${option}: errno ${koffi.errno()}`);
  }
}
