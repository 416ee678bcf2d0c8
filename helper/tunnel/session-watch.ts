/**
 * Whether a tunnel's session is alive, from what its engine counts. Pure: time is an argument.
 *
 * Whatever carries data is answered within 10 s, by data or by a passive keepalive, and a handshake initiation at once
 * (paper §6). So a session is dead when something that demands an answer went out and nothing came in for longer. A
 * persistent keepalive demands none, and is shorter than what shows here.
 *
 * Of several peers, one that takes all traffic of a family decides alone. Otherwise one that answers is enough; they are
 * lost when one was called since any of them was last heard, and none answers for as long as the last of them has its time.
 */
import type { PeerConfig } from '../../engine/config/tunnel-config.ts';
import { HANDSHAKE_INITIATION_LENGTH } from '../../engine/wire/messages.ts';
import { isFullTunnel } from '../routes/full-tunnel.ts';
import type { EngineDevice } from './uapi-client.ts';

/** 15 s until the engine begins a new handshake by itself, and its first two attempts. */
const PATIENCE_MS = 25_000;

/** @returns those of a tunnel whose answers count */
export function decidingPeers(peers: readonly PeerConfig[]): readonly PeerConfig[] {
  const full = peers.filter(({ allowedIps }) => isFullTunnel(allowedIps));
  return full.length > 0 ? full : peers;
}

interface Counted {
  readonly rx: number;
  readonly tx: number;
}

export class SessionWatch {
  /** Public keys in base64. */
  readonly #deciding: ReadonlySet<string>;
  readonly #before = new Map<string, Counted>();
  /** When a peer was first sent what it has not answered. */
  readonly #unansweredSince = new Map<string, number>();
  #calledAt = Number.NEGATIVE_INFINITY;
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(peers: readonly PeerConfig[]) {
    this.#deciding = new Set(decidingPeers(peers).map(({ publicKey }) => publicKey.toBase64()));
  }

  /**
   * To be called each second or so.
   *
   * @param now milliseconds, monotonic @returns true where some peer was heard, false where all are silent, else null
   */
  observe({ peers }: EngineDevice, now: number): boolean | null {
    for (const { publicKey, rxBytes: rx, txBytes: tx } of peers) {
      if (!this.#deciding.has(publicKey)) continue;
      const before = this.#before.get(publicKey) ?? { rx: 0, tx: 0 };
      this.#before.set(publicKey, { rx, tx });
      if (rx > before.rx) {
        this.#unansweredSince.delete(publicKey);
        this.#heardAt = now;
      } else if (tx - before.tx >= HANDSHAKE_INITIATION_LENGTH) {
        this.#calledAt = now;
        if (!this.#unansweredSince.has(publicKey)) this.#unansweredSince.set(publicKey, now);
      }
    }
    if (this.#heardAt === now) return true;
    return this.#isSilent(now) ? false : null;
  }

  /** A new engine counts from nothing. */
  restart(): void {
    this.#before.clear();
    this.#unansweredSince.clear();
    this.#calledAt = Number.NEGATIVE_INFINITY;
    this.#heardAt = Number.NEGATIVE_INFINITY;
  }

  #isSilent(now: number): boolean {
    if (this.#calledAt <= this.#heardAt) return false;
    const silentSince = Math.max(this.#heardAt, ...this.#unansweredSince.values());
    return now - silentSince >= PATIENCE_MS;
  }
}
