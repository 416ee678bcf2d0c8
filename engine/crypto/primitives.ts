/**
 * The functions of paper §5.4, under its names. Every byte string is a Uint8Array; keys and hashes are 32 bytes.
 *
 * @noble's audited code is the reference. X25519 and BLAKE2s come from node:crypto where the runtime has them (33 and
 * 4 times faster); tests hold the two against each other.
 */
import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  getHashes,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto';
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { blake2s } from '@noble/hashes/blake2.js';
import { hmac as nobleHmac } from '@noble/hashes/hmac.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { KEY_LENGTH, MAC_LENGTH } from '../constants.ts';

/** What is built on BLAKE2s-256 (RFC 7693) without a key of its own. */
export interface HashFunctions {
  /** HASH(input), of the parts one after another. @returns 32 bytes */
  hash(...parts: Uint8Array[]): Uint8Array;
  /** HMAC(key, input): RFC 2104. @returns 32 bytes */
  hmac(key: Uint8Array, input: Uint8Array): Uint8Array;
}

/** The reference implementation of {@link HashFunctions}. */
export const nobleHashFunctions: HashFunctions = {
  hash: (...parts) => {
    const state = blake2s.create({ dkLen: 32 });
    for (const part of parts) state.update(part);
    return state.digest();
  },
  hmac: (key, input) => nobleHmac(blake2s, key, input),
};

const OPENSSL_BLAKE2S = 'blake2s256';

/**
 * {@link HashFunctions} by OpenSSL: an HMAC takes 3 µs against noble's 13.
 * NOTE: a key of HMAC is also in OpenSSL's own memory, until the object is collected.
 */
export const nodeHashFunctions: HashFunctions = {
  hash: (...parts) => {
    const state = createHash(OPENSSL_BLAKE2S);
    for (const part of parts) state.update(part);
    return plainBytes(state.digest());
  },
  hmac: (key, input) => plainBytes(createHmac(OPENSSL_BLAKE2S, key).update(input).digest()),
};

/** The same memory without a Buffer's methods, of which `slice` does not copy. */
function plainBytes({ buffer, byteOffset, length }: Buffer): Uint8Array {
  return new Uint8Array(buffer, byteOffset, length);
}

/** {@link HashFunctions} by the fastest implementation that this runtime has: Electron's BoringSSL has no BLAKE2s. */
export const { hash, hmac }: HashFunctions = getHashes().includes(OPENSSL_BLAKE2S)
  ? nodeHashFunctions
  : nobleHashFunctions;

/** MAC(key, input): keyed BLAKE2s, which node:crypto does not offer. @returns 16 bytes */
export function mac(key: Uint8Array, ...parts: Uint8Array[]): Uint8Array {
  const state = blake2s.create({ key, dkLen: MAC_LENGTH });
  for (const part of parts) state.update(part);
  return state.digest();
}

/** Compares two secrets of one length in constant time. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return timingSafeEqual(a, b);
}

const ONE = Uint8Array.of(1);
/** ε */
export const EMPTY = new Uint8Array(0);

/** KDF1(key, input): HKDF (RFC 5869) with one output. */
export function kdf1(key: Uint8Array, input: Uint8Array): Uint8Array {
  // τ0 = HMAC(key, input), τ1 = HMAC(τ0, 0x1)
  return hmac(hmac(key, input), ONE);
}

/** KDF2(key, input): two outputs. */
export function kdf2(key: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array] {
  // τi = HMAC(τ0, τi−1 || i)
  const t0 = hmac(key, input);
  const t1 = hmac(t0, ONE);
  const t2 = hmac(t0, concatBytes(t1, Uint8Array.of(2)));
  return [t1, t2];
}

/** KDF3(key, input): three outputs. */
export function kdf3(key: Uint8Array, input: Uint8Array): [Uint8Array, Uint8Array, Uint8Array] {
  const t0 = hmac(key, input);
  const t1 = hmac(t0, ONE);
  const t2 = hmac(t0, concatBytes(t1, Uint8Array.of(2)));
  const t3 = hmac(t0, concatBytes(t2, Uint8Array.of(3)));
  return [t1, t2, t3];
}

/** 32 zero bits, then the counter as a little-endian u64 (§5.4). Handshake messages use counter 0. */
const HANDSHAKE_NONCE = new Uint8Array(12);

/** AEAD(key, 0, plaintext, authText): ChaCha20-Poly1305 (RFC 8439). @returns ciphertext and 16-byte tag */
export function aeadSeal(key: Uint8Array, plaintext: Uint8Array, authText: Uint8Array): Uint8Array {
  return chacha20poly1305(key, HANDSHAKE_NONCE, authText).encrypt(plaintext);
}

/** @returns the plaintext, or null where the tag does not match */
export function aeadOpen(key: Uint8Array, ciphertext: Uint8Array, authText: Uint8Array): Uint8Array | null {
  return openOrNull(() => chacha20poly1305(key, HANDSHAKE_NONCE, authText).decrypt(ciphertext));
}

/** XAEAD(key, nonce, plaintext, authText): XChaCha20-Poly1305 with a 24-byte nonce. */
export function xaeadSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  authText: Uint8Array,
): Uint8Array {
  return xchacha20poly1305(key, nonce, authText).encrypt(plaintext);
}

/** @returns the plaintext, or null where the tag does not match */
export function xaeadOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  ciphertext: Uint8Array,
  authText: Uint8Array,
): Uint8Array | null {
  return openOrNull(() => xchacha20poly1305(key, nonce, authText).decrypt(ciphertext));
}

function openOrNull(open: () => Uint8Array): Uint8Array | null {
  try {
    return open();
  } catch {
    return null; // noble throws for a wrong tag, and for nothing else with arguments of these lengths
  }
}

/** One side's Curve25519 key, imported once and used for many DH computations. */
export interface DhKey {
  /** DH-PUBKEY: 32 bytes. */
  readonly publicKey: Uint8Array;
  /** DH(private, public): 32 bytes, or null where the result is all zero (RFC 7748 §6.1). */
  dh(publicKey: Uint8Array): Uint8Array | null;
}

/** The reference implementation of {@link DhKey}. @param privateKey 32 bytes */
export function nobleDhKey(privateKey: Uint8Array): DhKey {
  return {
    publicKey: x25519.getPublicKey(privateKey),
    dh: (remote) => {
      requireKeyLength(remote);
      return openOrNull(() => x25519.getSharedSecret(privateKey, remote));
    },
  };
}

/**
 * {@link DhKey} by OpenSSL. Keys are imported as JWK (RFC 8037), which node hands over raw: 6 µs against 80 µs as DER.
 * NOTE: the private key is also in strings and in OpenSSL's own memory, which last until they are collected, not until
 * we wipe ours.
 */
export function nodeDhKey(privateKey: Uint8Array): DhKey {
  const d = Buffer.from(privateKey).toString('base64url');
  // JWK wants the public half beside the private one; node checks only that it is a string and derives its own.
  const key = createPrivateKey({ key: { kty: 'OKP', crv: 'X25519', d, x: '' }, format: 'jwk' });
  return {
    publicKey: Uint8Array.from(Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url')),
    dh: (remote) => {
      requireKeyLength(remote);
      const publicKey = importPublicKey(Buffer.from(remote).toString('base64url'));
      return openOrNull(() => diffieHellman({ privateKey: key, publicKey }));
    },
  };
}

/** Both sides of a handshake compute with the other's ephemeral key twice. */
let latestImport: { readonly x: string; readonly key: KeyObject } | null = null;

/** @param x of a JWK: 32 bytes as base64url */
function importPublicKey(x: string): KeyObject {
  if (latestImport?.x !== x) {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
    latestImport = { x, key };
  }
  return latestImport.key;
}

/** A point of another length is a bug of the caller's, not a packet of a stranger's. */
function requireKeyLength(publicKey: Uint8Array): void {
  if (publicKey.length !== KEY_LENGTH) throw new RangeError(`a public key of ${publicKey.length} bytes`);
}

function nodeHasX25519(): boolean {
  try {
    return nodeDhKey(new Uint8Array(KEY_LENGTH).fill(1)).publicKey.length === KEY_LENGTH;
  } catch {
    return false;
  }
}

/** {@link DhKey} by the fastest implementation that this runtime has. */
export const dhKey: (privateKey: Uint8Array) => DhKey = nodeHasX25519() ? nodeDhKey : nobleDhKey;
