/** What one thread does with its TUN queue and its UDP socket: the engine's data path, without peers, timers and handshakes. */
import { handleTunRead } from '../../../engine/dataplane/outbound.ts';
import { TunWriter } from '../../../engine/dataplane/tun-writer.ts';
import type { Device } from '../../../engine/device/device.ts';
import { DropCounters } from '../../../engine/errors.ts';
import { Epoll } from '../../../engine/io/linux/epoll.ts';
import { RECEIVE_RUNS, ReceiveBatch } from '../../../engine/io/linux/receive-batch.ts';
import { SendBatch } from '../../../engine/io/linux/send-batch.ts';
import { LinuxTun } from '../../../engine/io/linux/tun.ts';
import type { UdpSocket } from '../../../engine/io/linux/udp-socket.ts';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import { Endpoint } from '../../../engine/peer/endpoint.ts';
import { MAX_RUN, type PacketRun, type TransportKey } from '../../../engine/ports.ts';
import { innerLength } from '../../../engine/wire/ip.ts';
import { IpAddress } from '../../../engine/wire/ip-prefix.ts';
import {
  paddedLength,
  readTransportCounterHigh,
  readTransportCounterLow,
  TRANSPORT_HEADER_LENGTH,
  TRANSPORT_OVERHEAD,
} from '../../../engine/wire/messages.ts';
import { runPacketLength } from '../../../engine/wire/packet-run.ts';
import { kernelCipher } from '../../support/test-memory.ts';
import { TUNNEL_MTU } from '../../support/tunnel-pair.ts';
import { OwnSession, type Session, SharedSession } from './session.ts';

const MEMORY_BYTES = 2 << 20;
/** As in the engine's loop. */
const READS_PER_TURN = 64;
const BYTES_PER_TURN = 192 * 1024;
const RECEIVES_PER_TURN = 4;
/** Never for ever: a thread that a call holds up would hold up the end of the process. */
const WAIT_MS = 500;

/** What a thread counts, by index in its own `counts`. */
export const COUNTED = ['sealed', 'opened', 'refused'] as const;

export interface PlaneOptions {
  readonly tun: number;
  readonly socket: number;
  /** What it reads: both, or only one where another thread reads the other. */
  readonly reads: 'both' | 'tun' | 'wire';
  readonly remote: string;
  readonly port: number;
  readonly sendingKey: Uint8Array;
  readonly receivingKey: Uint8Array;
  /** Null where no other thread has part in it. */
  readonly session: SharedArrayBuffer | null;
  readonly counts: Float64Array;
}

export class Plane {
  readonly #memory = new SharedMemory(MEMORY_BYTES);
  readonly #drops = new DropCounters();
  readonly #epoll = new Epoll(this.#memory);
  readonly #receiveBatch = new ReceiveBatch(this.#memory);
  readonly #sendBatch = new SendBatch(this.#memory, this.#drops);
  readonly #tun: LinuxTun;
  readonly #tunWriter: TunWriter;
  readonly #socket: UdpSocket;
  readonly #endpoint: Endpoint;
  readonly #sendingKey: TransportKey;
  readonly #receivingKey: TransportKey;
  readonly #session: Session;
  readonly #counts: Float64Array;
  /** All that handleTunRead asks of a device. */
  readonly #device: Device;
  readonly #datagrams;

  constructor(options: PlaneOptions) {
    const memory = this.#memory;
    const kernels = kernelCipher(memory);
    this.#tun = new LinuxTun(options.tun, memory);
    this.#tunWriter = new TunWriter(kernels, memory, this.#tun.hasUdpOffload, (iovecs, count) => {
      if (this.#tun.writeVector(iovecs, count) < 0) this.#drops.add('tun-write-failed');
    });
    this.#socket = { family: 4, descriptor: options.socket, hasGso: true };
    this.#sendBatch.setSockets([this.#socket], 0);
    this.#endpoint = new Endpoint(IpAddress.parse(options.remote)!, options.port);
    this.#sendingKey = kernels.importKey(options.sendingKey);
    this.#receivingKey = kernels.importKey(options.receivingKey);
    this.#session = options.session === null ? new OwnSession() : new SharedSession(options.session);
    this.#counts = options.counts;
    const handleRun = (run: PacketRun) => this.#seal(run);
    this.#device = { memory, drops: this.#drops, handleRun } as unknown as Device;
    this.#datagrams = { offset: 0, length: 0, segmentSize: 1, source: this.#endpoint, trafficClass: 0 };
    if (options.reads !== 'wire') this.#epoll.add(options.tun, () => this.#readTun());
    if (options.reads !== 'tun') this.#epoll.add(options.socket, () => this.#receive());
  }

  serve(): never {
    for (;;) {
      // What a full socket would not take is tried again soon.
      this.#epoll.wait(this.#sendBatch.blockedSocket === null ? WAIT_MS : 1);
      this.#sendBatch.flush();
    }
  }

  #readTun(): void {
    for (let reads = 0, bytes = 0; reads < READS_PER_TURN && bytes < BYTES_PER_TURN; reads++) {
      const length = this.#tun.read();
      if (length <= 0) return;
      handleTunRead(this.#device, this.#tun.buffer, length, 0, undefined as never);
      bytes += length;
    }
  }

  #seal(run: PacketRun): void {
    const stride = paddedLength(runPacketLength(run, 0), TUNNEL_MTU) + TRANSPORT_OVERHEAD;
    const last = paddedLength(runPacketLength(run, run.count - 1), TUNNEL_MTU) + TRANSPORT_OVERHEAD;
    const length = (run.count - 1) * stride + last;
    const to = this.#sendBatch.reserve(length);
    const counter = this.#session.reserve(run.count);
    const header = {
      remoteIndex: 0,
      counterHigh: Math.floor(counter / 2 ** 32),
      counterLow: counter >>> 0,
    };
    this.#sendingKey.sealRun(this.#memory, run, header, TUNNEL_MTU, to);
    this.#sendBatch.add(to, length, stride, this.#endpoint, 0);
    this.#counts[0]! += run.count;
  }

  #receive(): void {
    for (let turn = 0, runs = RECEIVE_RUNS; turn < RECEIVES_PER_TURN && runs === RECEIVE_RUNS; turn++) {
      runs = this.#receiveBatch.receive(this.#socket);
      for (let i = 0; i < runs; i++) {
        this.#receiveBatch.read(i, this.#socket, this.#datagrams);
        const { offset, length, segmentSize } = this.#datagrams;
        const end = offset + length;
        for (let at = offset; at < end; at += MAX_RUN * segmentSize) this.#open(at, end, segmentSize);
      }
      this.#tunWriter.flush();
    }
  }

  #open(first: number, end: number, stride: number): void {
    const { bytes, view, verdicts } = this.#memory;
    const count = Math.min(MAX_RUN, Math.ceil((end - first) / stride));
    const lastLength = Math.min(stride, end - first - (count - 1) * stride);
    if (lastLength < TRANSPORT_OVERHEAD) return;
    this.#receivingKey.openRun(this.#memory, first, stride, count, lastLength);
    this.#session.withWindow(() => {
      for (let i = 0; i < count; i++) {
        const at = first + i * stride;
        const counter = readTransportCounterHigh(view, at) * 2 ** 32 + readTransportCounterLow(view, at);
        if (bytes[verdicts + i] === 1 && !this.#session.accept(counter)) bytes[verdicts + i] = 0;
      }
    });
    for (let i = 0; i < count; i++) {
      const packet = first + i * stride + TRANSPORT_HEADER_LENGTH;
      const sealed = (i === count - 1 ? lastLength : stride) - TRANSPORT_OVERHEAD;
      const length = bytes[verdicts + i] === 1 ? innerLength(view, packet, sealed, 4) : null;
      if (length !== null) this.#tunWriter.add(packet, length);
      this.#counts[length === null ? 2 : 1]! += 1;
    }
  }
}
