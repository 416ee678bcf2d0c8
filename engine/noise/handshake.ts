/**
 * The Noise_IKpsk2 handshake, in both roles. Read paper §5.4 to §5.4.5 first; the formulas here are the paper's, with
 * `C` written chainingKey and `H` hash. Every function is pure but for the random ephemeral: it takes messages and
 * states, and returns new ones. Nothing that was pending changes when a message is refused.
 */
import { CONSTRUCTION, IDENTIFIER, KEY_LENGTH } from '../constants.ts';
import {
  aeadOpen,
  aeadSeal,
  type DhKey,
  dhKey,
  EMPTY,
  hash,
  kdf1,
  kdf2,
  kdf3,
} from '../crypto/primitives.ts';
import type { DropReason } from '../errors.ts';
import type { Random } from '../ports.ts';
import {
  type HandshakeInitiation,
  type HandshakeResponse,
  type Macs,
  writeHandshakeInitiation,
  writeHandshakeResponse,
} from '../wire/messages.ts';

const INITIAL_CHAINING_KEY = hash(Buffer.from(CONSTRUCTION));
const INITIAL_HASH = hash(INITIAL_CHAINING_KEY, Buffer.from(IDENTIFIER));

/** What a handshake needs to know of the other side. */
export interface RemoteIdentity {
  readonly publicKey: Uint8Array;
  /** DH(our private key, their public key), computed once a peer; null where it is all zero. */
  readonly staticStatic: Uint8Array | null;
  /** 32 bytes, all zero where there is none. */
  readonly presharedKey: Uint8Array;
}

/** Between our initiation and its response. */
export interface SentInitiation {
  readonly kind: 'initiation-sent';
  readonly localIndex: number;
  readonly hash: Uint8Array;
  readonly chainingKey: Uint8Array;
  readonly ephemeral: DhKey;
}

/** An initiation that decrypted, up to its sender's identity; nothing in it is proved yet. */
export interface ReadInitiation {
  readonly remotePublicKey: Uint8Array;
  readonly remoteIndex: number;
  readonly remoteEphemeral: Uint8Array;
  readonly hash: Uint8Array;
  readonly chainingKey: Uint8Array;
  readonly encryptedTimestamp: Uint8Array;
}

/** An initiation whose timestamp proved who sent it. */
export interface ConsumedInitiation {
  readonly remoteIndex: number;
  readonly remoteEphemeral: Uint8Array;
  readonly hash: Uint8Array;
  readonly chainingKey: Uint8Array;
  readonly timestamp: Uint8Array;
}

/** §5.4.5: the 32-byte transport keys of one side. */
export interface SessionKeys {
  readonly sending: Uint8Array;
  readonly receiving: Uint8Array;
}

export interface WrittenMessage {
  readonly datagram: Uint8Array;
  /** Still zero: see cookie.ts. */
  readonly macs: Macs;
}

/** §5.4.2, initiator. @returns null where DH with the peer's key is all zero: such a peer can have no handshake */
export function createInitiation(
  local: DhKey,
  remote: RemoteIdentity,
  localIndex: number,
  timestamp: Uint8Array,
  random: Random,
): { message: WrittenMessage; state: SentInitiation } | null {
  const ephemeral = dhKey(random.bytes(KEY_LENGTH));
  const unencryptedEphemeral = ephemeral.publicKey;
  // H := HASH(H || Spub_r); H := HASH(H || msg.ephemeral); C := KDF1(C, Epub_i)
  let h = hash(hash(INITIAL_HASH, remote.publicKey), unencryptedEphemeral);
  let c = kdf1(INITIAL_CHAINING_KEY, unencryptedEphemeral);
  // (C, k) := KDF2(C, DH(Epriv_i, Spub_r)); msg.static := AEAD(k, 0, Spub_i, H); H := HASH(H || msg.static)
  const ephemeralStatic = ephemeral.dh(remote.publicKey);
  if (ephemeralStatic === null || remote.staticStatic === null) return null;
  let k: Uint8Array;
  [c, k] = kdf2(c, ephemeralStatic);
  const encryptedStatic = aeadSeal(k, local.publicKey, h);
  h = hash(h, encryptedStatic);
  // (C, k) := KDF2(C, DH(Spriv_i, Spub_r)); msg.timestamp := AEAD(k, 0, TIMESTAMP(), H); H := HASH(H || msg.timestamp)
  [c, k] = kdf2(c, remote.staticStatic);
  const encryptedTimestamp = aeadSeal(k, timestamp, h);
  h = hash(h, encryptedTimestamp);
  return {
    message: writeHandshakeInitiation({
      senderIndex: localIndex,
      unencryptedEphemeral,
      encryptedStatic,
      encryptedTimestamp,
    }),
    state: { kind: 'initiation-sent', localIndex, hash: h, chainingKey: c, ephemeral },
  };
}

/** §5.4.2, responder, first half: who says it is. */
export function readInitiation(
  local: DhKey,
  message: HandshakeInitiation,
): ReadInitiation | Extract<DropReason, 'invalid-ephemeral' | 'invalid-static'> {
  // H := HASH(H || Spub_r); H := HASH(H || msg.ephemeral); C := KDF1(C, Epub_i)
  let h = hash(hash(INITIAL_HASH, local.publicKey), message.unencryptedEphemeral);
  const c = kdf1(INITIAL_CHAINING_KEY, message.unencryptedEphemeral);
  // (C, k) := KDF2(C, DH(Spriv_r, Epub_i)); Spub_i := AEAD⁻¹(k, 0, msg.static, H); H := HASH(H || msg.static)
  const staticEphemeral = local.dh(message.unencryptedEphemeral);
  if (staticEphemeral === null) return 'invalid-ephemeral';
  const [chainingKey, k] = kdf2(c, staticEphemeral);
  const remotePublicKey = aeadOpen(k, message.encryptedStatic, h);
  if (remotePublicKey === null) return 'invalid-static';
  h = hash(h, message.encryptedStatic);
  return {
    remotePublicKey,
    remoteIndex: message.senderIndex,
    remoteEphemeral: Uint8Array.from(message.unencryptedEphemeral),
    hash: h,
    chainingKey,
    encryptedTimestamp: message.encryptedTimestamp,
  };
}

/** §5.4.2, responder, second half: the timestamp proves it. Whether it is new is the caller's to judge. */
export function consumeInitiation(
  remote: RemoteIdentity,
  read: ReadInitiation,
): ConsumedInitiation | Extract<DropReason, 'unknown-static' | 'invalid-timestamp'> {
  if (remote.staticStatic === null) return 'unknown-static';
  // (C, k) := KDF2(C, DH(Spriv_r, Spub_i)); timestamp := AEAD⁻¹(k, 0, msg.timestamp, H); H := HASH(H || msg.timestamp)
  const [c, k] = kdf2(read.chainingKey, remote.staticStatic);
  const timestamp = aeadOpen(k, read.encryptedTimestamp, read.hash);
  if (timestamp === null) return 'invalid-timestamp';
  return {
    remoteIndex: read.remoteIndex,
    remoteEphemeral: read.remoteEphemeral,
    hash: hash(read.hash, read.encryptedTimestamp),
    chainingKey: c,
    timestamp,
  };
}

/** §5.4.3, responder. @returns null where a DH result is all zero */
export function createResponse(
  remote: RemoteIdentity,
  consumed: ConsumedInitiation,
  localIndex: number,
  random: Random,
): { message: WrittenMessage; keys: SessionKeys } | null {
  const ephemeral = dhKey(random.bytes(KEY_LENGTH));
  const unencryptedEphemeral = ephemeral.publicKey;
  // C := KDF1(C, Epub_r); H := HASH(H || msg.ephemeral)
  let c = kdf1(consumed.chainingKey, unencryptedEphemeral);
  let h = hash(consumed.hash, unencryptedEphemeral);
  // C := KDF1(C, DH(Epriv_r, Epub_i)); C := KDF1(C, DH(Epriv_r, Spub_i))
  const ephemeralEphemeral = ephemeral.dh(consumed.remoteEphemeral);
  const ephemeralStatic = ephemeral.dh(remote.publicKey);
  if (ephemeralEphemeral === null || ephemeralStatic === null) return null;
  c = kdf1(kdf1(c, ephemeralEphemeral), ephemeralStatic);
  // (C, τ, k) := KDF3(C, Q); H := HASH(H || τ); msg.empty := AEAD(k, 0, ε, H)
  const [chainingKey, temporary, k] = kdf3(c, remote.presharedKey);
  h = hash(h, temporary);
  const encryptedNothing = aeadSeal(k, EMPTY, h);
  // (Trecv_r, Tsend_r) := KDF2(C, ε)
  const [receiving, sending] = kdf2(chainingKey, EMPTY);
  const message = writeHandshakeResponse({
    senderIndex: localIndex,
    receiverIndex: consumed.remoteIndex,
    unencryptedEphemeral,
    encryptedNothing,
  });
  return { message, keys: { sending, receiving } };
}

/** §5.4.3, initiator. @returns null for a response that is not the answer to `sent`, which stays pending */
export function consumeResponse(
  local: DhKey,
  remote: RemoteIdentity,
  sent: SentInitiation,
  message: HandshakeResponse,
): SessionKeys | null {
  // C := KDF1(C, Epub_r); H := HASH(H || msg.ephemeral)
  let c = kdf1(sent.chainingKey, message.unencryptedEphemeral);
  let h = hash(sent.hash, message.unencryptedEphemeral);
  // C := KDF1(C, DH(Epriv_i, Epub_r)); C := KDF1(C, DH(Spriv_i, Epub_r))
  const ephemeralEphemeral = sent.ephemeral.dh(message.unencryptedEphemeral);
  const staticEphemeral = local.dh(message.unencryptedEphemeral);
  if (ephemeralEphemeral === null || staticEphemeral === null) return null;
  c = kdf1(kdf1(c, ephemeralEphemeral), staticEphemeral);
  // (C, τ, k) := KDF3(C, Q); H := HASH(H || τ); ε := AEAD⁻¹(k, 0, msg.empty, H)
  const [chainingKey, temporary, k] = kdf3(c, remote.presharedKey);
  h = hash(h, temporary);
  if (aeadOpen(k, message.encryptedNothing, h) === null) return null;
  // (Tsend_i, Trecv_i) := KDF2(C, ε)
  const [sending, receiving] = kdf2(chainingKey, EMPTY);
  return { sending, receiving };
}
