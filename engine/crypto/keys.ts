/**
 * Keys as values that refuse to print (design habit 14). Curve25519 keys are 32 bytes (RFC 7748 §5);
 * their text is base64 in a `.conf` and hex on the UAPI socket.
 */
import { timingSafeEqual } from 'node:crypto';
import { KEY_LENGTH } from '../constants.ts';
import type { Random } from '../ports.ts';

/** Exactly the canonical base64 of 32 bytes: the 43rd character has two unused bits, which must be 0. */
const BASE64_KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;
const HEX_KEY = /^[0-9a-fA-F]{64}$/;

abstract class Key {
  abstract readonly bytes: Uint8Array;

  /** The 44 characters of a `.conf`. */
  toBase64(): string {
    return Buffer.from(this.bytes).toString('base64');
  }

  /** The 64 lower-case digits of the UAPI socket. */
  toHex(): string {
    return Buffer.from(this.bytes).toString('hex');
  }

  isZero(): boolean {
    return this.bytes.every((byte) => byte === 0);
  }

  equals(other: Key): boolean {
    return timingSafeEqual(this.bytes, other.bytes);
  }
}

/** A key that must not be seen: it renders as `<redacted>` in strings, JSON and the inspector. */
abstract class SecretKey extends Key {
  readonly bytes: Uint8Array;

  /** @param bytes 32 bytes, copied */
  constructor(bytes: Uint8Array) {
    super();
    requireKeyLength(bytes);
    this.bytes = Uint8Array.from(bytes);
  }

  override toString(): string {
    return '<redacted>';
  }

  toJSON(): string {
    return '<redacted>';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '<redacted>';
  }

  wipe(): void {
    this.bytes.fill(0);
  }
}

/** Kept as its base64, which a peer is found by, and takes a third of the memory of an array. */
export class PublicKey extends Key {
  readonly #base64: string;

  /** @param bytes 32 bytes */
  constructor(bytes: Uint8Array) {
    super();
    requireKeyLength(bytes);
    this.#base64 = Buffer.from(bytes).toString('base64');
  }

  /** A new array each time. */
  get bytes(): Uint8Array {
    return decode(this.#base64, 'base64');
  }

  override toBase64(): string {
    return this.#base64;
  }

  override equals(other: PublicKey): boolean {
    return this.#base64 === other.#base64;
  }

  override toString(): string {
    return this.toBase64();
  }

  toJSON(): string {
    return this.toBase64();
  }
}

export class PresharedKey extends SecretKey {}

export class PrivateKey extends SecretKey {
  /** Bytes are clamped as RFC 7748 §5 decodes a scalar, which is what `wg genkey` prints. */
  constructor(bytes: Uint8Array) {
    super(bytes);
    this.bytes[0]! &= 248;
    this.bytes[31] = (this.bytes[31]! & 127) | 64;
  }
}

function requireKeyLength(bytes: Uint8Array): void {
  if (bytes.length !== KEY_LENGTH) throw new RangeError(`a key is ${KEY_LENGTH} bytes, not ${bytes.length}`);
}

/** @returns the 32 bytes of a key in a `.conf`, or null unless `text` is canonical base64 */
export function decodeBase64Key(text: string): Uint8Array | null {
  return BASE64_KEY.test(text) ? decode(text, 'base64') : null;
}

/** @returns the 32 bytes of a key on the UAPI socket, or null unless `text` is 64 hex digits */
export function decodeHexKey(text: string): Uint8Array | null {
  return HEX_KEY.test(text) ? decode(text, 'hex') : null;
}

/** Into memory of its own: small Buffers share a pool, which would keep a secret after its key was wiped. */
function decode(text: string, encoding: 'base64' | 'hex'): Uint8Array {
  const pooled = Buffer.from(text, encoding);
  const bytes = Uint8Array.from(pooled);
  pooled.fill(0);
  return bytes;
}

export function generatePrivateKey(random: Random): PrivateKey {
  return new PrivateKey(random.bytes(KEY_LENGTH));
}

export function generatePresharedKey(random: Random): PresharedKey {
  return new PresharedKey(random.bytes(KEY_LENGTH));
}
