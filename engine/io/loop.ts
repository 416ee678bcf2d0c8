/**
 * Drives a device: moves bytes between its sink and the operating system, calls it when something came or fell due,
 * and lets the event loop breathe between bounded rounds. It knows no rule of the protocol.
 */

import { handleDatagramRun } from '../dataplane/inbound.ts';
import type { KernelCipher } from '../dataplane/kernels.ts';
import { handleTunRead } from '../dataplane/outbound.ts';
import { TunWriter } from '../dataplane/tun-writer.ts';
import type { Device } from '../device/device.ts';
import { SystemError } from '../errors.ts';
import type { Endpoint } from '../peer/endpoint.ts';
import type { Output } from '../peer/output.ts';
import type { Clock } from '../ports.ts';
import { VIRTIO_HEADER_LENGTH, writePlainVirtioHeader } from '../wire/virtio-header.ts';
import { Bearer } from './linux/bearer.ts';
import { Epoll, READABLE } from './linux/epoll.ts';
import { ERRNO } from './linux/libc.ts';
import { type LinkState, LinkWatch } from './linux/link-watch.ts';
import { NetlinkWatch } from './linux/netlink-watch.ts';
import { nodeLoopDescriptor } from './linux/node-loop.ts';
import { Poll } from './linux/poll.ts';
import { LinuxTun } from './linux/tun.ts';
import type { UdpPorts } from './linux/udp-ports.ts';
import type { SharedMemory } from './packet-memory.ts';

/** How many packets, or bytes, are read from TUN before they are sent and the wire has its turn. */
const READS_PER_TURN = 64;
const BYTES_PER_TURN = 192 * 1024;
/** How many handshake messages are answered before packets have their turn. */
const HANDSHAKES_PER_TURN = 16;
/** How many peers' deadlines: each may be a handshake to begin, of a millisecond. */
const DEADLINES_PER_TURN = 2;
/**
 * While packets come, and until none has for this long, the loop waits for the next by itself, which takes less time
 * than by way of node's event loop. That one has its turn when it has an event, and each so often for its timers.
 */
const SERVE_MS = 50;
/**
 * What a handler of node's has begun to watch, node's loop looks at only when it waits itself: for so long after an event
 * its turns come each millisecond.
 */
const NODE_BUSY_MS = 20;
const RETRY_MS = 1_000;
/** setTimeout takes no more; a later deadline is looked at again then. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export interface LoopParts {
  readonly device: Device;
  readonly clock: Clock;
  readonly memory: SharedMemory;
  /** Null where plain code stands in for them. */
  readonly kernels: KernelCipher | null;
  /** Of a TUN interface with virtio headers, non-blocking. */
  readonly tunDescriptor: number;
  readonly udpPorts: UdpPorts;
  /** The interface has been deleted: there is nothing left to drive. */
  readonly onDeleted: () => void;
}

export class Loop implements Output {
  readonly bearer: Bearer;
  readonly #device: Device;
  readonly #clock: Clock;
  readonly #tun: LinuxTun;
  readonly #epoll: Epoll;
  readonly #poll: Poll;
  readonly #nodeLoop = nodeLoopDescriptor();
  /** Null without kernels: then packets are written one by one. */
  readonly #tunWriter: TunWriter | null;
  readonly #memory: SharedMemory;
  readonly #linkWatch: LinkWatch;
  readonly #networkWatch: NetlinkWatch;
  readonly #onDeleted: () => void;
  #isReadingTun = true;
  /** Whether node's loop is to have its turn. */
  #yields = false;
  #nodeCalledAt = Number.NEGATIVE_INFINITY;
  /** What goes on serving, null while all is quiet. */
  #serving: NodeJS.Immediate | null = null;
  #timeout: NodeJS.Timeout | null = null;
  /** The deadline that it was set for. */
  #timeoutFor = Number.POSITIVE_INFINITY;
  #immediate: NodeJS.Immediate | null = null;
  #retry: NodeJS.Timeout | null = null;

  constructor(parts: LoopParts) {
    this.#device = parts.device;
    this.#clock = parts.clock;
    this.#memory = parts.memory;
    this.#onDeleted = parts.onDeleted;
    this.#tun = new LinuxTun(parts.tunDescriptor, parts.memory);
    this.#tunWriter =
      parts.kernels === null
        ? null
        : new TunWriter(parts.kernels, parts.memory, this.#tun.hasUdpOffload, (iovecs, count) =>
            this.#countWrite(this.#tun.writeVector(iovecs, count)),
          );
    this.#epoll = new Epoll(parts.memory);
    this.bearer = new Bearer(parts.udpPorts, parts.memory, parts.device.drops, this.#epoll, {
      onDatagrams: (run) => handleDatagramRun(this.#device, run, this.#clock.monotonicMs(), this),
      onReceived: () => this.#tunWriter?.flush(),
    });
    this.#linkWatch = new LinkWatch(this.#tun, (state) => this.#onLinkChanged(state));
    this.#networkWatch = NetlinkWatch.ofNetwork(() => {
      this.bearer.onNetworkChanged();
    });
    this.#epoll.add(this.#tun.descriptor, () => this.#readTun());
    this.#poll = new Poll(this.#epoll.descriptor, () => this.#beginServing());
    this.#onLinkChanged(this.#linkWatch.state());
  }

  /** The TUN interface's name, which may have changed since it was made. */
  interfaceName(): string | null {
    return this.#tun.name();
  }

  /** @param port 0 for a random one @throws SystemError, with the old port kept */
  setListenPort(port: number): void {
    this.bearer.setPort(port);
    this.#device.clearSources();
  }

  /** @throws SystemError */
  setMark(mark: number): void {
    this.bearer.setMark(mark);
    this.#device.clearSources();
  }

  close(): void {
    this.#device.down();
    if (this.#retry !== null) clearTimeout(this.#retry);
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    if (this.#serving !== null) clearImmediate(this.#serving);
    this.#poll.close();
    this.#epoll.delete(this.#tun.descriptor);
    this.#linkWatch.close();
    this.#networkWatch.close();
    this.bearer.close();
    this.#tun.close();
    this.#epoll.close();
  }

  /** After anything that the device was told: sends what it produced, and arms the next deadline. */
  settle(): void {
    const now = this.#clock.monotonicMs();
    this.#device.handleDeadline(DEADLINES_PER_TURN, now, this);
    this.#device.handleQueuedHandshakes(HANDSHAKES_PER_TURN, now, this);
    this.bearer.flush();
    this.#setReadingTun(!this.bearer.isBlocked);
    this.#arm(now);
  }

  // --- Output

  reserve(length: number): number {
    return this.bearer.reserve(length);
  }

  sendDatagrams(
    offset: number,
    length: number,
    stride: number,
    endpoint: Endpoint,
    trafficClass: number,
  ): void {
    this.bearer.add(offset, length, stride, endpoint, trafficClass);
  }

  writePacket(offset: number, length: number): void {
    if (this.#tunWriter !== null) {
      this.#tunWriter.add(offset, length);
      return;
    }
    const header = offset - VIRTIO_HEADER_LENGTH;
    writePlainVirtioHeader(this.#memory.bytes, header);
    this.#countWrite(this.#tun.write(header, VIRTIO_HEADER_LENGTH + length));
  }

  #countWrite(written: number): void {
    if (written < 0) this.#device.drops.add('tun-write-failed');
  }

  // --- events

  /** A packet has come after a while without any. */
  #beginServing(): void {
    this.#poll.stop();
    this.#epoll.add(this.#nodeLoop, () => {
      this.#yields = true;
      this.#nodeCalledAt = this.#clock.monotonicMs();
    });
    this.#serve();
  }

  #serve(): void {
    const started = this.#clock.monotonicMs();
    const turnMs = started - this.#nodeCalledAt < NODE_BUSY_MS ? 1 : SERVE_MS;
    this.#yields = false;
    for (let now = started; now - started < turnMs && !this.#yields; now = this.#clock.monotonicMs()) {
      const patience = Math.min(turnMs, this.#device.nextDeadline() - now);
      const isReady = this.#epoll.wait(Math.max(0, patience));
      this.settle();
      if (!isReady && patience === SERVE_MS) {
        this.#endServing();
        return;
      }
    }
    this.#serving = setImmediate(() => this.#serve());
  }

  #endServing(): void {
    this.#serving = null;
    this.#epoll.delete(this.#nodeLoop);
    this.#poll.start();
  }

  #readTun(): void {
    const now = this.#clock.monotonicMs();
    let bytes = 0;
    for (let reads = 0; reads < READS_PER_TURN && bytes < BYTES_PER_TURN && !this.bearer.isBlocked; reads++) {
      const length = this.#tun.read();
      if (length === -ERRNO.EBADFD!) {
        this.#yields = true;
        this.#onDeleted();
        return;
      }
      if (length <= 0) return;
      handleTunRead(this.#device, this.#tun.buffer, length, now, this);
      bytes += length;
    }
  }

  #onLinkChanged(state: LinkState): void {
    if (state.kind === 'deleted') {
      this.#onDeleted();
      return;
    }
    this.#device.mtu = state.mtu;
    if (state.isUp) {
      this.#goUp();
    } else {
      this.#device.down();
      this.bearer.close();
    }
    this.settle();
  }

  /** A port that is taken, or a table of descriptors that is full, may be free again in a moment. */
  #goUp(): void {
    try {
      this.bearer.open();
      this.#device.up(this.#clock.monotonicMs());
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      console.error(`wayfare-engine: ${error.message}; trying again`);
      this.#retry ??= setTimeout(() => {
        this.#retry = null;
        this.#onLinkChanged(this.#linkWatch.state());
      }, RETRY_MS);
    }
  }

  /** While the wire takes nothing more, packets wait in the interface's own queue, which drops as a link does. */
  #setReadingTun(isReading: boolean): void {
    if (isReading === this.#isReadingTun) return;
    this.#isReadingTun = isReading;
    this.#epoll.change(this.#tun.descriptor, isReading ? READABLE : 0);
  }

  #arm(now: number): void {
    const deadline = this.#device.nextDeadline();
    if (deadline <= now) {
      this.#immediate ??= setImmediate(() => {
        this.#immediate = null;
        this.settle();
      });
      return;
    }
    // A timeout that comes too early finds nothing due and arms the next: cheaper than moving it with each packet.
    if (deadline >= this.#timeoutFor) return;
    if (this.#timeout !== null) clearTimeout(this.#timeout);
    this.#timeoutFor = deadline;
    this.#timeout = setTimeout(
      () => {
        this.#timeout = null;
        this.#timeoutFor = Number.POSITIVE_INFINITY;
        this.settle();
      },
      Math.min(Math.ceil(deadline - now), LONGEST_TIMEOUT_MS),
    );
  }
}
