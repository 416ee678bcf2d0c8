/**
 * When a peer must next do something by itself (paper §6, and the Linux driver's timers.c for what the paper leaves
 * open). Events go in, deadlines come out: nothing here reads a clock, and nothing here acts.
 */
import {
  KEEPALIVE_TIMEOUT_MS,
  REJECT_AFTER_TIME_MS,
  REKEY_TIMEOUT_JITTER_MS,
  REKEY_TIMEOUT_MS,
} from '../constants.ts';
import { type MonotonicMs, type Random, randomUint32 } from '../ports.ts';

export const TIMERS = [
  'retransmitHandshake',
  'sendKeepalive',
  'newHandshake',
  'zeroKeyMaterial',
  'persistentKeepalive',
] as const;
export type Timer = (typeof TIMERS)[number];

const NEVER = Number.POSITIVE_INFINITY;

export class Timers {
  readonly #random: Random;
  #retransmitHandshake: MonotonicMs = NEVER;
  #sendKeepalive: MonotonicMs = NEVER;
  #newHandshake: MonotonicMs = NEVER;
  #zeroKeyMaterial: MonotonicMs = NEVER;
  #persistentKeepalive: MonotonicMs = NEVER;
  #needAnotherKeepalive = false;
  #persistentKeepaliveMs = 0;
  /** Drawn for each session, and not for each packet that sets the timer. */
  #newHandshakeJitter = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** The earliest deadline, Infinity where there is none. */
  nextDeadline(): MonotonicMs {
    return Math.min(
      this.#retransmitHandshake,
      this.#sendKeepalive,
      this.#newHandshake,
      this.#zeroKeyMaterial,
      this.#persistentKeepalive,
    );
  }

  /** Takes one timer that is due, disarming it. @returns null where none is */
  takeDue(now: MonotonicMs): Timer | null {
    if (this.#retransmitHandshake <= now) {
      this.#retransmitHandshake = NEVER;
      return 'retransmitHandshake';
    }
    if (this.#sendKeepalive <= now) {
      this.#sendKeepalive = NEVER;
      return 'sendKeepalive';
    }
    if (this.#newHandshake <= now) {
      this.#newHandshake = NEVER;
      return 'newHandshake';
    }
    if (this.#zeroKeyMaterial <= now) {
      this.#zeroKeyMaterial = NEVER;
      return 'zeroKeyMaterial';
    }
    if (this.#persistentKeepalive <= now) {
      this.#persistentKeepalive = NEVER;
      return 'persistentKeepalive';
    }
    return null;
  }

  /** A packet that is not a keepalive was sent: silence after it means a dead session. */
  onDataSent(now: MonotonicMs): void {
    if (this.#newHandshake === NEVER) {
      this.#newHandshake = now + KEEPALIVE_TIMEOUT_MS + REKEY_TIMEOUT_MS + this.#newHandshakeJitter;
    }
  }

  /** A packet that is not a keepalive came: it asks for a sign of life within KEEPALIVE_TIMEOUT. */
  onDataReceived(now: MonotonicMs): void {
    if (this.#sendKeepalive === NEVER) this.#sendKeepalive = now + KEEPALIVE_TIMEOUT_MS;
    else this.#needAnotherKeepalive = true;
  }

  /** The keepalive that was due has been sent; more data came meanwhile, so another will be. */
  onKeepaliveSent(now: MonotonicMs): void {
    if (!this.#needAnotherKeepalive) return;
    this.#needAnotherKeepalive = false;
    this.#sendKeepalive = now + KEEPALIVE_TIMEOUT_MS;
  }

  onAnyAuthenticatedPacketSent(): void {
    this.#sendKeepalive = NEVER;
  }

  onAnyAuthenticatedPacketReceived(): void {
    this.#newHandshake = NEVER;
  }

  /** Traffic either way keeps what is between alive, so persistent keepalive counts from it. */
  onAnyAuthenticatedPacketTraversal(now: MonotonicMs): void {
    if (this.#persistentKeepaliveMs > 0) this.#persistentKeepalive = now + this.#persistentKeepaliveMs;
  }

  onHandshakeInitiationSent(now: MonotonicMs): void {
    this.#retransmitHandshake = now + REKEY_TIMEOUT_MS + this.#jitter();
  }

  onHandshakeComplete(): void {
    this.#retransmitHandshake = NEVER;
  }

  onHandshakeGivenUp(now: MonotonicMs): void {
    this.#sendKeepalive = NEVER;
    if (this.#zeroKeyMaterial === NEVER) this.#zeroKeyMaterial = now + 3 * REJECT_AFTER_TIME_MS;
  }

  onSessionDerived(now: MonotonicMs): void {
    this.#zeroKeyMaterial = now + 3 * REJECT_AFTER_TIME_MS;
    this.#newHandshakeJitter = this.#jitter();
  }

  /** @param intervalMs 0 switches it off */
  setPersistentKeepalive(intervalMs: number): void {
    this.#persistentKeepaliveMs = intervalMs;
    if (intervalMs === 0) this.#persistentKeepalive = NEVER;
  }

  /** The interface came up, or it was switched on: the first is due at once. */
  onPersistentKeepaliveWanted(now: MonotonicMs): void {
    if (this.#persistentKeepaliveMs > 0) this.#persistentKeepalive = now;
  }

  stop(): void {
    this.#retransmitHandshake = NEVER;
    this.#sendKeepalive = NEVER;
    this.#newHandshake = NEVER;
    this.#zeroKeyMaterial = NEVER;
    this.#persistentKeepalive = NEVER;
    this.#needAnotherKeepalive = false;
  }

  #jitter(): number {
    return randomUint32(this.#random) % (REKEY_TIMEOUT_JITTER_MS + 1);
  }
}
