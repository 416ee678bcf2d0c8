/**
 * Handshake messages wait here, apart from data, so that a flood of them costs the data path nothing but their copy.
 * Its length tells whether the device is under load (paper §5.3; thresholds from the Linux driver).
 */
import { MAX_QUEUED_HANDSHAKES, UNDER_LOAD_LINGER_MS, UNDER_LOAD_QUEUED_HANDSHAKES } from '../constants.ts';
import type { Endpoint } from '../peer/endpoint.ts';
import type { MonotonicMs } from '../ports.ts';

export interface QueuedHandshake {
  readonly datagram: Uint8Array;
  readonly source: Endpoint;
}

export class HandshakeQueue {
  readonly #ring: (QueuedHandshake | null)[] = [];
  #head = 0;
  #length = 0;
  #lastUnderLoadAt: MonotonicMs = Number.NEGATIVE_INFINITY;

  get length(): number {
    return this.#length;
  }

  /** @param datagram copied @returns false where the queue is full */
  push(datagram: Uint8Array, source: Endpoint): boolean {
    if (this.#length === MAX_QUEUED_HANDSHAKES) return false;
    this.#ring[(this.#head + this.#length) % MAX_QUEUED_HANDSHAKES] = {
      datagram: Uint8Array.from(datagram),
      source,
    };
    this.#length++;
    return true;
  }

  shift(): QueuedHandshake | null {
    if (this.#length === 0) return null;
    const first = this.#ring[this.#head] ?? null;
    this.#ring[this.#head] = null;
    this.#head = (this.#head + 1) % MAX_QUEUED_HANDSHAKES;
    this.#length--;
    return first;
  }

  clear(): void {
    this.#ring.length = 0;
    this.#head = 0;
    this.#length = 0;
  }

  isUnderLoad(now: MonotonicMs): boolean {
    if (this.#length >= UNDER_LOAD_QUEUED_HANDSHAKES) {
      this.#lastUnderLoadAt = now;
      return true;
    }
    return now - this.#lastUnderLoadAt < UNDER_LOAD_LINGER_MS;
  }
}
