/** mac1, mac2 and cookies, which keep a responder under load from computing for strangers (paper §5.3, §5.4.4, §5.4.7). */
import {
  COOKIE_NONCE_LENGTH,
  COOKIE_SECRET_LATENCY_MS,
  COOKIE_SECRET_MAX_AGE_MS,
  KEY_LENGTH,
  LABEL_COOKIE,
  LABEL_MAC1,
} from '../constants.ts';
import { equalBytes, hash, mac, xaeadOpen, xaeadSeal } from '../crypto/primitives.ts';
import type { MonotonicMs, Random } from '../ports.ts';
import { type CookieReply, type Macs, writeCookieReply } from '../wire/messages.ts';

const mac1Key = (publicKey: Uint8Array) => hash(Buffer.from(LABEL_MAC1), publicKey);
const cookieKey = (publicKey: Uint8Array) => hash(Buffer.from(LABEL_COOKIE), publicKey);

/** The receiving side: judges the macs of messages to us, and hands out cookies. */
export class CookieChecker {
  readonly #mac1Key: Uint8Array;
  readonly #cookieKey: Uint8Array;
  readonly #random: Random;
  #secret: Uint8Array | null = null;
  #secretCreatedAt: MonotonicMs = 0;

  /** @param publicKey our own, 32 bytes */
  constructor(publicKey: Uint8Array, random: Random) {
    this.#mac1Key = mac1Key(publicKey);
    this.#cookieKey = cookieKey(publicKey);
    this.#random = random;
  }

  isMac1Valid(macs: Macs): boolean {
    // msg.mac1 = MAC(HASH(LABEL-MAC1 || Spub_m'), msgα)
    return equalBytes(mac(this.#mac1Key, macs.beforeMac1), macs.mac1);
  }

  /** @param source the sender's address and port, as bytes */
  isMac2Valid(macs: Macs, source: Uint8Array, now: MonotonicMs): boolean {
    if (this.#secret === null || now - this.#secretCreatedAt >= COOKIE_SECRET_MAX_AGE_MS) return false;
    // msg.mac2 = MAC(cookie, msgβ)
    return equalBytes(mac(this.#cookieFor(this.#secret, source), macs.beforeMac2), macs.mac2);
  }

  /** The one answer that an unauthenticated message ever gets. @returns the 64-byte datagram */
  createReply(macs: Macs, senderIndex: number, source: Uint8Array, now: MonotonicMs): Uint8Array {
    if (this.#secret === null || now - this.#secretCreatedAt >= COOKIE_SECRET_MAX_AGE_MS) {
      this.#secret = this.#random.bytes(KEY_LENGTH);
      this.#secretCreatedAt = now;
    }
    const nonce = this.#random.bytes(COOKIE_NONCE_LENGTH);
    // msg.cookie := XAEAD(HASH(LABEL-COOKIE || Spub_m), msg.nonce, τ, M)
    const cookie = this.#cookieFor(this.#secret, source);
    const encryptedCookie = xaeadSeal(this.#cookieKey, nonce, cookie, macs.mac1);
    return writeCookieReply({ receiverIndex: senderIndex, nonce, encryptedCookie });
  }

  #cookieFor(secret: Uint8Array, source: Uint8Array): Uint8Array {
    // τ := MAC(R_m, A_m')
    return mac(secret, source);
  }
}

/** The sending side, one a peer: fills in the macs of messages to it, and keeps its cookie. */
export class CookieJar {
  readonly #mac1Key: Uint8Array;
  readonly #cookieKey: Uint8Array;
  #cookie: Uint8Array | null = null;
  #cookieReceivedAt: MonotonicMs = 0;
  #lastMac1: Uint8Array | null = null;

  /** @param publicKey the peer's, 32 bytes */
  constructor(publicKey: Uint8Array) {
    this.#mac1Key = mac1Key(publicKey);
    this.#cookieKey = cookieKey(publicKey);
  }

  /** Writes mac1, and mac2 where there is a fresh cookie, into a message that is about to be sent. */
  fillMacs(macs: Macs, now: MonotonicMs): void {
    macs.mac1.set(mac(this.#mac1Key, macs.beforeMac1));
    this.#lastMac1 = Uint8Array.from(macs.mac1);
    if (this.#cookie === null) return;
    if (now - this.#cookieReceivedAt >= COOKIE_SECRET_MAX_AGE_MS - COOKIE_SECRET_LATENCY_MS) {
      this.#cookie = null;
      return;
    }
    macs.mac2.set(mac(this.#cookie, macs.beforeMac2));
  }

  /** Keeps the cookie for the next message; it never makes us send one. Each mac1 takes one reply. */
  consumeReply(
    reply: CookieReply,
    now: MonotonicMs,
  ): 'consumed' | 'unexpected-cookie-reply' | 'invalid-cookie-reply' {
    if (this.#lastMac1 === null) return 'unexpected-cookie-reply';
    const cookie = xaeadOpen(this.#cookieKey, reply.nonce, reply.encryptedCookie, this.#lastMac1);
    if (cookie === null) return 'invalid-cookie-reply';
    this.#cookie = cookie;
    this.#cookieReceivedAt = now;
    this.#lastMac1 = null;
    return 'consumed';
  }
}
