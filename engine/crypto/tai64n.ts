/**
 * TAI64N timestamps (https://cr.yp.to/libtai/tai64.html): 8 bytes of big-endian seconds from 2^62, then 4 bytes of
 * nanoseconds. A responder accepts only a timestamp greater than the greatest it has seen from that peer
 * (paper §5.1), so one from a clock that was ahead locks its sender out until the time has come.
 */
import { TIMESTAMP_LENGTH } from '../constants.ts';

const TAI64_EPOCH_SECONDS = 2n ** 62n + 10n;
/** Nanoseconds are rounded down to this, so that a timestamp tells nothing about precise timing. */
const GRANULARITY_NS = 2n ** 24n;
const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;
/** Wall clocks outside these years are wrong; what they say is never sent. */
const EARLIEST_MS = Date.UTC(2020, 0, 1);
const LATEST_MS = Date.UTC(2100, 0, 1);

/** @param unixNs nanoseconds since the Unix epoch @returns 12 bytes */
export function encodeTai64n(unixNs: bigint): Uint8Array {
  const timestamp = new Uint8Array(TIMESTAMP_LENGTH);
  const view = new DataView(timestamp.buffer);
  const ns = unixNs % NS_PER_S;
  view.setBigUint64(0, TAI64_EPOCH_SECONDS + unixNs / NS_PER_S);
  view.setUint32(8, Number(ns - (ns % GRANULARITY_NS)));
  return timestamp;
}

/** Big-endian bytes order as the times do. */
export function isLater(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) > 0;
}

/** Gives timestamps that strictly increase whatever the wall clock does. */
export class TimestampSource {
  #latestNs = 0n;

  /** @param wallMs milliseconds since the Unix epoch by the wall clock */
  next(wallMs: number): Uint8Array {
    const saneMs = Math.min(Math.max(wallMs, EARLIEST_MS), LATEST_MS);
    const wallNs = BigInt(Math.floor(saneMs)) * NS_PER_MS;
    const stepped = this.#latestNs + GRANULARITY_NS;
    this.#latestNs = wallNs > stepped ? wallNs : stepped;
    return encodeTai64n(this.#latestNs);
  }
}
