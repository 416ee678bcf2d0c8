/** The UDP side: both families' sockets on one port, what waits to be sent, and who is told when something comes. */

import type { DatagramRun } from '../../dataplane/inbound.ts';
import type { DropCounters } from '../../errors.ts';
import type { Endpoint } from '../../peer/endpoint.ts';
import type { SharedMemory } from '../packet-memory.ts';
import { type Poll, pollReadable } from './poll.ts';
import { ReceiveBatch } from './receive-batch.ts';
import { SendBatch } from './send-batch.ts';
import { type BoundSockets, bindUdp, closeUdp, setMark, type UdpSocket } from './udp-socket.ts';

/** How many receive calls one wake-up makes before the event loop has its turn. */
const RECEIVES_PER_WAKE = 16;

interface PolledSocket {
  readonly socket: UdpSocket;
  readonly poll: Poll;
}

export interface BearerEvents {
  onDatagrams(run: DatagramRun): void;
  /** After the datagrams of one wake-up, or when a full socket has room again. */
  onIdle(): void;
}

export class Bearer {
  readonly #receiveBatch: ReceiveBatch;
  readonly #sendBatch: SendBatch;
  readonly #events: BearerEvents;
  #port = 0;
  #mark = 0;
  #polled: PolledSocket[] = [];

  constructor(memory: SharedMemory, drops: DropCounters, events: BearerEvents) {
    this.#receiveBatch = new ReceiveBatch(memory);
    this.#sendBatch = new SendBatch(memory, drops);
    this.#events = events;
  }

  /** 0 before {@link open}. */
  get port(): number {
    return this.#port;
  }

  get mark(): number {
    return this.#mark;
  }

  get isOpen(): boolean {
    return this.#polled.length > 0;
  }

  /** Moves to another port; the old one is kept where the new one cannot be had. @param port 0 for a random one @throws SystemError */
  open(port: number): void {
    if (port !== 0 && port === this.#port) return;
    this.#adopt(bindUdp(port, this.#mark));
  }

  /** @param mark SO_MARK of what is sent, 0 for none @throws SystemError */
  setMark(mark: number): void {
    setMark(
      this.#polled.map(({ socket }) => socket),
      mark,
    );
    this.#mark = mark;
  }

  close(): void {
    for (const { poll } of this.#polled) poll.close();
    closeUdp(this.#polled.map(({ socket }) => socket));
    this.#polled = [];
    this.#sendBatch.setSockets([]);
    this.#port = 0;
  }

  reserve(length: number): number {
    return this.#sendBatch.reserve(length);
  }

  add(offset: number, length: number, endpoint: Endpoint, trafficClass: number): void {
    this.#sendBatch.add(offset, length, endpoint, trafficClass);
  }

  /** @returns false while a socket is full: what is pending goes when it has room, and `onIdle` tells */
  flush(): boolean {
    const wasBlocked = this.#sendBatch.isBlocked;
    this.#sendBatch.flush();
    const { isBlocked } = this.#sendBatch;
    if (isBlocked !== wasBlocked) for (const polled of this.#polled) this.#watch(polled, isBlocked);
    return !isBlocked;
  }

  onNetworkChanged(): void {
    this.#receiveBatch.forgetSenders();
  }

  #adopt(bound: BoundSockets): void {
    this.close();
    this.#port = bound.port;
    this.#sendBatch.setSockets(bound.sockets);
    this.#polled = bound.sockets.map((socket) => ({
      socket,
      poll: pollReadable(socket.descriptor, () => this.#onReadable(socket)),
    }));
  }

  #watch({ socket, poll }: PolledSocket, isBlocked: boolean): void {
    poll.start({ readable: true, writable: isBlocked }, ({ readable }) => {
      if (readable) this.#onReadable(socket);
      else this.#events.onIdle();
    });
  }

  #onReadable(socket: UdpSocket): void {
    for (let round = 0; round < RECEIVES_PER_WAKE; round++) {
      const runs = this.#receiveBatch.receive(socket.descriptor);
      if (runs <= 0) break;
      for (let i = 0; i < runs; i++) this.#events.onDatagrams(this.#receiveBatch.run(i));
    }
    this.#events.onIdle();
  }
}
