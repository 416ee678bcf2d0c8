/**
 * One peer: its identity, endpoint, handshakes, keypairs, timers and staged packets, and the rules that tie them together
 * (paper §6; where the paper leaves the order open, it is that of the Linux driver's send.c, receive.c and timers.c).
 */
import {
  ECN_MASK,
  HANDSHAKE_TRAFFIC_CLASS,
  KEEPALIVE_TIMEOUT_MS,
  MAX_TIMER_HANDSHAKES,
  REJECT_AFTER_TIME_MS,
  REKEY_AFTER_TIME_MS,
  REKEY_TIMEOUT_MS,
} from '../constants.ts';
import type { PresharedKey, PublicKey } from '../crypto/keys.ts';
import { EMPTY } from '../crypto/primitives.ts';
import { assertNever, type DropReason } from '../errors.ts';
import type { ReadInitiation } from '../noise/handshake.ts';
import type { Keypair } from '../noise/keypair.ts';
import { isPastLimit } from '../noise/replay-window.ts';
import type { MonotonicMs, PacketRun } from '../ports.ts';
import { innerVersion, trafficClassOf } from '../wire/ip.ts';
import {
  type CookieReply,
  type HandshakeResponse,
  paddedLength,
  readTransportCounterHigh,
  readTransportCounterLow,
  TRANSPORT_HEADER_LENGTH,
  TRANSPORT_OVERHEAD,
} from '../wire/messages.ts';
import { plainRun, runPacketLength, writeRunPacket } from '../wire/packet-run.ts';
import { Association } from './association.ts';
import type { PeerContext } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import type { Output } from './output.ts';

/** A packet that was staged, while it is sealed. */
const single: PacketRun = plainRun();

export class Peer {
  readonly publicKey: PublicKey;
  /** Where its datagrams go; roams to where its authenticated datagrams come from. */
  endpoint: Endpoint | null = null;
  /** Kept by the device's deadline queue. */
  scheduledAt: MonotonicMs | null = null;

  readonly #context: PeerContext;
  /** Null for a peer that is only configured: what asks for a part of it makes it. */
  #association: Association | null = null;
  #presharedKey: PresharedKey | null = null;
  #persistentKeepaliveSeconds = 0;

  constructor(publicKey: PublicKey, context: PeerContext) {
    this.publicKey = publicKey;
    this.#context = context;
  }

  get presharedKey(): PresharedKey | null {
    return this.#presharedKey;
  }

  /** Bytes of authenticated datagrams. */
  get rxBytes(): number {
    return this.#association?.rxBytes ?? 0;
  }

  get txBytes(): number {
    return this.#association?.txBytes ?? 0;
  }

  /** Wall-clock milliseconds of the latest completed handshake, 0 before the first. */
  get latestHandshakeMs(): number {
    return this.#association?.latestHandshakeMs ?? 0;
  }

  get persistentKeepaliveSeconds(): number {
    return this.#persistentKeepaliveSeconds;
  }

  nextDeadline(): MonotonicMs {
    return this.#association?.timers.nextDeadline() ?? Number.POSITIVE_INFINITY;
  }

  #associate(): Association {
    this.#association ??= new Association(this, this.#context);
    return this.#association;
  }

  // --- configuration

  /** Holds from the next handshake on. @param key kept, and wiped when another takes its place; null for none */
  setPresharedKey(key: PresharedKey | null): void {
    this.#presharedKey?.wipe();
    this.#presharedKey = key;
    this.#association?.handshakes.forgetRemoteIdentity();
  }

  /** @param seconds 0 to 65,535; 0 is off. Switched on while `isUp`, one is due at once. */
  setPersistentKeepalive(seconds: number, isUp: boolean, now: MonotonicMs): void {
    const wasOff = this.#persistentKeepaliveSeconds === 0;
    this.#persistentKeepaliveSeconds = seconds;
    if (seconds === 0 && wasOff) return;
    const { timers } = this.#associate();
    timers.setPersistentKeepalive(seconds * 1_000);
    if (isUp && wasOff) timers.onPersistentKeepaliveWanted(now);
  }

  /** The device has another private key: what was agreed under the old one only receives, and a handshake may start at once. */
  onLocalIdentityChanged(): void {
    this.#association?.handshakes.onLocalIdentityChanged();
    this.#association?.keypairs.expireSending();
  }

  // --- the interface's life

  onInterfaceUp(now: MonotonicMs): void {
    this.#association?.timers.onPersistentKeepaliveWanted(now);
  }

  /** It is no longer a peer: nothing that is secret is kept. */
  onRemoved(): void {
    this.onInterfaceDown();
    this.setPresharedKey(null);
  }

  /** Forgets every session. */
  onInterfaceDown(): void {
    if (this.#association === null) return;
    const { timers, staged, handshakes } = this.#association;
    timers.stop();
    this.#context.drops.add('interface-down', staged.clear());
    this.#zeroKeys();
    handshakes.allowAtOnce();
  }

  /** The path has changed: the kernel chooses our address anew. */
  clearSource(): void {
    this.endpoint = this.endpoint?.withoutSource() ?? null;
  }

  /** Roaming: an authenticated datagram came from here. The object stays the same while the place does. */
  #follow(source: Endpoint): void {
    if (this.endpoint === null || !this.endpoint.equals(source)) this.endpoint = source;
  }

  // --- sending

  /** @param run of packets for this peer; its bytes may be overwritten */
  sendRun(run: PacketRun, trafficClass: number, now: MonotonicMs, output: Output): void {
    const { keypairs, staged } = this.#associate();
    const keypair = keypairs.current;
    if (staged.length > 0 || keypair === null || !keypair.canSend(now, run.count)) {
      this.#stageRun(run, output);
      this.sendStaged(now, output);
      return;
    }
    this.#sealAndSend(keypair, run, output.reserve(this.#sealedLength(run)), trafficClass, now, output);
  }

  sendKeepalive(now: MonotonicMs, output: Output): void {
    if (this.#associate().staged.length === 0) this.#stage(EMPTY);
    this.sendStaged(now, output);
  }

  /** Sends what waits, or starts the handshake that it waits for. */
  sendStaged(now: MonotonicMs, output: Output): void {
    if (this.#association === null) return;
    const { keypairs, staged } = this.#association;
    while (staged.length > 0) {
      const keypair = keypairs.current;
      if (keypair === null || !keypair.canSend(now)) {
        this.initiateHandshake(now, output);
        return;
      }
      this.#sendOne(keypair, staged.shift()!, now, output);
    }
  }

  /** Seals a packet that was copied, where it is sent from. */
  #sendOne(keypair: Keypair, packet: Uint8Array, now: MonotonicMs, output: Output): void {
    single.length = packet.length;
    const datagram = output.reserve(this.#sealedLength(single));
    single.packet = datagram + TRANSPORT_HEADER_LENGTH;
    this.#context.memory.bytes.set(packet, single.packet);
    const trafficClass = this.#trafficClassAt(single.packet, packet.length);
    this.#sealAndSend(keypair, single, datagram, trafficClass, now, output);
  }

  /** Starts a handshake unless a handshake message was sent within REKEY_TIMEOUT. */
  initiateHandshake(now: MonotonicMs, output: Output): void {
    this.#associate().handshakeAttempts = 0;
    this.#sendInitiation(now, output);
  }

  #stage(packet: Uint8Array): void {
    const dropped = this.#associate().staged.push(packet);
    if (dropped > 0) this.#context.drops.add('staged-overflow', dropped);
  }

  /** Copies the run's packets, by way of free packet memory. */
  #stageRun(run: PacketRun, output: Output): void {
    const { memory } = this.#context;
    for (let i = 0; i < run.count; i++) {
      const length = runPacketLength(run, i);
      const at = output.reserve(length);
      writeRunPacket(memory, run, i, at);
      this.#stage(Uint8Array.from(memory.bytes.subarray(at, at + length)));
    }
  }

  /** Bytes of the run's first datagram: all are so long, but for the last. */
  #stride(run: PacketRun): number {
    return TRANSPORT_OVERHEAD + paddedLength(runPacketLength(run, 0), this.#context.mtu);
  }

  /** Bytes of all the run's datagrams. */
  #sealedLength(run: PacketRun): number {
    const last = TRANSPORT_OVERHEAD + paddedLength(runPacketLength(run, run.count - 1), this.#context.mtu);
    return (run.count - 1) * this.#stride(run) + last;
  }

  /** Data carries the inner packet's ECN and nothing else of its traffic class (RFC 6040 §4.1, and paper §5.4.6 on DSCP). */
  #trafficClassAt(offset: number, length: number): number {
    const { view } = this.#context.memory;
    const version = length === 0 ? null : innerVersion(view, offset);
    return version === null ? 0 : trafficClassOf(view, offset, version) & ECN_MASK;
  }

  #sealAndSend(
    keypair: Keypair,
    run: PacketRun,
    datagrams: number,
    trafficClass: number,
    now: MonotonicMs,
    output: Output,
  ): void {
    const { memory, mtu } = this.#context;
    const stride = this.#stride(run);
    const length = this.#sealedLength(run);
    // msg.packet := AEAD(Tsend, Nsend, P, ε); Nsend := Nsend + 1
    keypair.sendingKey.sealRun(memory, run, keypair, mtu, datagrams);
    keypair.advanceCounter(run.count);
    this.#send(datagrams, length, stride, trafficClass, now, output);
    if (run.length > 0) this.#associate().timers.onDataSent(now);
    this.#keepKeyFreshAfterSending(keypair, now, output);
  }

  #send(
    offset: number,
    length: number,
    stride: number,
    trafficClass: number,
    now: MonotonicMs,
    output: Output,
  ): void {
    if (this.endpoint === null) {
      this.#context.drops.add('no-endpoint');
      return;
    }
    const association = this.#associate();
    association.timers.onAnyAuthenticatedPacketTraversal(now);
    association.timers.onAnyAuthenticatedPacketSent();
    output.sendDatagrams(offset, length, stride, this.endpoint, trafficClass);
    association.txBytes += length;
  }

  #keepKeyFreshAfterSending(keypair: Keypair, now: MonotonicMs, output: Output): void {
    const isOld = keypair.isInitiator && now - keypair.createdAt >= REKEY_AFTER_TIME_MS;
    if (isOld || keypair.isWornOut()) this.initiateHandshake(now, output);
  }

  // --- handshakes

  #sendInitiation(now: MonotonicMs, output: Output): void {
    if (this.endpoint === null) return;
    const datagram = this.#associate().handshakes.initiate(now);
    if (datagram === null) return;
    this.#sendHandshakeMessage(datagram, now, output);
    this.#associate().timers.onHandshakeInitiationSent(now);
  }

  #sendHandshakeMessage(datagram: Uint8Array, now: MonotonicMs, output: Output): void {
    const { length } = datagram;
    const offset = output.reserve(length);
    this.#context.memory.bytes.set(datagram, offset);
    this.#send(offset, length, length, HANDSHAKE_TRAFFIC_CLASS, now, output);
  }

  /** Judges an initiation that names this peer, and answers it. @param length of its datagram */
  receiveInitiation(
    read: ReadInitiation,
    length: number,
    source: Endpoint,
    now: MonotonicMs,
    output: Output,
  ): DropReason | null {
    const response = this.#associate().handshakes.respond(read, now);
    if (typeof response === 'string') return response;
    this.#follow(source);
    this.#beginSession(response.keypair, now);
    this.#sendHandshakeMessage(response.datagram, now, output);
    this.#onAuthenticatedDatagramReceived(length, now);
    return null;
  }

  /** Judges a response whose receiver index names this peer's pending handshake. @param length of its datagram */
  receiveResponse(
    message: HandshakeResponse,
    length: number,
    source: Endpoint,
    now: MonotonicMs,
    output: Output,
  ): DropReason | null {
    const keypair = this.#associate().handshakes.complete(message, now);
    if (typeof keypair === 'string') return keypair;
    this.#follow(source);
    this.#beginSession(keypair, now);
    this.#onHandshakeComplete();
    this.#onAuthenticatedDatagramReceived(length, now);
    // Data or a keepalive at once: the responder sends nothing before this confirmation.
    this.sendKeepalive(now, output);
    return null;
  }

  receiveCookieReply(reply: CookieReply, now: MonotonicMs): DropReason | null {
    return this.#associate().handshakes.consumeCookieReply(reply, now);
  }

  #beginSession(keypair: Keypair, now: MonotonicMs): void {
    const { keypairs, timers } = this.#associate();
    keypairs.add(keypair);
    timers.onSessionDerived(now);
  }

  #onHandshakeComplete(): void {
    const association = this.#associate();
    association.timers.onHandshakeComplete();
    association.handshakeAttempts = 0;
    association.askedForLastMinuteHandshake = false;
    association.latestHandshakeMs = this.#context.clock.wallMs();
  }

  // --- receiving

  /**
   * Opens a run of transport data in place, and follows the peer to where it came from. What the packets inside may be is
   * the device's to judge, after this: of those that are to be delivered, `memory.verdicts` is 1.
   * @param count at most MAX_RUN datagrams, `stride` bytes apart and as long, but for the last
   */
  receiveTransportRun(
    keypair: Keypair,
    first: number,
    stride: number,
    count: number,
    lastLength: number,
    source: Endpoint,
    now: MonotonicMs,
    output: Output,
  ): void {
    const { memory, drops } = this.#context;
    if (keypair.isExpired(now)) {
      memory.bytes.fill(0, memory.verdicts, memory.verdicts + count);
      drops.add('expired-key', count);
      return;
    }
    keypair.receivingKey.openRun(memory, first, stride, count, lastLength);
    let received = 0;
    let packets = 0;
    for (let i = 0; i < count; i++) {
      const length = i === count - 1 ? lastLength : stride;
      const refused = this.#judge(keypair, first + i * stride, memory.bytes[memory.verdicts + i] === 1);
      const isPacket = refused === null && length > TRANSPORT_OVERHEAD;
      memory.bytes[memory.verdicts + i] = isPacket ? 1 : 0;
      if (refused !== null) drops.add(refused);
      else received += length;
      if (isPacket) packets++;
    }
    if (received > 0) this.#onTransportDataReceived(keypair, received, packets, source, now, output);
  }

  #judge(keypair: Keypair, datagram: number, isTagRight: boolean): DropReason | null {
    const { view } = this.#context.memory;
    const counterHigh = readTransportCounterHigh(view, datagram);
    const counterLow = readTransportCounterLow(view, datagram);
    if (isPastLimit(counterHigh, counterLow)) return 'counter-limit';
    if (!isTagRight) return 'invalid-tag';
    return keypair.replayWindow.accept(counterHigh, counterLow) ? null : 'replayed-counter';
  }

  #onTransportDataReceived(
    keypair: Keypair,
    length: number,
    packets: number,
    source: Endpoint,
    now: MonotonicMs,
    output: Output,
  ): void {
    this.#follow(source);
    if (this.#associate().keypairs.confirm(keypair)) {
      this.#onHandshakeComplete();
      this.sendStaged(now, output);
    }
    this.#keepKeyFreshAfterReceiving(now, output);
    this.#onAuthenticatedDatagramReceived(length, now);
    if (packets > 0) this.#associate().timers.onDataReceived(now);
    if (packets > 1) this.#associate().timers.onDataReceived(now);
  }

  #onAuthenticatedDatagramReceived(length: number, now: MonotonicMs): void {
    const association = this.#associate();
    association.rxBytes += length;
    association.timers.onAnyAuthenticatedPacketReceived();
    association.timers.onAnyAuthenticatedPacketTraversal(now);
  }

  /** A session that only receives would die without its initiator noticing: once, ask for the next in time. */
  #keepKeyFreshAfterReceiving(now: MonotonicMs, output: Output): void {
    const association = this.#associate();
    const { current } = association.keypairs;
    if (association.askedForLastMinuteHandshake || current === null || !current.isInitiator) return;
    const lastMinute = REJECT_AFTER_TIME_MS - KEEPALIVE_TIMEOUT_MS - REKEY_TIMEOUT_MS;
    if (now - current.createdAt < lastMinute) return;
    association.askedForLastMinuteHandshake = true;
    this.initiateHandshake(now, output);
  }

  // --- timers

  /** Does what is due at `now`. */
  handleDeadline(now: MonotonicMs, output: Output): void {
    const { timers } = this.#associate();
    for (let due = timers.takeDue(now); due !== null; due = timers.takeDue(now)) {
      switch (due) {
        case 'retransmitHandshake':
          this.#retransmitHandshake(now, output);
          break;
        case 'sendKeepalive':
          this.sendKeepalive(now, output);
          timers.onKeepaliveSent(now);
          break;
        case 'newHandshake':
          this.clearSource();
          this.initiateHandshake(now, output);
          break;
        case 'zeroKeyMaterial':
          this.#zeroKeys();
          break;
        case 'persistentKeepalive':
          this.sendKeepalive(now, output);
          break;
        default:
          assertNever(due);
      }
    }
  }

  #retransmitHandshake(now: MonotonicMs, output: Output): void {
    const association = this.#associate();
    if (association.handshakeAttempts > MAX_TIMER_HANDSHAKES) {
      this.#context.drops.add('staged-given-up', association.staged.clear());
      association.timers.onHandshakeGivenUp(now);
      return;
    }
    association.handshakeAttempts++;
    this.clearSource();
    this.#sendInitiation(now, output);
  }

  #zeroKeys(): void {
    const { handshakes, keypairs } = this.#associate();
    handshakes.clear();
    keypairs.clear();
  }
}
