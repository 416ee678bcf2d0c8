/** Inner packets that wait for a session: at most 128 a peer, and the oldest makes room (the Linux driver's rule). */
import { MAX_STAGED_PACKETS } from '../constants.ts';

export class StagedPackets {
  #packets: Uint8Array[] = [];

  get length(): number {
    return this.#packets.length;
  }

  /** @param packet kept, so it must be the caller's own copy; an empty one is a keepalive @returns how many were dropped for it */
  push(packet: Uint8Array): number {
    this.#packets.push(packet);
    if (this.#packets.length <= MAX_STAGED_PACKETS) return 0;
    this.#packets.shift();
    return 1;
  }

  shift(): Uint8Array | undefined {
    return this.#packets.shift();
  }

  /** @returns how many there were */
  clear(): number {
    const count = this.#packets.length;
    this.#packets = [];
    return count;
  }
}
