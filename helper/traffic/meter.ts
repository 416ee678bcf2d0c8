/** From what an engine says it has counted so far to what went through since it was asked last. Pure. */
import { NO_BYTES, sumOf, type TrafficBytes } from './bytes.ts';

/** What an engine has counted for a peer. */
export interface PeerCount extends TrafficBytes {
  readonly publicKey: string;
}

export class TrafficMeter {
  #before = new Map<string, TrafficBytes>();

  observe(peers: readonly PeerCount[]): TrafficBytes {
    let sum = NO_BYTES;
    const counts = new Map<string, TrafficBytes>();
    for (const { publicKey, rxBytes, txBytes } of peers) {
      const before = this.#before.get(publicKey) ?? NO_BYTES;
      // A peer that was removed and added again, with wg(8), counts from nothing.
      const isAnew = rxBytes < before.rxBytes || txBytes < before.txBytes;
      const { rxBytes: rx, txBytes: tx } = isAnew ? NO_BYTES : before;
      sum = sumOf(sum, { rxBytes: rxBytes - rx, txBytes: txBytes - tx });
      counts.set(publicKey, { rxBytes, txBytes });
    }
    this.#before = counts;
    return sum;
  }

  /** A new engine counts from nothing. */
  restart(): void {
    this.#before.clear();
  }
}
