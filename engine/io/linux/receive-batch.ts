/** Datagrams from the wire, up to eight runs a call; GRO makes each run many datagrams of one size from one sender. */
import type { DatagramRun } from '../../dataplane/inbound.ts';
import type { SharedMemory } from '../packet-memory.ts';
import { errno, libc } from './libc.ts';
import { CmsgReader, MessageArray } from './messages.ts';
import { Senders } from './senders.ts';
import {
  IP_PKTINFO,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  IPV6_TCLASS,
  SOL_UDP,
  UDP_GRO,
  type UdpSocket,
} from './udp-socket.ts';

export const RECEIVE_RUNS = 8;
const RUN_BYTES = 65_536;
/** Before each run, for the header that its first packet needs on its way to TUN; after it, for kernels that read ahead. */
const RUN_MARGIN = 64;
const MSG_DONTWAIT = 0x40;

export class ReceiveBatch {
  readonly #memory: SharedMemory;
  readonly #messages: MessageArray;
  readonly #messagesAddress: number;
  readonly #cmsgs: CmsgReader;
  readonly #senders: Senders;
  readonly #buffers: number[] = [];

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    this.#messages = new MessageArray(memory, RECEIVE_RUNS);
    this.#messagesAddress = this.#messages.address(0);
    this.#cmsgs = new CmsgReader(memory);
    this.#senders = new Senders(memory);
    for (let i = 0; i < RECEIVE_RUNS; i++) {
      const buffer = memory.allocate(RUN_MARGIN + RUN_BYTES + RUN_MARGIN) + RUN_MARGIN;
      this.#buffers.push(buffer);
      this.#messages.setBuffer(i, buffer, RUN_BYTES);
    }
  }

  /** @returns how many runs came, or a negative errno */
  receive({ descriptor }: UdpSocket): number {
    for (let i = 0; i < RECEIVE_RUNS; i++) this.#messages.prepareReceive(i);
    const received = libc.recvmmsg(descriptor, this.#messagesAddress, RECEIVE_RUNS, MSG_DONTWAIT, 0);
    return received < 0 ? -errno() : received;
  }

  /** Tells of run `i`, below what {@link receive} of that socket returned. @param run where it is told */
  read(i: number, { family }: UdpSocket, run: DatagramRun): void {
    const { view } = this.#memory;
    const cmsgs = this.#cmsgs;
    run.offset = this.#buffers[i]!;
    run.length = this.#messages.messageLength(i);
    run.segmentSize = Math.max(1, run.length);
    run.trafficClass = 0;
    let pktinfo = 0;
    cmsgs.begin(this.#messages.control(i), this.#messages.controlLength(i));
    while (cmsgs.next()) {
      if (cmsgs.is(SOL_UDP, UDP_GRO)) run.segmentSize = Math.max(1, view.getInt32(cmsgs.data, true));
      else if (cmsgs.is(IPPROTO_IP, IP_TOS)) run.trafficClass = view.getUint8(cmsgs.data);
      else if (cmsgs.is(IPPROTO_IPV6, IPV6_TCLASS)) run.trafficClass = view.getInt32(cmsgs.data, true);
      else if (cmsgs.is(IPPROTO_IP, IP_PKTINFO)) pktinfo = cmsgs.data;
      else if (cmsgs.is(IPPROTO_IPV6, IPV6_PKTINFO)) pktinfo = cmsgs.data;
    }
    run.source = this.#senders.endpoint(family, this.#messages.name(i), pktinfo);
  }
}
