/**
 * Who may have a handshake message computed with (paper §5.3): always whoever knows our public key, by mac1; under load
 * only who also proves its address, by mac2, and then at a rate.
 */
import { HANDSHAKE_TRAFFIC_CLASS } from '../constants.ts';
import type { DropReason } from '../errors.ts';
import { CookieChecker } from '../noise/cookie.ts';
import type { Endpoint } from '../peer/endpoint.ts';
import type { Output } from '../peer/output.ts';
import type { MonotonicMs, PacketMemory, Random } from '../ports.ts';
import type { HandshakeInitiation, HandshakeResponse } from '../wire/messages.ts';
import { RateLimiter } from './rate-limiter.ts';

export class HandshakeGate {
  readonly #checker: CookieChecker;
  readonly #memory: PacketMemory;
  readonly #rateLimiter = new RateLimiter();

  /** @param publicKey the device's own */
  constructor(publicKey: Uint8Array, memory: PacketMemory, random: Random) {
    this.#checker = new CookieChecker(publicKey, random);
    this.#memory = memory;
  }

  /** Answers who lacks a cookie with one: the one answer that an unauthenticated message ever gets. */
  admit(
    message: HandshakeInitiation | HandshakeResponse,
    source: Endpoint,
    isUnderLoad: boolean,
    now: MonotonicMs,
    output: Output,
  ): DropReason | null {
    if (!this.#checker.isMac1Valid(message.macs)) return 'invalid-mac1';
    if (!isUnderLoad) return null;
    if (this.#checker.isMac2Valid(message.macs, source.toBytes(), now)) {
      return this.#rateLimiter.allow(source.address, now) ? null : 'rate-limited';
    }
    const reply = this.#checker.createReply(message.macs, message.senderIndex, source.toBytes(), now);
    const offset = output.reserve(reply.length);
    this.#memory.bytes.set(reply, offset);
    output.sendDatagrams(offset, reply.length, reply.length, source, HANDSHAKE_TRAFFIC_CLASS);
    return 'cookie-required';
  }
}
