/** Handshake messages a second from one address, while under load: a token bucket for each (the Linux driver's ratelimiter.c). */
import { HANDSHAKES_BURST, HANDSHAKES_PER_SECOND } from '../constants.ts';
import type { MonotonicMs } from '../ports.ts';
import type { IpAddress } from '../wire/ip-prefix.ts';

const MS_PER_TOKEN = 1_000 / HANDSHAKES_PER_SECOND;
const FULL_MS = MS_PER_TOKEN * HANDSHAKES_BURST;
/** A bucket that has been full this long is forgotten. */
const SWEEP_INTERVAL_MS = 1_000;
/** Sources remembered at once; past it strangers are refused, not remembered. */
const MAX_SOURCES = 65_536;

interface Bucket {
  /** Milliseconds' worth of tokens. */
  tokensMs: number;
  filledAt: MonotonicMs;
}

export class RateLimiter {
  readonly #buckets = new Map<string, Bucket>();
  #sweptAt: MonotonicMs = 0;

  get size(): number {
    return this.#buckets.size;
  }

  /** @returns whether this source may have another message looked at */
  allow(source: IpAddress, now: MonotonicMs): boolean {
    this.#sweep(now);
    // An IPv6 site is one source: its /64.
    const key = Buffer.from(source.bytes.subarray(0, source.family === 4 ? 4 : 8)).toString('latin1');
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      if (this.#buckets.size >= MAX_SOURCES) return false;
      this.#buckets.set(key, { tokensMs: FULL_MS - MS_PER_TOKEN, filledAt: now });
      return true;
    }
    bucket.tokensMs = Math.min(FULL_MS, bucket.tokensMs + (now - bucket.filledAt));
    bucket.filledAt = now;
    if (bucket.tokensMs < MS_PER_TOKEN) return false;
    bucket.tokensMs -= MS_PER_TOKEN;
    return true;
  }

  #sweep(now: MonotonicMs): void {
    if (now - this.#sweptAt < SWEEP_INTERVAL_MS) return;
    this.#sweptAt = now;
    for (const [key, bucket] of this.#buckets) {
      if (now - bucket.filledAt >= FULL_MS) this.#buckets.delete(key);
    }
  }
}
