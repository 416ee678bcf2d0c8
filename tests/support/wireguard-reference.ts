/**
 * WireGuard's messages (paper §5.4) on top of noise-reference.ts: a second implementation with byte offsets of its
 * own, for holding the engine against. It keeps no timers, no replay window and no peers, and throws on every failure.
 */
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { blake2s } from '@noble/hashes/blake2.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { createReferenceInitiator, createReferenceResponder } from './noise-reference.ts';

type Bytes = Uint8Array;

const IDENTIFIER = utf8ToBytes('WireGuard v1 zx2c4 Jason@zx2c4.com');
const INITIATION = { type: 1, length: 148 };
const RESPONSE = { type: 2, length: 92 };
const COOKIE_REPLY = { type: 3, length: 64 };
const TRANSPORT_DATA = { type: 4, minimumLength: 32 };
/** §5.4.4: both handshake messages end in mac1 and mac2. */
const MACS_LENGTH = 32;
const NO_PRESHARED_KEY = new Uint8Array(32);
const NO_COOKIE = new Uint8Array(16);

function u32(value: number): Bytes {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function readU32(message: Bytes, offset: number): number {
  return new DataView(message.buffer, message.byteOffset).getUint32(offset, true);
}

function expectMessage(message: Bytes, expected: { type: number; length: number }): void {
  if (message.length !== expected.length || readU32(message, 0) !== expected.type)
    throw new Error(`not a message of type ${expected.type}`);
}

/** §5.4.4: msg.mac1 = MAC(HASH(LABEL-MAC1 || Spub'), msgα), Spub' being the receiver's key. */
function computeMac1(receiverPublic: Bytes, covered: Bytes): Bytes {
  const key = blake2s(concatBytes(utf8ToBytes('mac1----'), receiverPublic));
  return blake2s(covered, { key, dkLen: 16 });
}

/** Appends mac1, and mac2 = MAC(cookie, msgβ) where there is a cookie. */
function withMacs(covered: Bytes, receiverPublic: Bytes, cookie: Bytes | null): Bytes {
  const withMac1 = concatBytes(covered, computeMac1(receiverPublic, covered));
  return concatBytes(withMac1, cookie ? blake2s(withMac1, { key: cookie, dkLen: 16 }) : NO_COOKIE);
}

/** @returns what lies before the macs @throws where mac1 is wrong */
function checkMac1(message: Bytes, receiverPublic: Bytes): Bytes {
  const covered = message.slice(0, -MACS_LENGTH);
  if (Buffer.compare(message.slice(-MACS_LENGTH, -16), computeMac1(receiverPublic, covered)) !== 0)
    throw new Error('mac1 is wrong');
  return covered;
}

/** The established session of one side: §5.4.5 and §5.4.6. */
export class ReferenceSession {
  readonly sendingKey: Bytes;
  readonly receivingKey: Bytes;
  readonly localIndex: number;
  readonly remoteIndex: number;

  constructor(keys: { sendingKey: Bytes; receivingKey: Bytes }, localIndex: number, remoteIndex: number) {
    this.sendingKey = keys.sendingKey;
    this.receivingKey = keys.receivingKey;
    this.localIndex = localIndex;
    this.remoteIndex = remoteIndex;
  }

  /** Transport data carrying `packet` padded with zeros to a multiple of 16; an empty packet is a keepalive. */
  encrypt(counter: bigint, packet: Bytes): Bytes {
    const padded = concatBytes(packet, new Uint8Array((16 - (packet.length % 16)) % 16));
    const header = concatBytes(
      u32(TRANSPORT_DATA.type),
      u32(this.remoteIndex),
      transportNonce(counter).slice(4),
    );
    return concatBytes(header, chacha20poly1305(this.sendingKey, transportNonce(counter)).encrypt(padded));
  }

  /** @returns the counter and the packet with its padding */
  decrypt(message: Bytes): { counter: bigint; packet: Bytes } {
    if (message.length < TRANSPORT_DATA.minimumLength || readU32(message, 0) !== TRANSPORT_DATA.type)
      throw new Error('not transport data');
    if (readU32(message, 4) !== this.localIndex) throw new Error("transport data of another session's index");
    const counter = new DataView(message.buffer, message.byteOffset).getBigUint64(8, true);
    const cipher = chacha20poly1305(this.receivingKey, transportNonce(counter));
    return { counter, packet: cipher.decrypt(message.slice(16)) };
  }
}

function transportNonce(counter: bigint): Bytes {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setBigUint64(4, counter, true);
  return nonce;
}

export interface WireGuardReferenceOptions {
  /** This side's private keys; the ephemeral one is random unless given. */
  readonly staticKey: Bytes;
  readonly ephemeral?: Bytes;
  /** 32 zero bytes unless given. */
  readonly psk?: Bytes;
  /** This side's sender index, a u32. */
  readonly localIndex: number;
}

export interface WireGuardReferenceInitiator {
  /** @param timestamp 12 bytes of TAI64N @param cookie 16 bytes, where mac2 is wanted @returns 148 bytes */
  writeInitiation(timestamp: Bytes, cookie?: Bytes): Bytes;
  readResponse(message: Bytes): ReferenceSession;
}

/** @param options.remoteStatic the responder's public key */
export function createWireGuardInitiator(
  options: WireGuardReferenceOptions & { readonly remoteStatic: Bytes },
): WireGuardReferenceInitiator {
  const noise = createReferenceInitiator({
    ...options,
    prologue: IDENTIFIER,
    psks: [options.psk ?? NO_PRESHARED_KEY],
  });
  const localPublic = x25519.getPublicKey(options.staticKey);
  return {
    writeInitiation(timestamp, cookie) {
      // type, reserved, sender 4 | ephemeral 32 | static 32 + 16 | timestamp 12 + 16 | mac1 16 | mac2 16
      if (timestamp.length !== 12) throw new RangeError('a timestamp is 12 bytes');
      const header = concatBytes(u32(INITIATION.type), u32(options.localIndex));
      return withMacs(
        concatBytes(header, noise.writeMessage(timestamp)),
        options.remoteStatic,
        cookie ?? null,
      );
    },
    readResponse(message) {
      // type, reserved, sender 4, receiver 4 | ephemeral 32 | empty 0 + 16 | mac1 16 | mac2 16
      expectMessage(message, RESPONSE);
      const covered = checkMac1(message, localPublic);
      if (readU32(message, 8) !== options.localIndex) throw new Error('a response to another initiation');
      if (noise.readMessage(covered.slice(12)).length !== 0) throw new Error('a response carries nothing');
      return new ReferenceSession(noise.split(), options.localIndex, readU32(message, 4));
    },
  };
}

export interface WireGuardReferenceResponder {
  readInitiation(message: Bytes): { remoteStatic: Bytes; timestamp: Bytes; remoteIndex: number };
  /** @returns 92 bytes and the session, in which the initiator is to send first */
  writeResponse(cookie?: Bytes): { message: Bytes; session: ReferenceSession };
}

export function createWireGuardResponder(options: WireGuardReferenceOptions): WireGuardReferenceResponder {
  const noise = createReferenceResponder({
    ...options,
    prologue: IDENTIFIER,
    psks: [options.psk ?? NO_PRESHARED_KEY],
  });
  const localPublic = x25519.getPublicKey(options.staticKey);
  let remoteIndex = 0;
  return {
    readInitiation(message) {
      expectMessage(message, INITIATION);
      const covered = checkMac1(message, localPublic);
      const timestamp = noise.readMessage(covered.slice(8));
      remoteIndex = readU32(message, 4);
      return { remoteStatic: noise.remoteStatic!, timestamp, remoteIndex };
    },
    writeResponse(cookie) {
      const header = concatBytes(u32(RESPONSE.type), u32(options.localIndex), u32(remoteIndex));
      const covered = concatBytes(header, noise.writeMessage());
      return {
        message: withMacs(covered, noise.remoteStatic!, cookie ?? null),
        session: new ReferenceSession(noise.split(), options.localIndex, remoteIndex),
      };
    },
  };
}

/** §5.4.7: the key is HASH(LABEL-COOKIE || Spub), Spub being the key of whoever sends the reply. */
function cookieKey(senderPublic: Bytes): Bytes {
  return blake2s(concatBytes(utf8ToBytes('cookie--'), senderPublic));
}

/** @param inReplyTo the handshake message, whose mac1 is authenticated @param nonce 24 bytes @returns 64 bytes */
export function writeCookieReply(senderPublic: Bytes, inReplyTo: Bytes, cookie: Bytes, nonce: Bytes): Bytes {
  const mac1 = inReplyTo.slice(-MACS_LENGTH, -16);
  const encrypted = xchacha20poly1305(cookieKey(senderPublic), nonce, mac1).encrypt(cookie);
  return concatBytes(u32(COOKIE_REPLY.type), u32(readU32(inReplyTo, 4)), nonce, encrypted);
}

/** @param inReplyTo the handshake message that was sent @returns 16 bytes */
export function readCookieReply(message: Bytes, senderPublic: Bytes, inReplyTo: Bytes): Bytes {
  expectMessage(message, COOKIE_REPLY);
  if (readU32(message, 4) !== readU32(inReplyTo, 4)) throw new Error('a cookie reply to another message');
  const mac1 = inReplyTo.slice(-MACS_LENGTH, -16);
  return xchacha20poly1305(cookieKey(senderPublic), message.slice(8, 32), mac1).decrypt(message.slice(32));
}
