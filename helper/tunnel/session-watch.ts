/**
 * Whether a tunnel's session is alive, from what its engine counts. Pure: time is an argument.
 *
 * Whatever carries data is answered within 10 s, by data or by a passive keepalive, and a handshake initiation at once
 * (paper §6). So a session is dead when something that demands an answer went out and nothing came in for longer. A
 * persistent keepalive demands none, and is shorter than what shows here.
 */
import { HANDSHAKE_INITIATION_LENGTH } from '../../engine/wire/messages.ts';
import type { EngineDevice } from './uapi-client.ts';

/** 15 s until the engine begins a new handshake by itself, and its first two attempts. */
const PATIENCE_MS = 25_000;

interface Counted {
  readonly rx: number;
  readonly tx: number;
}

export class SessionWatch {
  readonly #before = new Map<string, Counted>();
  /** When a peer was first sent what it has not answered. */
  readonly #unansweredSince = new Map<string, number>();

  /**
   * To be called each second or so.
   *
   * @param now milliseconds, monotonic @returns true where some peer was heard, false where all are silent, else null
   */
  observe({ peers }: EngineDevice, now: number): boolean | null {
    let isAnswered = false;
    for (const { publicKey, rxBytes: rx, txBytes: tx } of peers) {
      const before = this.#before.get(publicKey) ?? { rx: 0, tx: 0 };
      this.#before.set(publicKey, { rx, tx });
      if (rx > before.rx) {
        this.#unansweredSince.delete(publicKey);
        isAnswered = true;
      } else if (tx - before.tx >= HANDSHAKE_INITIATION_LENGTH && !this.#unansweredSince.has(publicKey)) {
        this.#unansweredSince.set(publicKey, now);
      }
    }
    if (isAnswered) return true;
    const isSilent = peers.every(
      ({ publicKey }) => now - (this.#unansweredSince.get(publicKey) ?? now) >= PATIENCE_MS,
    );
    return isSilent && peers.length > 0 ? false : null;
  }

  /** A new engine counts from nothing. */
  restart(): void {
    this.#before.clear();
    this.#unansweredSince.clear();
  }
}
