/** Reads the published vectors beside this file; README.md says where each comes from. */
import { readFileSync } from 'node:fs';

export interface VectorFile<Test> {
  readonly source: string;
  readonly tests: readonly Test[];
}

/** All byte strings are hex. */
export interface AeadVector {
  readonly name: string;
  readonly key: string;
  readonly nonce: string;
  readonly aad: string;
  readonly plaintext: string;
  readonly ciphertext: string;
  readonly tag: string;
}

export interface Rfc8439 extends VectorFile<AeadVector> {
  /** The first block of keystream that the AEAD gives to its plaintext, for a zero key and a zero nonce. */
  readonly zeroKeystream: {
    name: string;
    key: string;
    nonce: string;
    blockCounter: number;
    keystream: string;
  };
}

export interface Poly1305Vector {
  readonly name: string;
  /** r and s. */
  readonly key: string;
  readonly message: string;
  readonly tag: string;
}

export interface WycheproofAead {
  readonly tcId: number;
  readonly comment: string;
  readonly key: string;
  readonly iv: string;
  readonly aad: string;
  readonly msg: string;
  readonly ct: string;
  readonly tag: string;
  readonly result: 'valid' | 'invalid';
}

export interface WycheproofX25519 {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly public: string;
  readonly private: string;
  readonly shared: string;
  readonly result: 'valid' | 'acceptable';
}

/** BLAKE2s of the bytes 0, 1, 2, … `length` − 1, with and without `key`, for 32-byte and 16-byte digests. */
export interface Blake2sKnownAnswer {
  readonly length: number;
  readonly unkeyed32: string;
  readonly keyed32: string;
  readonly keyed16: string;
}

export interface Blake2sKnownAnswers extends VectorFile<Blake2sKnownAnswer> {
  readonly key: string;
}

export interface Rfc7693 extends VectorFile<{ name: string; input: string; digest: string }> {
  readonly selfTest: { digestLengths: number[]; inputLengths: number[]; grandHash: string };
}

export interface Rfc7748 extends VectorFile<{ scalar: string; u: string; output: string }> {
  readonly iterated: readonly { iterations: number; k: string }[];
  readonly exchange: {
    alicePrivate: string;
    alicePublic: string;
    bobPrivate: string;
    bobPublic: string;
    shared: string;
  };
}

export interface KdfVector {
  readonly key: string;
  readonly input: string;
  readonly t1: string;
  readonly t2: string;
  readonly t3: string;
}

export interface Tai64nVectors
  extends VectorFile<{ unixSeconds: number; nanoseconds: number; label: string }> {
  readonly whitening: {
    startNanoseconds: number;
    cases: readonly { afterNanoseconds: number; later: boolean }[];
  };
}

/** The messages alternate, the initiator's first; after the second they are transport messages. */
export interface NoiseVector {
  readonly source: 'cacophony' | 'snow' | 'flynn';
  readonly protocol: string;
  readonly prologue: string;
  readonly psks: readonly string[];
  readonly initiatorStatic: string;
  readonly initiatorEphemeral: string;
  readonly responderStatic: string;
  readonly responderEphemeral: string;
  /** Null where the source gives only the private key. */
  readonly responderStaticPublic: string | null;
  readonly handshakeHash: string | null;
  readonly messages: readonly { payload: string; ciphertext: string }[];
}

interface VectorFiles {
  'blake2s-known-answers': Blake2sKnownAnswers;
  'noise-ik': VectorFile<NoiseVector>;
  'rfc7693-blake2s': Rfc7693;
  'rfc7748-x25519': Rfc7748;
  'rfc8439-aead': Rfc8439;
  'rfc8439-poly1305': VectorFile<Poly1305Vector>;
  tai64n: Tai64nVectors;
  'wireguard-go-kdf': VectorFile<KdfVector>;
  'wireguard-initial-hashes': VectorFile<{ name: string; digest: string }>;
  'wycheproof-chacha20-poly1305': VectorFile<WycheproofAead>;
  'wycheproof-x25519': VectorFile<WycheproofX25519>;
  'wycheproof-xchacha20-poly1305': VectorFile<WycheproofAead>;
  'xchacha20-poly1305-draft': VectorFile<AeadVector>;
}

export function readVectors<Name extends keyof VectorFiles>(name: Name): VectorFiles[Name] {
  return JSON.parse(readFileSync(new URL(`./${name}.json`, import.meta.url), 'utf8'));
}

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
