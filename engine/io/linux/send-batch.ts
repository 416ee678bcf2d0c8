/**
 * Datagrams for the wire. Those that follow each other to one endpoint in one size become one GSO message, and many
 * messages one system call.
 */
import type { DropCounters } from '../../errors.ts';
import type { Endpoint } from '../../peer/endpoint.ts';
import { MAX_SEALED_RUN } from '../../ports.ts';
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
const BUFFER_BYTES = MAX_SEALED_RUN;
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

/** Datagrams of one size, the last perhaps shorter, of which what is sent is taken off at the front. */
interface PendingMessage {
  offset: number;
  length: number;
  segmentSize: number;
  endpoint: Endpoint;
  trafficClass: number;
  /** Whether the kernel is given one datagram at a time, since it would not cut them itself. */
  goesSingly: boolean;
}

export class SendBatch {
  readonly #memory: SharedMemory;
  readonly #messages: MessageArray;
  readonly #messagesAddress: number;
  readonly #buffer: number;
  readonly #drops: DropCounters;
  /** Counts changes of the network, from 1. */
  #generation = 1;
  /** In which generation an endpoint's source was found valid, or dead where negative. */
  readonly #sources = new WeakMap<Endpoint, number>();
  #mark = 0;
  #sockets: readonly UdpSocket[] = [];
  /** What waits stands from `#first` up to `#end`; the objects behind it are used again. */
  readonly #pending: PendingMessage[] = [];
  #first = 0;
  #end = 0;
  /** Bytes of the buffer that are taken. */
  #used = 0;
  #blocked: UdpSocket | null = null;

  constructor(memory: SharedMemory, drops: DropCounters) {
    this.#memory = memory;
    this.#messages = new MessageArray(memory, MESSAGES);
    this.#messagesAddress = this.#messages.address(0);
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

  /** @returns the offset of `length` free bytes, at most MAX_SEALED_RUN; what is pending may be sent to make room, or the oldest of it dropped */
  reserve(length: number): number {
    if (this.#used + length > BUFFER_BYTES) {
      this.flush();
      if (this.#used + length > BUFFER_BYTES) this.#makeRoom(length);
    }
    return this.#buffer + this.#used;
  }

  /**
   * Adds `length` bytes of datagrams, `stride` bytes each, the last perhaps shorter. What is too long for a datagram, as
   * it may be at the largest of MTUs, is dropped.
   * @param offset what {@link reserve} gave
   */
  add(offset: number, length: number, stride: number, endpoint: Endpoint, trafficClass: number): void {
    if (stride > MAX_MESSAGE_BYTES) {
      this.#drops.add('udp-send-failed', Math.ceil(length / stride));
      return;
    }
    this.#used = offset - this.#buffer + length;
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const last = this.#end > this.#first ? this.#pending[this.#end - 1]! : null;
      const isJoined =
        last !== null && continues(last, at, Math.min(stride, end - at), endpoint, trafficClass);
      const message = isJoined ? last : this.#append(at, stride, endpoint, trafficClass);
      // Behind a longer one of the message before, only one datagram fits.
      const room = isJoined && stride < message.segmentSize ? 1 : roomIn(message);
      const taken = Math.min(room * stride, end - at);
      message.length += taken;
      at += taken;
    }
  }

  #append(offset: number, segmentSize: number, endpoint: Endpoint, trafficClass: number): PendingMessage {
    if (this.#end === this.#pending.length) {
      this.#pending.push({ offset, length: 0, segmentSize, endpoint, trafficClass, goesSingly: false });
    }
    const message = this.#pending[this.#end++]!;
    message.offset = offset;
    message.length = 0;
    message.segmentSize = segmentSize;
    message.endpoint = endpoint;
    message.trafficClass = trafficClass;
    message.goesSingly = false;
    return message;
  }

  /** Sends all that is pending, unless a socket's buffer is full. */
  flush(): void {
    this.#blocked = null;
    while (this.#first < this.#end && this.#blocked === null) this.#sendFirst();
    if (this.#first === this.#end) {
      this.#first = 0;
      this.#end = 0;
      this.#used = 0;
    }
  }

  /** While the wire takes nothing the oldest datagrams make room for new ones, which are the likelier to be of use. */
  #makeRoom(length: number): void {
    const first = () => this.#pending[this.#first]!;
    while (this.#first < this.#end && this.#buffer + this.#used - first().offset + length > BUFFER_BYTES) {
      this.#dropFirst();
    }
    const from = this.#first < this.#end ? first().offset : this.#buffer + this.#used;
    this.#memory.bytes.copyWithin(this.#buffer, from, this.#buffer + this.#used);
    this.#used -= from - this.#buffer;
    this.#pending.splice(0, this.#first);
    this.#end -= this.#first;
    this.#first = 0;
    for (let i = 0; i < this.#end; i++) this.#pending[i]!.offset -= from - this.#buffer;
  }

  #dropFirst(): void {
    this.#drops.add('udp-send-failed', segmentsOf(this.#pending[this.#first++]!));
  }

  /** Sends messages of the first one's family, as many as one call takes. */
  #sendFirst(): void {
    const { family } = this.#pending[this.#first]!.endpoint.address;
    const socket = this.#sockets.find((candidate) => candidate.family === family);
    if (socket === undefined) {
      this.#dropFirst();
      return;
    }
    let count = 0;
    for (let i = this.#first; i < this.#end && count < MESSAGES; i++) {
      const message = this.#pending[i]!;
      if (message.endpoint.address.family !== family) break;
      if (!socket.hasGso) message.goesSingly = true;
      const step = stepOf(message);
      for (let at = 0; at < message.length && count < MESSAGES; at += step) {
        this.#write(count++, message, at, Math.min(step, message.length - at));
      }
    }
    const sent = libc.sendmmsg(socket.descriptor, this.#messagesAddress, count, 0);
    if (sent > 0) this.#takeOff(sent);
    else this.#handleFailure(socket, errno());
  }

  /** Takes off what one call has sent. */
  #takeOff(sent: number): void {
    for (let i = 0; i < sent; i++) {
      const message = this.#pending[this.#first]!;
      const step = stepOf(message);
      message.offset += step;
      message.length -= step;
      if (message.length <= 0) this.#first++;
    }
  }

  /** The first message of a call failed. */
  #handleFailure(socket: UdpSocket, code: number): void {
    const message = this.#pending[this.#first]!;
    if (code === ERRNO.EAGAIN) {
      this.#blocked = socket;
      return;
    }
    if (stepOf(message) > message.segmentSize && MAY_GO_SINGLY.has(code)) {
      // EIO: the interface cannot checksum for GSO. EINVAL: the datagrams are longer than the path's MTU.
      if (code === ERRNO.EIO) socket.hasGso = false;
      message.goesSingly = true;
      return;
    }
    const { endpoint } = message;
    if (this.#usesSource(endpoint) && MEANS_DEAD_SOURCE.has(code)) {
      this.#sources.set(endpoint, -this.#generation);
      return;
    }
    this.#drops.add('udp-send-failed', message.goesSingly ? 1 : segmentsOf(message));
    this.#takeOff(1);
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

  /** Message `i` of the next call: `length` bytes of a pending message, from `at` on. */
  #write(i: number, message: PendingMessage, at: number, length: number): void {
    const { endpoint, segmentSize } = message;
    this.#messages.setBuffer(i, message.offset + at, length);
    this.#messages.setNameLength(i, writeSockaddr(this.#memory, this.#messages.name(i), endpoint));
    const control = this.#messages.control(i);
    let end = control;
    if (this.#usesSource(endpoint)) end += this.#writePktinfo(end, endpoint);
    if (message.trafficClass !== 0) end += this.#writeTrafficClass(end, message);
    if (length > segmentSize) {
      const data = writeCmsg(this.#memory, end, SOL_UDP, UDP_SEGMENT, 2);
      this.#memory.view.setUint16(data, segmentSize, true);
      end += cmsgSpace(2);
    }
    this.#messages.setControlLength(i, end - control);
  }

  #writePktinfo(at: number, endpoint: Endpoint): number {
    const { view } = this.#memory;
    const source = endpoint.source!;
    if (endpoint.address.family === 4) {
      const data = writeCmsg(this.#memory, at, IPPROTO_IP, IP_PKTINFO, 12);
      view.setInt32(data, source.interfaceIndex, true);
      source.address.writeTo(view, data + 4);
      view.setUint32(data + 8, 0);
      return cmsgSpace(12);
    }
    const data = writeCmsg(this.#memory, at, IPPROTO_IPV6, IPV6_PKTINFO, 20);
    source.address.writeTo(view, data);
    view.setUint32(data + 16, source.interfaceIndex, true);
    return cmsgSpace(20);
  }

  #writeTrafficClass(at: number, { endpoint, trafficClass }: PendingMessage): number {
    const isV4 = endpoint.address.family === 4;
    const level = isV4 ? IPPROTO_IP : IPPROTO_IPV6;
    const data = writeCmsg(this.#memory, at, level, isV4 ? IP_TOS : IPV6_TCLASS, 4);
    this.#memory.view.setInt32(data, trafficClass, true);
    return cmsgSpace(4);
  }
}

function segmentsOf(message: PendingMessage): number {
  return Math.ceil(message.length / message.segmentSize);
}

/** Bytes of a message that one entry of a call takes. */
function stepOf(message: PendingMessage): number {
  return message.goesSingly ? message.segmentSize : Math.max(message.length, message.segmentSize);
}

/** How many more datagrams of its size a message takes. */
function roomIn(message: PendingMessage): number {
  return Math.min(MAX_SEGMENTS, Math.floor(MAX_MESSAGE_BYTES / message.segmentSize)) - segmentsOf(message);
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
    last.length % last.segmentSize === 0 &&
    length <= last.segmentSize &&
    roomIn(last) > 0
  );
}
