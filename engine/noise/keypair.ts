/** The transport keys of one handshake (paper §5.4.5): two keys, two counters, two indices. */
import { REJECT_AFTER_TIME_MS, REKEY_AFTER_MESSAGES } from '../constants.ts';
import type { MonotonicMs, TransportKey } from '../ports.ts';
import { isPastLimit, ReplayWindow } from './replay-window.ts';

const REKEY_HIGH = Number(REKEY_AFTER_MESSAGES >> 32n);

export interface KeypairFields {
  readonly sendingKey: TransportKey;
  readonly receivingKey: TransportKey;
  readonly localIndex: number;
  readonly remoteIndex: number;
  readonly isInitiator: boolean;
  readonly createdAt: MonotonicMs;
}

export class Keypair {
  readonly sendingKey: TransportKey;
  readonly receivingKey: TransportKey;
  readonly localIndex: number;
  readonly remoteIndex: number;
  readonly isInitiator: boolean;
  readonly createdAt: MonotonicMs;
  readonly replayWindow = new ReplayWindow();
  /** The next sending counter, a u64 in two halves. */
  #counterHigh: number;
  #counterLow: number;
  #sendingExpired = false;

  /** @param firstCounter where the sending counter begins: 0, except in tests of its limits */
  constructor(fields: KeypairFields, firstCounter = 0n) {
    this.sendingKey = fields.sendingKey;
    this.receivingKey = fields.receivingKey;
    this.localIndex = fields.localIndex;
    this.remoteIndex = fields.remoteIndex;
    this.isInitiator = fields.isInitiator;
    this.createdAt = fields.createdAt;
    this.#counterHigh = Number(firstCounter >> 32n);
    this.#counterLow = Number(firstCounter & 0xffffffffn);
  }

  get counterHigh(): number {
    return this.#counterHigh;
  }

  get counterLow(): number {
    return this.#counterLow;
  }

  /** Moves the sending counter past those that were just used. */
  advanceCounter(count = 1): void {
    const low = this.#counterLow + count;
    this.#counterLow = low >>> 0;
    if (low >= 2 ** 32) this.#counterHigh++;
  }

  /** @param count how many packets are to be sent at once */
  canSend(now: MonotonicMs, count = 1): boolean {
    if (this.#sendingExpired || this.isExpired(now)) return false;
    const last = this.#counterLow + count - 1;
    return !isPastLimit(this.#counterHigh + (last >= 2 ** 32 ? 1 : 0), last >>> 0);
  }

  /** Past REJECT_AFTER_TIME a key neither sends nor receives. */
  isExpired(now: MonotonicMs): boolean {
    return now - this.createdAt >= REJECT_AFTER_TIME_MS;
  }

  /** Whether REKEY_AFTER_MESSAGES have been sent. */
  isWornOut(): boolean {
    return this.#counterHigh >= REKEY_HIGH;
  }

  /** Sends nothing more; what is in flight is still received. */
  expireSending(): void {
    this.#sendingExpired = true;
  }

  wipe(): void {
    this.#sendingExpired = true;
    this.sendingKey.wipe();
    this.receivingKey.wipe();
  }
}
