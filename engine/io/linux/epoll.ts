/**
 * Readiness of the data path's descriptors (epoll(7), level-triggered). It has a descriptor of its own, so that node's
 * event loop can wait for all of them while nothing comes, and the engine's loop itself while packets do.
 */
import type { SharedMemory } from '../packet-memory.ts';
import { check, libc } from './libc.ts';

export const READABLE = 0x001;
export const WRITABLE = 0x004;
/** An error or the other end's end, which are told unasked: whoever reads the descriptor learns of them. */
const ERROR_OR_END = 0x018;

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_DEL = 2;
const EPOLL_CTL_MOD = 3;

/** struct epoll_event {u32 events; u64 data}, which only x86-64 packs. */
const EVENT_LENGTH = process.arch === 'x64' ? 12 : 16;
const DATA = process.arch === 'x64' ? 4 : 8;
/** TUN and a UDP socket a family; more would be told in the next call. */
const EVENTS = 4;

export class Epoll {
  readonly descriptor: number;
  readonly #memory: SharedMemory;
  /** `EVENTS` events that a wait fills, and one more for changes. */
  readonly #events: number;
  readonly #change: number;
  readonly #eventsAddress: number;
  readonly #handlers = new Map<number, () => void>();

  /** @throws SystemError */
  constructor(memory: SharedMemory) {
    this.descriptor = check(libc.epollCreate(EPOLL_CLOEXEC), 'epoll_create1');
    this.#memory = memory;
    this.#events = memory.allocate(EVENTS * EVENT_LENGTH);
    this.#eventsAddress = memory.address(this.#events);
    this.#change = memory.allocate(EVENT_LENGTH);
  }

  /** Watches a descriptor. @param onReadable called while it can be read @throws SystemError */
  add(descriptor: number, onReadable: () => void): void {
    this.#control(EPOLL_CTL_ADD, descriptor, READABLE);
    this.#handlers.set(descriptor, onReadable);
  }

  /** @param interest READABLE, WRITABLE, both or neither */
  change(descriptor: number, interest: number): void {
    this.#control(EPOLL_CTL_MOD, descriptor, interest);
  }

  /** Before the descriptor is closed. */
  delete(descriptor: number): void {
    this.#control(EPOLL_CTL_DEL, descriptor, 0);
    this.#handlers.delete(descriptor);
  }

  /**
   * Waits until a descriptor is ready, at most `timeoutMs`, and calls the handler of each that can be read.
   * @returns whether one was ready
   */
  wait(timeoutMs: number): boolean {
    const { view } = this.#memory;
    const count = libc.epollWait(this.descriptor, this.#eventsAddress, EVENTS, timeoutMs);
    for (let i = 0; i < count; i++) {
      const event = this.#events + i * EVENT_LENGTH;
      if ((view.getUint32(event, true) & (READABLE | ERROR_OR_END)) === 0) continue;
      // A handler before it may have deleted this one.
      this.#handlers.get(view.getUint32(event + DATA, true))?.();
    }
    return count > 0;
  }

  close(): void {
    libc.close(this.descriptor);
  }

  #control(operation: number, descriptor: number, interest: number): void {
    this.#memory.view.setUint32(this.#change, interest, true);
    this.#memory.setUint64(this.#change + DATA, descriptor);
    check(
      libc.epollControl(this.descriptor, operation, descriptor, this.#memory.address(this.#change)),
      'epoll_ctl',
    );
  }
}
