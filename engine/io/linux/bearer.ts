/** The UDP side: both families' sockets on one port, what waits to be sent, and who is told when something comes. */
import type { DatagramRun } from '../../dataplane/inbound.ts';
import type { DropCounters } from '../../errors.ts';
import { Endpoint } from '../../peer/endpoint.ts';
import { IpAddress } from '../../wire/ip-prefix.ts';
import type { SharedMemory } from '../packet-memory.ts';
import { type Epoll, READABLE, WRITABLE } from './epoll.ts';
import { RECEIVE_RUNS, ReceiveBatch } from './receive-batch.ts';
import { SendBatch } from './send-batch.ts';
import type { UdpPorts } from './udp-ports.ts';
import type { BoundSockets, UdpSocket } from './udp-socket.ts';

/** How many receive calls in a row, each as full as can be, before TUN has its turn. */
const RECEIVES_PER_TURN = 4;

export interface BearerEvents {
  /** @param run good until it returns */
  onDatagrams(run: DatagramRun): void;
  /** After the runs of one receive, whose memory is then used anew. */
  onReceived(): void;
}

export class Bearer {
  readonly #ports: UdpPorts;
  readonly #epoll: Epoll;
  readonly #receiveBatch: ReceiveBatch;
  readonly #sendBatch: SendBatch;
  readonly #events: BearerEvents;
  readonly #run: DatagramRun = {
    offset: 0,
    length: 0,
    segmentSize: 1,
    source: new Endpoint(new IpAddress(new Uint8Array(4)), 0),
    trafficClass: 0,
  };
  /** What was asked for while closed, and what was got once open. */
  #port: number;
  #mark: number;
  #sockets: readonly UdpSocket[] = [];
  /** The full socket whose room is being waited for. */
  #awaited: UdpSocket | null = null;

  constructor(
    ports: UdpPorts,
    memory: SharedMemory,
    drops: DropCounters,
    epoll: Epoll,
    events: BearerEvents,
  ) {
    this.#ports = ports;
    this.#port = ports.port;
    this.#mark = ports.mark;
    this.#epoll = epoll;
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
    this.#ports.requirePort(port);
    if (this.#sockets.length === 0) this.#port = port;
    else if (port === 0 || port !== this.#port) this.#adopt(this.#ports.bind(port, this.#mark));
  }

  /** @param mark SO_MARK of what is sent, 0 for none @throws SystemError */
  setMark(mark: number): void {
    if (mark === this.#mark) return;
    this.#ports.setMark(this.#sockets, mark);
    this.#mark = mark;
    this.onNetworkChanged();
  }

  /** Opens the sockets unless they are open. @throws SystemError */
  open(): void {
    if (this.#sockets.length === 0) this.#adopt(this.#ports.bind(this.#port, this.#mark));
  }

  /** Gives the port back; the next {@link open} asks for the same one. */
  close(): void {
    for (const { descriptor } of this.#sockets) this.#epoll.delete(descriptor);
    this.#ports.release(this.#sockets);
    this.#sockets = [];
    this.#awaited = null;
    this.#sendBatch.setSockets([], this.#mark);
  }

  reserve(length: number): number {
    return this.#sendBatch.reserve(length);
  }

  add(offset: number, length: number, stride: number, endpoint: Endpoint, trafficClass: number): void {
    this.#sendBatch.add(offset, length, stride, endpoint, trafficClass);
  }

  /** Sends what is pending. A socket that is full is watched, so that there is a next flush when it has room. */
  flush(): void {
    this.#sendBatch.flush();
    const blocked = this.#sendBatch.blockedSocket;
    if (blocked === this.#awaited) return;
    if (this.#awaited !== null) this.#epoll.change(this.#awaited.descriptor, READABLE);
    if (blocked !== null) this.#epoll.change(blocked.descriptor, READABLE | WRITABLE);
    this.#awaited = blocked;
  }

  /** Addresses or routes have changed: our side of each path is looked at again. */
  onNetworkChanged(): void {
    this.#sendBatch.onNetworkChanged(this.#mark);
  }

  #adopt(bound: BoundSockets): void {
    this.close();
    this.#port = bound.port;
    this.#sockets = bound.sockets;
    this.#sendBatch.setSockets(bound.sockets, this.#mark);
    for (const socket of bound.sockets) {
      this.#epoll.add(socket.descriptor, () => this.#receive(socket));
    }
  }

  #receive(socket: UdpSocket): void {
    for (let turn = 0, runs = RECEIVE_RUNS; turn < RECEIVES_PER_TURN && runs === RECEIVE_RUNS; turn++) {
      runs = this.#receiveBatch.receive(socket);
      for (let i = 0; i < runs; i++) {
        this.#receiveBatch.read(i, socket, this.#run);
        this.#events.onDatagrams(this.#run);
      }
      this.#events.onReceived();
    }
  }
}
