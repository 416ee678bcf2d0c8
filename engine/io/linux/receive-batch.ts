/** Datagrams from the wire, up to eight runs a call; GRO makes each run many datagrams of one size from one sender. */
import type { DatagramRun } from '../../dataplane/inbound.ts';
import type { Endpoint, LocalSource } from '../../peer/endpoint.ts';
import { IpAddress, type IpFamily } from '../../wire/ip-prefix.ts';
import type { SharedMemory } from '../packet-memory.ts';
import { errno, libc } from './libc.ts';
import { forEachCmsg, MessageArray } from './messages.ts';
import { readSockaddr, SOCKADDR_LENGTH } from './sockaddr.ts';
import {
  IP_PKTINFO,
  IP_TOS,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPV6_PKTINFO,
  IPV6_TCLASS,
  SOL_UDP,
  UDP_GRO,
} from './udp-socket.ts';

const RUNS = 8;
const RUN_BYTES = 65_536;
/** Before each run, for the header that its first packet needs on its way to TUN; after it, for kernels that read ahead. */
const RUN_MARGIN = 64;
const MSG_DONTWAIT = 0x40;

export class ReceiveBatch {
  readonly #memory: SharedMemory;
  readonly #messages: MessageArray;
  readonly #buffers: number[] = [];
  /** The sender of the run before, which is nearly always this one's too. */
  readonly #latest = new Map<IpFamily, { key: string; endpoint: Endpoint }>();

  constructor(memory: SharedMemory) {
    this.#memory = memory;
    this.#messages = new MessageArray(memory, RUNS);
    for (let i = 0; i < RUNS; i++) {
      const buffer = memory.allocate(RUN_MARGIN + RUN_BYTES + RUN_MARGIN) + RUN_MARGIN;
      this.#buffers.push(buffer);
      this.#messages.setBuffer(i, buffer, RUN_BYTES);
    }
  }

  /** @returns how many runs came, or a negative errno */
  receive(descriptor: number): number {
    for (let i = 0; i < RUNS; i++) this.#messages.prepareReceive(i);
    const received = libc.recvmmsg(descriptor, this.#messages.address(0), RUNS, MSG_DONTWAIT, 0);
    return received < 0 ? -errno() : received;
  }

  /** @param i below what {@link receive} returned */
  run(i: number): DatagramRun {
    const { view } = this.#memory;
    const length = this.#messages.messageLength(i);
    let segmentSize = length;
    let trafficClass = 0;
    let sourceAt = 0;
    let sourceFamily: IpFamily = 4;
    forEachCmsg(
      this.#memory,
      this.#messages.control(i),
      this.#messages.controlLength(i),
      (level, type, data) => {
        if (level === SOL_UDP && type === UDP_GRO) segmentSize = view.getInt32(data, true);
        else if (level === IPPROTO_IP && type === IP_TOS) trafficClass = view.getUint8(data);
        else if (level === IPPROTO_IPV6 && type === IPV6_TCLASS) trafficClass = view.getInt32(data, true);
        else if (level === IPPROTO_IP && type === IP_PKTINFO) sourceAt = data;
        else if (level === IPPROTO_IPV6 && type === IPV6_PKTINFO) {
          sourceAt = data;
          sourceFamily = 6;
        }
      },
    );
    const source = this.#endpoint(i, sourceFamily, sourceAt);
    return { offset: this.#buffers[i]!, length, segmentSize: Math.max(1, segmentSize), source, trafficClass };
  }

  #endpoint(i: number, family: IpFamily, sourceAt: number): Endpoint {
    const name = this.#messages.name(i);
    const pktinfoLength = sourceAt === 0 ? 0 : family === 4 ? 8 : 20;
    const key =
      this.#latin1(name, family === 4 ? 8 : SOCKADDR_LENGTH) + this.#latin1(sourceAt, pktinfoLength);
    const latest = this.#latest.get(family);
    if (latest?.key === key) return latest.endpoint;
    const source = sourceAt === 0 ? null : this.#readPktinfo(family, sourceAt);
    const endpoint = readSockaddr(this.#memory, name, source);
    this.#latest.set(family, { key, endpoint });
    return endpoint;
  }

  #latin1(offset: number, length: number): string {
    return Buffer.from(this.#memory.wasm.buffer, offset, length).toString('latin1');
  }

  /** struct in_pktinfo {int ifindex; in_addr spec_dst; in_addr addr} and in6_pktinfo {in6_addr addr; uint ifindex}. */
  #readPktinfo(family: IpFamily, at: number): LocalSource {
    const { bytes, view } = this.#memory;
    if (family === 4) {
      const address = new IpAddress(bytes.slice(at + 4, at + 8));
      return { address, interfaceIndex: view.getInt32(at, true) };
    }
    const address = new IpAddress(bytes.slice(at, at + 16));
    return { address, interfaceIndex: view.getUint32(at + 16, true) };
  }
}
