/** The UDP side: both families' sockets on one port, what waits to be sent, and who is told when something comes. */
import type { DatagramRun } from '../../dataplane/inbound.ts';
import type { DropCounters } from '../../errors.ts';
import type { Endpoint } from '../../peer/endpoint.ts';
import type { SharedMemory } from '../packet-memory.ts';
import { Poll } from './poll.ts';
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
  /** After the runs of one receive, whose memory is then used anew. */
  onReceived(): void;
  /** After the datagrams of one wake-up, or when a full socket has room again. */
  onIdle(): void;
}

export class Bearer {
  readonly #receiveBatch: ReceiveBatch;
  readonly #sendBatch: SendBatch;
  readonly #events: BearerEvents;
  /** What was asked for while closed, and what was got once open. */
  #port = 0;
  #mark = 0;
  #polled: PolledSocket[] = [];
  /** The full socket whose room is being waited for. */
  #awaited: PolledSocket | null = null;

  constructor(memory: SharedMemory, drops: DropCounters, events: BearerEvents) {
    this.#receiveBatch = new ReceiveBatch(memory);
    this.#sendBatch = new SendBatch(memory, drops);
    this.#events = events;
  }

  /** 0 for a random one that is still to be chosen. */
  get port(): number {
    return this.#port;
  }

  get mark(): number {
    return this.#mark;
  }

  /** Whether a socket is full: what is pending goes when it has room. */
  get isBlocked(): boolean {
    return this.#sendBatch.blockedSocket !== null;
  }

  /** Moves to another port; the old one is kept where the new one cannot be had. @param port 0 for a random one @throws SystemError */
  setPort(port: number): void {
    if (this.#polled.length === 0) this.#port = port;
    else if (port === 0 || port !== this.#port) this.#adopt(bindUdp(port, this.#mark));
  }

  /** @param mark SO_MARK of what is sent, 0 for none @throws SystemError */
  setMark(mark: number): void {
    if (mark === this.#mark) return;
    setMark(
      this.#polled.map(({ socket }) => socket),
      mark,
    );
    this.#mark = mark;
    this.onNetworkChanged();
  }

  /** Opens the sockets unless they are open. @throws SystemError */
  open(): void {
    if (this.#polled.length === 0) this.#adopt(bindUdp(this.#port, this.#mark));
  }

  /** Gives the port back; the next {@link open} asks for the same one. */
  close(): void {
    for (const { poll } of this.#polled) poll.close();
    closeUdp(this.#polled.map(({ socket }) => socket));
    this.#polled = [];
    this.#awaited = null;
    this.#sendBatch.setSockets([], this.#mark);
  }

  reserve(length: number): number {
    return this.#sendBatch.reserve(length);
  }

  add(offset: number, length: number, stride: number, endpoint: Endpoint, trafficClass: number): void {
    this.#sendBatch.add(offset, length, stride, endpoint, trafficClass);
  }

  /** Sends what is pending. A socket that is full is watched, and `onIdle` tells when it has room. */
  flush(): void {
    this.#sendBatch.flush();
    const blocked = this.#sendBatch.blockedSocket;
    const awaited = this.#polled.find(({ socket }) => socket === blocked) ?? null;
    if (awaited === this.#awaited) return;
    this.#awaited?.poll.want({ readable: true });
    awaited?.poll.want({ readable: true, writable: true });
    this.#awaited = awaited;
  }

  /** Addresses or routes have changed: our side of each path is looked at again. */
  onNetworkChanged(): void {
    this.#sendBatch.onNetworkChanged(this.#mark);
  }

  #adopt(bound: BoundSockets): void {
    this.close();
    this.#port = bound.port;
    this.#sendBatch.setSockets(bound.sockets, this.#mark);
    this.#polled = bound.sockets.map((socket) => ({
      socket,
      poll: new Poll(socket.descriptor, ({ readable }) => {
        if (readable) this.#receive(socket);
        this.#events.onIdle();
      }),
    }));
  }

  #receive(socket: UdpSocket): void {
    for (let round = 0; round < RECEIVES_PER_WAKE; round++) {
      const runs = this.#receiveBatch.receive(socket.descriptor);
      if (runs <= 0) return;
      for (let i = 0; i < runs; i++) this.#events.onDatagrams(this.#receiveBatch.run(i));
      this.#events.onReceived();
    }
  }
}
