/**
 * The four messages of paper §5.4, as bytes. Byte offsets of WireGuard's own messages exist only here.
 * Integers are little-endian. Fields of parsed messages are views into the datagram, not copies.
 */
import {
  AUTH_TAG_LENGTH,
  COOKIE_LENGTH,
  COOKIE_NONCE_LENGTH,
  KEY_LENGTH,
  MAC_LENGTH,
  PADDING_MULTIPLE,
  TIMESTAMP_LENGTH,
} from '../constants.ts';

/** The type byte and its three reserved zero bytes, read as one u32. */
const TYPE_HANDSHAKE_INITIATION = 1;
const TYPE_HANDSHAKE_RESPONSE = 2;
const TYPE_COOKIE_REPLY = 3;
const TYPE_TRANSPORT_DATA = 4;

export const HANDSHAKE_INITIATION_LENGTH = 148;
export const HANDSHAKE_RESPONSE_LENGTH = 92;
export const COOKIE_REPLY_LENGTH = 64;
/** type, receiverIndex, counter: what stands before the encrypted packet. */
export const TRANSPORT_HEADER_LENGTH = 16;
/** What transport data adds to a padded packet; also the length of a keepalive. */
export const TRANSPORT_OVERHEAD = TRANSPORT_HEADER_LENGTH + AUTH_TAG_LENGTH;

/** §5.4.2 */
export interface HandshakeInitiation {
  readonly kind: 'initiation';
  readonly senderIndex: number;
  readonly unencryptedEphemeral: Uint8Array;
  readonly encryptedStatic: Uint8Array;
  readonly encryptedTimestamp: Uint8Array;
  readonly macs: Macs;
}

/** §5.4.3 */
export interface HandshakeResponse {
  readonly kind: 'response';
  readonly senderIndex: number;
  readonly receiverIndex: number;
  readonly unencryptedEphemeral: Uint8Array;
  readonly encryptedNothing: Uint8Array;
  readonly macs: Macs;
}

/** §5.4.7 */
export interface CookieReply {
  readonly kind: 'cookie-reply';
  readonly receiverIndex: number;
  readonly nonce: Uint8Array;
  readonly encryptedCookie: Uint8Array;
}

/** §5.4.4: mac1 covers `beforeMac1`, mac2 covers `beforeMac2`. */
export interface Macs {
  readonly beforeMac1: Uint8Array;
  readonly mac1: Uint8Array;
  readonly beforeMac2: Uint8Array;
  readonly mac2: Uint8Array;
}

export type HandshakeMessage = HandshakeInitiation | HandshakeResponse | CookieReply;

export type MessageKind = HandshakeMessage['kind'] | 'transport-data';

/** Tells what a datagram claims to be by its type and length alone. */
export function classifyDatagram(
  view: DataView,
  offset: number,
  length: number,
): MessageKind | 'invalid-type' | 'invalid-length' {
  if (length < 4) return 'invalid-length';
  switch (view.getUint32(offset, true)) {
    case TYPE_HANDSHAKE_INITIATION:
      return length === HANDSHAKE_INITIATION_LENGTH ? 'initiation' : 'invalid-length';
    case TYPE_HANDSHAKE_RESPONSE:
      return length === HANDSHAKE_RESPONSE_LENGTH ? 'response' : 'invalid-length';
    case TYPE_COOKIE_REPLY:
      return length === COOKIE_REPLY_LENGTH ? 'cookie-reply' : 'invalid-length';
    case TYPE_TRANSPORT_DATA:
      return length >= TRANSPORT_OVERHEAD ? 'transport-data' : 'invalid-length';
    default:
      return 'invalid-type';
  }
}

const EPHEMERAL_AT = { initiation: 8, response: 12 };
const ENCRYPTED_STATIC_AT = 40;
const ENCRYPTED_TIMESTAMP_AT = 88;
const ENCRYPTED_NOTHING_AT = 44;

/** @param datagram of a handshake kind and of its exact length, as {@link classifyDatagram} found it */
export function parseHandshakeMessage(datagram: Uint8Array): HandshakeMessage {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  const field = (at: number, length: number) => datagram.subarray(at, at + length);
  switch (datagram.length) {
    case HANDSHAKE_INITIATION_LENGTH:
      return {
        kind: 'initiation',
        senderIndex: view.getUint32(4, true),
        unencryptedEphemeral: field(EPHEMERAL_AT.initiation, KEY_LENGTH),
        encryptedStatic: field(ENCRYPTED_STATIC_AT, KEY_LENGTH + AUTH_TAG_LENGTH),
        encryptedTimestamp: field(ENCRYPTED_TIMESTAMP_AT, TIMESTAMP_LENGTH + AUTH_TAG_LENGTH),
        macs: macsOf(datagram),
      };
    case HANDSHAKE_RESPONSE_LENGTH:
      return {
        kind: 'response',
        senderIndex: view.getUint32(4, true),
        receiverIndex: view.getUint32(8, true),
        unencryptedEphemeral: field(EPHEMERAL_AT.response, KEY_LENGTH),
        encryptedNothing: field(ENCRYPTED_NOTHING_AT, AUTH_TAG_LENGTH),
        macs: macsOf(datagram),
      };
    case COOKIE_REPLY_LENGTH:
      return {
        kind: 'cookie-reply',
        receiverIndex: view.getUint32(4, true),
        nonce: field(8, COOKIE_NONCE_LENGTH),
        encryptedCookie: field(8 + COOKIE_NONCE_LENGTH, COOKIE_LENGTH + AUTH_TAG_LENGTH),
      };
    default:
      throw new RangeError(`no handshake message has ${datagram.length} bytes`);
  }
}

function macsOf(datagram: Uint8Array): Macs {
  const mac2At = datagram.length - MAC_LENGTH;
  const mac1At = mac2At - MAC_LENGTH;
  return {
    beforeMac1: datagram.subarray(0, mac1At),
    mac1: datagram.subarray(mac1At, mac2At),
    beforeMac2: datagram.subarray(0, mac2At),
    mac2: datagram.subarray(mac2At),
  };
}

/** An initiation whose macs are still zero. @returns the datagram, and its macs to be filled in */
export function writeHandshakeInitiation(fields: Omit<HandshakeInitiation, 'kind' | 'macs'>): {
  datagram: Uint8Array;
  macs: Macs;
} {
  const datagram = new Uint8Array(HANDSHAKE_INITIATION_LENGTH);
  const view = new DataView(datagram.buffer);
  view.setUint32(0, TYPE_HANDSHAKE_INITIATION, true);
  view.setUint32(4, fields.senderIndex, true);
  datagram.set(fields.unencryptedEphemeral, EPHEMERAL_AT.initiation);
  datagram.set(fields.encryptedStatic, ENCRYPTED_STATIC_AT);
  datagram.set(fields.encryptedTimestamp, ENCRYPTED_TIMESTAMP_AT);
  return { datagram, macs: macsOf(datagram) };
}

/** A response whose macs are still zero. @returns the datagram, and its macs to be filled in */
export function writeHandshakeResponse(fields: Omit<HandshakeResponse, 'kind' | 'macs'>): {
  datagram: Uint8Array;
  macs: Macs;
} {
  const datagram = new Uint8Array(HANDSHAKE_RESPONSE_LENGTH);
  const view = new DataView(datagram.buffer);
  view.setUint32(0, TYPE_HANDSHAKE_RESPONSE, true);
  view.setUint32(4, fields.senderIndex, true);
  view.setUint32(8, fields.receiverIndex, true);
  datagram.set(fields.unencryptedEphemeral, EPHEMERAL_AT.response);
  datagram.set(fields.encryptedNothing, ENCRYPTED_NOTHING_AT);
  return { datagram, macs: macsOf(datagram) };
}

export function writeCookieReply(fields: Omit<CookieReply, 'kind'>): Uint8Array {
  const datagram = new Uint8Array(COOKIE_REPLY_LENGTH);
  const view = new DataView(datagram.buffer);
  view.setUint32(0, TYPE_COOKIE_REPLY, true);
  view.setUint32(4, fields.receiverIndex, true);
  datagram.set(fields.nonce, 8);
  datagram.set(fields.encryptedCookie, 8 + COOKIE_NONCE_LENGTH);
  return datagram;
}

/** Bytes of a plaintext of `length` as it is sealed (§5.4.6): a multiple of 16, but never past the MTU. */
export function paddedLength(length: number, mtu: number): number {
  const padded = Math.ceil(length / PADDING_MULTIPLE) * PADDING_MULTIPLE;
  return Math.max(length, Math.min(padded, mtu));
}

/** Transport data (§5.4.6) is read and written field by field: an object for each packet would cost more than the rules. */
export function readTransportReceiverIndex(view: DataView, offset: number): number {
  return view.getUint32(offset + 4, true);
}

export function readTransportCounterLow(view: DataView, offset: number): number {
  return view.getUint32(offset + 8, true);
}

export function readTransportCounterHigh(view: DataView, offset: number): number {
  return view.getUint32(offset + 12, true);
}

export function writeTransportHeader(
  view: DataView,
  offset: number,
  receiverIndex: number,
  counterHigh: number,
  counterLow: number,
): void {
  view.setUint32(offset, TYPE_TRANSPORT_DATA, true);
  view.setUint32(offset + 4, receiverIndex, true);
  view.setUint32(offset + 8, counterLow, true);
  view.setUint32(offset + 12, counterHigh, true);
}
