/**
 * A peer's handshakes, in both roles: the initiation of ours that is pending, the limits on those of the peer's, and
 * what both need to know of it. What is sent and which keypair takes whose place is the peer's to decide.
 */
import { HANDSHAKE_INITIATION_INTERVAL_MS, KEY_LENGTH, REKEY_TIMEOUT_MS } from '../constants.ts';
import { EMPTY } from '../crypto/primitives.ts';
import { isLater } from '../crypto/tai64n.ts';
import type { DropReason } from '../errors.ts';
import { CookieJar } from '../noise/cookie.ts';
import {
  consumeInitiation,
  consumeResponse,
  createInitiation,
  createResponse,
  type ReadInitiation,
  type RemoteIdentity,
  type SentInitiation,
  type SessionKeys,
  type WrittenMessage,
} from '../noise/handshake.ts';
import { Keypair } from '../noise/keypair.ts';
import type { MonotonicMs } from '../ports.ts';
import type { CookieReply, HandshakeResponse } from '../wire/messages.ts';
import type { PeerContext } from './context.ts';
import type { Peer } from './peer.ts';

const NO_PRESHARED_KEY = new Uint8Array(KEY_LENGTH);
const LONG_AGO: MonotonicMs = Number.NEGATIVE_INFINITY;

export class Handshakes {
  readonly #peer: Peer;
  readonly #context: PeerContext;
  /** Computed when first asked for: 65,536 peers cost nothing before their first handshake. */
  #remote: RemoteIdentity | null = null;
  #cookieJar: CookieJar | null = null;
  #pending: SentInitiation | null = null;
  #lastSentAt = LONG_AGO;
  #lastInitiationConsumedAt = LONG_AGO;
  #greatestTimestamp: Uint8Array = EMPTY;

  constructor(peer: Peer, context: PeerContext) {
    this.#peer = peer;
    this.#context = context;
  }

  /** The peer's preshared key or our private key is another. */
  forgetRemoteIdentity(): void {
    this.#remote?.staticStatic?.fill(0);
    this.#remote = null;
  }

  /** What was computed with the device's former private key is forgotten, and a handshake may start at once. */
  onLocalIdentityChanged(): void {
    this.forgetRemoteIdentity();
    this.clear();
    this.allowAtOnce();
  }

  allowAtOnce(): void {
    this.#lastSentAt = LONG_AGO;
  }

  /** Lets the pending initiation go, and with it the keys that it led to. */
  clear(): void {
    if (this.#pending === null) return;
    this.#context.indexTable.delete(this.#pending.localIndex);
    this.#pending.chainingKey.fill(0);
    this.#pending = null;
  }

  /** @returns an initiation's datagram; null where one was sent within REKEY_TIMEOUT, or none can be made */
  initiate(now: MonotonicMs): Uint8Array | null {
    const { local, indexTable, timestamps, clock, random } = this.#context;
    if (now - this.#lastSentAt < REKEY_TIMEOUT_MS || local === null) return null;
    this.clear();
    const localIndex = indexTable.insert({ kind: 'handshake', peer: this.#peer });
    const timestamp = timestamps.next(clock.wallMs());
    const created = createInitiation(local, this.#remoteIdentity(), localIndex, timestamp, random);
    if (created === null) {
      indexTable.delete(localIndex);
      return null;
    }
    this.#pending = created.state;
    return this.#finish(created.message, now);
  }

  /** Judges an initiation that names this peer. @returns the response's datagram and the session that it begins */
  respond(read: ReadInitiation, now: MonotonicMs): { datagram: Uint8Array; keypair: Keypair } | DropReason {
    const { indexTable, random } = this.#context;
    const remote = this.#remoteIdentity();
    const consumed = consumeInitiation(remote, read);
    if (typeof consumed === 'string') return consumed;
    if (!isLater(consumed.timestamp, this.#greatestTimestamp)) return 'replayed-timestamp';
    if (now - this.#lastInitiationConsumedAt < HANDSHAKE_INITIATION_INTERVAL_MS) return 'initiation-flood';
    this.#greatestTimestamp = consumed.timestamp;
    this.#lastInitiationConsumedAt = now;

    const localIndex = indexTable.insert({ kind: 'handshake', peer: this.#peer });
    const response = createResponse(remote, consumed, localIndex, random);
    if (response === null) {
      indexTable.delete(localIndex);
      return 'invalid-ephemeral';
    }
    if (this.#yieldsToCrossing()) this.clear();
    const keypair = this.#createKeypair(response.keys, localIndex, consumed.remoteIndex, false, now);
    return { datagram: this.#finish(response.message, now), keypair };
  }

  /** Judges a response whose receiver index names the pending initiation, which a bad one leaves pending. */
  complete(message: HandshakeResponse, now: MonotonicMs): Keypair | DropReason {
    const { local } = this.#context;
    const pending = this.#pending;
    if (local === null || pending === null || pending.localIndex !== message.receiverIndex) {
      return 'unexpected-response';
    }
    const keys = consumeResponse(local, this.#remoteIdentity(), pending, message);
    if (keys === null) return 'invalid-response';
    this.#pending = null;
    return this.#createKeypair(keys, pending.localIndex, message.senderIndex, true, now);
  }

  consumeCookieReply(reply: CookieReply, now: MonotonicMs): DropReason | null {
    const outcome = this.#cookies().consumeReply(reply, now);
    return outcome === 'consumed' ? null : outcome;
  }

  /**
   * Where initiations cross, the end with the smaller public key lets its own go.
   * NOTE: in the Linux driver both ends do, refuse each other's response and begin anew after 5 s. One end that keeps
   * its own is enough for a session at once, also with such a peer; were it both, each would renew a session of its own.
   */
  #yieldsToCrossing(): boolean {
    const { local } = this.#context;
    return local !== null && Buffer.compare(local.publicKey, this.#peer.publicKey.bytes) < 0;
  }

  #createKeypair(
    keys: SessionKeys,
    localIndex: number,
    remoteIndex: number,
    isInitiator: boolean,
    now: MonotonicMs,
  ): Keypair {
    const { cipher, indexTable } = this.#context;
    const keypair = new Keypair({
      sendingKey: cipher.importKey(keys.sending),
      receivingKey: cipher.importKey(keys.receiving),
      localIndex,
      remoteIndex,
      isInitiator,
      createdAt: now,
    });
    keys.sending.fill(0);
    keys.receiving.fill(0);
    indexTable.replace(localIndex, { kind: 'keypair', peer: this.#peer, keypair });
    return keypair;
  }

  /** Fills in the macs of a message that is sent now. */
  #finish({ datagram, macs }: WrittenMessage, now: MonotonicMs): Uint8Array {
    this.#lastSentAt = now;
    this.#cookies().fillMacs(macs, now);
    return datagram;
  }

  #remoteIdentity(): RemoteIdentity {
    const { publicKey, presharedKey } = this.#peer;
    this.#remote ??= {
      publicKey: publicKey.bytes,
      staticStatic: this.#context.local?.dh(publicKey.bytes) ?? null,
      presharedKey: presharedKey?.bytes ?? NO_PRESHARED_KEY,
    };
    return this.#remote;
  }

  #cookies(): CookieJar {
    this.#cookieJar ??= new CookieJar(this.#peer.publicKey.bytes);
    return this.#cookieJar;
  }
}
