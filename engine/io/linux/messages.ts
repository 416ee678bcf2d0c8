/** struct mmsghdr, iovec and cmsghdr of recvmmsg(2) and sendmmsg(2), on 64-bit Linux, in shared memory. */
import type { SharedMemory } from '../packet-memory.ts';
import { SOCKADDR_LENGTH } from './sockaddr.ts';

export const MMSGHDR_LENGTH = 64;
const NAME = 0;
const NAME_LENGTH = 8;
const IOV = 16;
const IOV_COUNT = 24;
const CONTROL = 32;
const CONTROL_LENGTH = 40;
const FLAGS = 48;
const MESSAGE_LENGTH = 56;

const IOVEC_LENGTH = 16;
const CMSG_HEADER_LENGTH = 16;
/** Room for PKTINFO (at most 40), traffic class (24) and segment size (24). */
const CONTROL_SPACE = 128;

/** An array of messages for one system call, each with one iovec, an address and control space of its own. */
export class MessageArray {
  readonly capacity: number;
  readonly #memory: SharedMemory;
  readonly #headers: number;
  readonly #iovecs: number;
  readonly #names: number;
  readonly #controls: number;

  constructor(memory: SharedMemory, capacity: number) {
    this.capacity = capacity;
    this.#memory = memory;
    this.#headers = memory.allocate(capacity * MMSGHDR_LENGTH);
    this.#iovecs = memory.allocate(capacity * IOVEC_LENGTH);
    this.#names = memory.allocate(capacity * 32);
    this.#controls = memory.allocate(capacity * CONTROL_SPACE);
    for (let i = 0; i < capacity; i++) {
      memory.setPointer(this.header(i) + NAME, this.name(i));
      memory.setPointer(this.header(i) + IOV, this.#iovecs + i * IOVEC_LENGTH);
      memory.setUint64(this.header(i) + IOV_COUNT, 1);
      memory.setPointer(this.header(i) + CONTROL, this.control(i));
    }
  }

  header(i: number): number {
    return this.#headers + i * MMSGHDR_LENGTH;
  }

  /** The native address of message `i`, for the call. */
  address(i: number): number {
    return this.#memory.address(this.header(i));
  }

  /** The offset of message `i`'s sockaddr. */
  name(i: number): number {
    return this.#names + i * 32;
  }

  /** The offset of message `i`'s first cmsghdr. */
  control(i: number): number {
    return this.#controls + i * CONTROL_SPACE;
  }

  setBuffer(i: number, offset: number, length: number): void {
    const iovec = this.#iovecs + i * IOVEC_LENGTH;
    this.#memory.setPointer(iovec, offset);
    this.#memory.setUint64(iovec + 8, length);
  }

  setNameLength(i: number, length: number): void {
    this.#memory.view.setUint32(this.header(i) + NAME_LENGTH, length, true);
  }

  setControlLength(i: number, length: number): void {
    this.#memory.setUint64(this.header(i) + CONTROL_LENGTH, length);
  }

  /** The kernel shortens both to what it wrote: they are restored before each receive. */
  prepareReceive(i: number): void {
    this.setNameLength(i, SOCKADDR_LENGTH);
    this.setControlLength(i, CONTROL_SPACE);
    this.#memory.view.setUint32(this.header(i) + FLAGS, 0, true);
  }

  /** Bytes that the call moved. */
  messageLength(i: number): number {
    return this.#memory.view.getUint32(this.header(i) + MESSAGE_LENGTH, true);
  }

  controlLength(i: number): number {
    return this.#memory.view.getUint32(this.header(i) + CONTROL_LENGTH, true);
  }
}

/** Writes a control message's header. @returns the offset of its data */
export function writeCmsg(
  memory: SharedMemory,
  at: number,
  level: number,
  type: number,
  dataLength: number,
): number {
  memory.setUint64(at, CMSG_HEADER_LENGTH + dataLength);
  memory.view.setInt32(at + 8, level, true);
  memory.view.setInt32(at + 12, type, true);
  return at + CMSG_HEADER_LENGTH;
}

/** CMSG_SPACE(3): what a control message of `dataLength` takes. */
export function cmsgSpace(dataLength: number): number {
  return CMSG_HEADER_LENGTH + Math.ceil(dataLength / 8) * 8;
}

/** Walks the control messages of one received message (cmsg(3)). */
export class CmsgReader {
  /** The offset of the present one's data. */
  data = 0;
  readonly #memory: SharedMemory;
  #level = 0;
  #type = 0;
  #at = 0;
  #end = 0;

  constructor(memory: SharedMemory) {
    this.#memory = memory;
  }

  begin(control: number, length: number): void {
    this.#at = control;
    this.#end = control + length;
  }

  /** Goes to the next one. @returns whether there is one */
  next(): boolean {
    if (this.#at + CMSG_HEADER_LENGTH > this.#end) return false;
    const { view } = this.#memory;
    const length = view.getUint32(this.#at, true);
    if (length < CMSG_HEADER_LENGTH) return false;
    this.#level = view.getInt32(this.#at + 8, true);
    this.#type = view.getInt32(this.#at + 12, true);
    this.data = this.#at + CMSG_HEADER_LENGTH;
    this.#at += (length + 7) & ~7;
    return true;
  }

  is(level: number, type: number): boolean {
    return this.#level === level && this.#type === type;
  }
}
