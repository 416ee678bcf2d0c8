/**
 * Datagrams for the wire. Those that follow each other to one endpoint in one size become one GSO message, and many
 * messages one system call.
 */
import type { DropCounters } from '../../errors.ts';
import type { Endpoint } from '../../peer/endpoint.ts';
import type { SharedMemory } from '../packet-memory.ts';
import { ERRNO, errno, libc } from './libc.ts';
import { cmsgSpace, MessageArray, writeCmsg } from './messages.ts';
import { writeSockaddr } from './sockaddr.ts';
import { isSourceValid } from './source-check.ts';
import {
  IP_PKTINFO,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  IPV6_TCLASS,
  SOL_UDP,
  UDP_SEGMENT,
  type UdpSocket,
} from './udp-socket.ts';

const MESSAGES = 64;
const BUFFER_BYTES = 512 * 1024;
/** Kernels borrow some bytes behind the last datagram. */
const BUFFER_MARGIN = 64;
/** A UDP payload over IPv4 has at most 65,507 bytes, and a GSO message at most 64 segments before Linux 6.9. */
const MAX_MESSAGE_BYTES = 65_507;
const MAX_SEGMENTS = 64;

/**
 * What the kernel says of a source address or interface that is gone, or has no route there. Others, such as a
 * firewall's EPERM, say nothing of the source: it is kept.
 */
const MEANS_DEAD_SOURCE: ReadonlySet<number | undefined> = new Set([
  ERRNO.EINVAL,
  ERRNO.EADDRNOTAVAIL,
  ERRNO.ENODEV,
  ERRNO.ENETUNREACH,
  ERRNO.EHOSTUNREACH,
]);

/** What the kernel says of a GSO message whose datagrams may get through one by one. */
const MAY_GO_SINGLY: ReadonlySet<number | undefined> = new Set([ERRNO.EIO, ERRNO.EINVAL, ERRNO.EMSGSIZE]);

interface PendingMessage {
  offset: number;
  length: number;
  segmentSize: number;
  segments: number;
  endpoint: Endpoint;
  trafficClass: number;
}

export class SendBatch {
  readonly #memory: SharedMemory;
  readonly #messages: MessageArray;
  readonly #buffer: number;
  readonly #drops: DropCounters;
  /** Counts changes of the network, from 1. */
  #generation = 1;
  /** In which generation an endpoint's source was found valid, or dead where negative. */
  readonly #sources = new WeakMap<Endpoint, number>();
  #mark = 0;
  #sockets: readonly UdpSocket[] = [];
  #pending: PendingMessage[] = [];
  #used = 0;
  #blocked: UdpSocket | null = null;

  constructor(memory: SharedMemory, drops: DropCounters) {
    this.#memory = memory;
    this.#messages = new MessageArray(memory, MESSAGES);
    this.#buffer = memory.allocate(BUFFER_BYTES + BUFFER_MARGIN);
    this.#drops = drops;
  }

  /** @param mark what the sockets are marked with */
  setSockets(sockets: readonly UdpSocket[], mark: number): void {
    this.#sockets = sockets;
    this.#blocked = null;
    this.onNetworkChanged(mark);
  }

  /** The socket whose buffer was full when last tried: what did not fit is pending. */
  get blockedSocket(): UdpSocket | null {
    return this.#blocked;
  }

  /** Addresses, routes or the mark have changed: each source is looked at again before it is next used. */
  onNetworkChanged(mark: number): void {
    this.#generation++;
    this.#mark = mark;
  }

  /** @returns the offset of `length` free bytes; what is pending may be sent to make room */
  reserve(length: number): number {
    if (this.#used + length > BUFFER_BYTES) {
      this.flush();
      if (this.#used > 0) this.#dropPending();
    }
    return this.#buffer + this.#used;
  }

  /**
   * Adds `length` bytes of datagrams, `stride` bytes each, the last perhaps shorter.
   * @param offset what {@link reserve} gave
   */
  add(offset: number, length: number, stride: number, endpoint: Endpoint, trafficClass: number): void {
    this.#used = offset - this.#buffer + length;
    const end = offset + length;
    let at = offset;
    while (at < end) {
      const last = this.#pending.at(-1);
      const joins =
        last !== undefined && continues(last, at, Math.min(stride, end - at), endpoint, trafficClass);
      const message = joins
        ? last
        : { offset: at, length: 0, segmentSize: stride, segments: 0, endpoint, trafficClass };
      if (!joins) this.#pending.push(message);
      // Behind a longer one of the message before, only one datagram fits.
      const room = joins && stride < message.segmentSize ? 1 : roomIn(message);
      const taken = Math.min(room * stride, end - at);
      message.length += taken;
      message.segments += Math.ceil(taken / stride);
      at += taken;
    }
  }

  /** Sends all that is pending, unless a socket's buffer is full. */
  flush(): void {
    this.#blocked = null;
    let sent = 0;
    while (sent < this.#pending.length && this.#blocked === null) sent += this.#sendFrom(sent);
    if (sent === this.#pending.length) {
      this.#pending = [];
      this.#used = 0;
    } else {
      this.#pending = this.#pending.slice(sent);
    }
  }

  #dropPending(): void {
    for (const { segments } of this.#pending) this.#drops.add('udp-send-failed', segments);
    this.#pending = [];
    this.#used = 0;
  }

  /** Sends messages of one family from `first` on. @returns how many are dealt with */
  #sendFrom(first: number): number {
    const { family } = this.#pending[first]!.endpoint.address;
    const socket = this.#sockets.find((candidate) => candidate.family === family);
    if (socket === undefined) {
      this.#drops.add('udp-send-failed', this.#pending[first]!.segments);
      return 1;
    }
    let count = 0;
    for (let i = first; i < this.#pending.length && count < MESSAGES; i++) {
      const message = this.#pending[i]!;
      if (message.endpoint.address.family !== family) break;
      if (!socket.hasGso && message.segments > 1) break;
      this.#write(count++, message);
    }
    if (count === 0) return this.#split(first);
    const sent = libc.sendmmsg(socket.descriptor, this.#messages.address(0), count, 0);
    return sent > 0 ? sent : this.#handleFailure(first, socket, errno());
  }

  /** The first message of a call failed. @returns how many messages are dealt with by that */
  #handleFailure(first: number, socket: UdpSocket, code: number): number {
    const message = this.#pending[first]!;
    if (code === ERRNO.EAGAIN) {
      this.#blocked = socket;
      return 0;
    }
    if (message.segments > 1 && MAY_GO_SINGLY.has(code)) {
      // EIO: the interface cannot checksum for GSO. EINVAL: the datagrams are longer than the path's MTU.
      if (code === ERRNO.EIO) socket.hasGso = false;
      return this.#split(first);
    }
    const { endpoint } = message;
    if (this.#usesSource(endpoint) && MEANS_DEAD_SOURCE.has(code)) {
      this.#sources.set(endpoint, -this.#generation);
      return 0;
    }
    this.#drops.add('udp-send-failed', message.segments);
    return 1;
  }

  #usesSource(endpoint: Endpoint): boolean {
    if (endpoint.source === null) return false;
    const found = this.#sources.get(endpoint);
    if (found === this.#generation) return true;
    if (found === -this.#generation) return false;
    // One that was never used is where a packet has just come in.
    const isValid = found === undefined || isSourceValid(endpoint, this.#mark);
    this.#sources.set(endpoint, isValid ? this.#generation : -this.#generation);
    return isValid;
  }

  /** Replaces a message by one for each of its datagrams. */
  #split(index: number): number {
    const { offset, length, segmentSize, endpoint, trafficClass } = this.#pending[index]!;
    const single: PendingMessage[] = [];
    for (let at = 0; at < length; at += segmentSize) {
      const size = Math.min(segmentSize, length - at);
      single.push({
        offset: offset + at,
        length: size,
        segmentSize: size,
        segments: 1,
        endpoint,
        trafficClass,
      });
    }
    this.#pending.splice(index, 1, ...single);
    return 0;
  }

  #write(i: number, message: PendingMessage): void {
    const { endpoint } = message;
    this.#messages.setBuffer(i, message.offset, message.length);
    this.#messages.setNameLength(i, writeSockaddr(this.#memory, this.#messages.name(i), endpoint));
    const control = this.#messages.control(i);
    let at = control;
    if (this.#usesSource(endpoint)) at += this.#writePktinfo(at, endpoint);
    if (message.trafficClass !== 0) at += this.#writeTrafficClass(at, message);
    if (message.segments > 1) {
      this.#memory.view.setUint16(
        writeCmsg(this.#memory, at, SOL_UDP, UDP_SEGMENT, 2),
        message.segmentSize,
        true,
      );
      at += cmsgSpace(2);
    }
    this.#messages.setControlLength(i, at - control);
  }

  #writePktinfo(at: number, endpoint: Endpoint): number {
    const { bytes, view } = this.#memory;
    const source = endpoint.source!;
    if (endpoint.address.family === 4) {
      const data = writeCmsg(this.#memory, at, IPPROTO_IP, IP_PKTINFO, 12);
      view.setInt32(data, source.interfaceIndex, true);
      bytes.set(source.address.bytes, data + 4);
      view.setUint32(data + 8, 0);
      return cmsgSpace(12);
    }
    const data = writeCmsg(this.#memory, at, IPPROTO_IPV6, IPV6_PKTINFO, 20);
    bytes.set(source.address.bytes, data);
    view.setUint32(data + 16, source.interfaceIndex, true);
    return cmsgSpace(20);
  }

  #writeTrafficClass(at: number, message: PendingMessage): number {
    const [level, type] =
      message.endpoint.address.family === 4 ? [IPPROTO_IP, IP_TOS] : [IPPROTO_IPV6, IPV6_TCLASS];
    this.#memory.view.setInt32(writeCmsg(this.#memory, at, level!, type!, 4), message.trafficClass, true);
    return cmsgSpace(4);
  }
}

/** How many more datagrams of its size a message takes. */
function roomIn(message: PendingMessage): number {
  return Math.min(MAX_SEGMENTS, Math.floor(MAX_MESSAGE_BYTES / message.segmentSize)) - message.segments;
}

function continues(
  last: PendingMessage,
  offset: number,
  length: number,
  endpoint: Endpoint,
  trafficClass: number,
): boolean {
  return (
    last.endpoint === endpoint &&
    last.trafficClass === trafficClass &&
    last.offset + last.length === offset &&
    // Only the last datagram of a GSO message may be shorter.
    last.length === last.segments * last.segmentSize &&
    length <= last.segmentSize &&
    roomIn(last) > 0
  );
}
