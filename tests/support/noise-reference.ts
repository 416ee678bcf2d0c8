/**
 * The Noise Protocol Framework, revision 34, for 25519, ChaChaPoly and BLAKE2s: a second implementation to hold
 * engine/noise against. It is written from the specification (section numbers below are its), is driven by pattern
 * data and shares no code with the engine. Slow, throws on every failure, wipes nothing: for tests only.
 */
import { randomBytes } from 'node:crypto';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { blake2s } from '@noble/hashes/blake2.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';

type Bytes = Uint8Array;
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss' | 'psk';

export interface HandshakePattern {
  /** As it stands in a protocol name, modifiers included. */
  readonly name: string;
  /** §7.1: tokens of the messages in order, the initiator's first. */
  readonly messages: readonly (readonly Token[])[];
}

/** §7.5. Its one pre-message is `<- s`: the initiator knows the responder's static key. */
const IK: HandshakePattern = {
  name: 'IK',
  messages: [
    ['e', 'es', 's', 'ss'],
    ['e', 'ee', 'se'],
  ],
};

/** §9.4: psk0 begins the first message with a psk token, psk1 ends the first, psk2 the second. */
export function ikPattern(...pskPositions: number[]): HandshakePattern {
  const messages = IK.messages.map((tokens) => [...tokens]);
  for (const position of pskPositions) {
    if (position === 0) messages[0]!.unshift('psk');
    else messages[position - 1]!.push('psk');
  }
  return { name: IK.name + pskPositions.map((position) => `psk${position}`).join('+'), messages };
}

const DHLEN = 32;
const HASHLEN = 32;
const TAGLEN = 16;
const EMPTY = new Uint8Array(0);

/** §4.3 HKDF(chaining_key, input_key_material, num_outputs), which is RFC 5869 with an empty info. */
function noiseHkdf(chainingKey: Bytes, inputKeyMaterial: Bytes, outputs: 2 | 3): Bytes[] {
  const okm = hkdf(blake2s, inputKeyMaterial, chainingKey, EMPTY, outputs * HASHLEN);
  return Array.from({ length: outputs }, (_, i) => okm.slice(i * HASHLEN, (i + 1) * HASHLEN));
}

/** §5.1. */
export class CipherState {
  #k: Bytes | null;
  #n = 0n;

  constructor(key: Bytes | null) {
    this.#k = key;
  }

  hasKey(): boolean {
    return this.#k !== null;
  }

  encryptWithAd(ad: Bytes, plaintext: Bytes): Bytes {
    if (this.#k === null) return plaintext;
    const ciphertext = chacha20poly1305(this.#k, this.#nonce(), ad).encrypt(plaintext);
    this.#n += 1n;
    return ciphertext;
  }

  /** @throws where the tag is wrong; the nonce then stays as it was */
  decryptWithAd(ad: Bytes, ciphertext: Bytes): Bytes {
    if (this.#k === null) return ciphertext;
    const plaintext = chacha20poly1305(this.#k, this.#nonce(), ad).decrypt(ciphertext);
    this.#n += 1n;
    return plaintext;
  }

  /** §12.3: 32 bits of zeros, then n in little-endian. */
  #nonce(): Bytes {
    const nonce = new Uint8Array(12);
    new DataView(nonce.buffer).setBigUint64(4, this.#n, true);
    return nonce;
  }
}

/** §5.2. */
class SymmetricState {
  #cipher = new CipherState(null);
  #ck: Bytes;
  #h: Bytes;

  constructor(protocolName: string) {
    const name = utf8ToBytes(protocolName);
    this.#h =
      name.length <= HASHLEN ? concatBytes(name, new Uint8Array(HASHLEN - name.length)) : blake2s(name);
    this.#ck = this.#h;
  }

  get handshakeHash(): Bytes {
    return this.#h;
  }

  get chainingKey(): Bytes {
    return this.#ck;
  }

  /** How many bytes EncryptAndHash adds. */
  get overhead(): number {
    return this.#cipher.hasKey() ? TAGLEN : 0;
  }

  mixHash(data: Bytes): void {
    this.#h = blake2s(concatBytes(this.#h, data));
  }

  mixKey(inputKeyMaterial: Bytes): void {
    const [ck, k] = noiseHkdf(this.#ck, inputKeyMaterial, 2);
    this.#ck = ck!;
    this.#cipher = new CipherState(k!);
  }

  mixKeyAndHash(inputKeyMaterial: Bytes): void {
    const [ck, h, k] = noiseHkdf(this.#ck, inputKeyMaterial, 3);
    this.#ck = ck!;
    this.mixHash(h!);
    this.#cipher = new CipherState(k!);
  }

  encryptAndHash(plaintext: Bytes): Bytes {
    const ciphertext = this.#cipher.encryptWithAd(this.#h, plaintext);
    this.mixHash(ciphertext);
    return ciphertext;
  }

  decryptAndHash(ciphertext: Bytes): Bytes {
    const plaintext = this.#cipher.decryptWithAd(this.#h, ciphertext);
    this.mixHash(ciphertext);
    return plaintext;
  }

  /** @returns the initiator's key, then the responder's */
  split(): [Bytes, Bytes] {
    const [k1, k2] = noiseHkdf(this.#ck, EMPTY, 2);
    return [k1!, k2!];
  }
}

export interface ReferenceOptions {
  /** IKpsk2 unless told. */
  readonly pattern?: HandshakePattern;
  readonly prologue?: Bytes;
  /** This side's private keys, 32 bytes; the ephemeral one is random unless given. */
  readonly staticKey: Bytes;
  readonly ephemeral?: Bytes;
  /** One for each psk token, in order. */
  readonly psks?: readonly Bytes[];
}

export interface ReferenceInitiatorOptions extends ReferenceOptions {
  /** The responder's public key. */
  readonly remoteStatic: Bytes;
}

export interface ReferenceTransport {
  readonly sendingKey: Bytes;
  readonly receivingKey: Bytes;
  readonly handshakeHash: Bytes;
}

type KeyPair = ReturnType<typeof keyPair>;

function keyPair(privateKey: Bytes) {
  return { privateKey, publicKey: x25519.getPublicKey(privateKey) };
}

/** §5.3. */
export class ReferenceHandshake {
  readonly #initiator: boolean;
  readonly #pattern: HandshakePattern;
  readonly #symmetric: SymmetricState;
  readonly #psks: Bytes[];
  readonly #s: KeyPair;
  readonly #fixedEphemeral: Bytes | undefined;
  #e: KeyPair | null = null;
  #rs: Bytes | null;
  #re: Bytes | null = null;
  #messageIndex = 0;

  constructor(initiator: boolean, options: ReferenceOptions, remoteStatic: Bytes | null) {
    this.#initiator = initiator;
    this.#pattern = options.pattern ?? ikPattern(2);
    this.#psks = [...(options.psks ?? [])];
    this.#s = keyPair(options.staticKey);
    this.#fixedEphemeral = options.ephemeral;
    this.#rs = remoteStatic;
    this.#symmetric = new SymmetricState(`Noise_${this.#pattern.name}_25519_ChaChaPoly_BLAKE2s`);
    this.#symmetric.mixHash(options.prologue ?? EMPTY);
    this.#symmetric.mixHash(initiator ? this.#required(this.#rs, 'remote static') : this.#s.publicKey);
  }

  /** The other side's public key, null until it is known. */
  get remoteStatic(): Bytes | null {
    return this.#rs;
  }

  get handshakeHash(): Bytes {
    return this.#symmetric.handshakeHash;
  }

  get chainingKey(): Bytes {
    return this.#symmetric.chainingKey;
  }

  writeMessage(payload: Bytes = EMPTY): Bytes {
    const parts: Bytes[] = [];
    for (const token of this.#nextTokens(true)) {
      if (token === 'e') {
        this.#e = keyPair(this.#fixedEphemeral ?? Uint8Array.from(randomBytes(DHLEN)));
        parts.push(this.#e.publicKey);
        this.#mixEphemeral(this.#e.publicKey);
      } else if (token === 's') {
        parts.push(this.#symmetric.encryptAndHash(this.#s.publicKey));
      } else this.#mixSecret(token);
    }
    parts.push(this.#symmetric.encryptAndHash(payload));
    return concatBytes(...parts);
  }

  /** @returns the payload @throws where a tag is wrong or the message too short; the handshake is then void */
  readMessage(message: Bytes): Bytes {
    let rest = message;
    const take = (length: number): Bytes => {
      if (rest.length < length) throw new RangeError('the message is too short');
      const taken = rest.slice(0, length);
      rest = rest.slice(length);
      return taken;
    };
    for (const token of this.#nextTokens(false)) {
      if (token === 'e') {
        this.#re = take(DHLEN);
        this.#mixEphemeral(this.#re);
      } else if (token === 's') {
        this.#rs = this.#symmetric.decryptAndHash(take(DHLEN + this.#symmetric.overhead));
      } else this.#mixSecret(token);
    }
    return this.#symmetric.decryptAndHash(rest);
  }

  split(): ReferenceTransport {
    if (this.#messageIndex < this.#pattern.messages.length) throw new Error('the handshake is not finished');
    const [initiatorKey, responderKey] = this.#symmetric.split();
    return {
      sendingKey: this.#initiator ? initiatorKey : responderKey,
      receivingKey: this.#initiator ? responderKey : initiatorKey,
      handshakeHash: this.#symmetric.handshakeHash,
    };
  }

  #nextTokens(writing: boolean): readonly Token[] {
    const tokens = this.#required(this.#pattern.messages[this.#messageIndex] ?? null, 'further message');
    const initiatorsTurn = this.#messageIndex % 2 === 0;
    if (writing !== (initiatorsTurn === this.#initiator)) throw new Error("it is the other side's turn");
    this.#messageIndex += 1;
    return tokens;
  }

  /** §9.2: in a handshake with a psk, an ephemeral key goes into the chaining key too. */
  #mixEphemeral(publicKey: Bytes): void {
    this.#symmetric.mixHash(publicKey);
    if (this.#pattern.name.includes('psk')) this.#symmetric.mixKey(publicKey);
  }

  #mixSecret(token: Exclude<Token, 'e' | 's'>): void {
    if (token === 'psk') {
      this.#symmetric.mixKeyAndHash(this.#required(this.#psks.shift() ?? null, 'preshared key'));
      return;
    }
    // The first letter is the initiator's key, the second the responder's.
    const [ours, theirs] = this.#initiator ? [token[0], token[1]] : [token[1], token[0]];
    const local = ours === 'e' ? this.#required(this.#e, 'ephemeral') : this.#s;
    const remote = this.#required(theirs === 'e' ? this.#re : this.#rs, 'remote key');
    this.#symmetric.mixKey(x25519.getSharedSecret(local.privateKey, remote));
  }

  #required<T>(value: T | null, what: string): T {
    if (value === null) throw new Error(`the handshake has no ${what}`);
    return value;
  }
}

export function createReferenceInitiator(options: ReferenceInitiatorOptions): ReferenceHandshake {
  return new ReferenceHandshake(true, options, options.remoteStatic);
}

export function createReferenceResponder(options: ReferenceOptions): ReferenceHandshake {
  return new ReferenceHandshake(false, options, null);
}
