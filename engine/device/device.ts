/**
 * The whole interface without its input and output: datagrams, packets and time go in, datagrams and packets come out
 * of the sink that is passed along. A packet's journey through it is told in engine/README.md.
 */
import { DEFAULT_MTU, ECN_MASK, MAX_PEERS } from '../constants.ts';
import { type PrivateKey, PublicKey } from '../crypto/keys.ts';
import { type DhKey, dhKey } from '../crypto/primitives.ts';
import { TimestampSource } from '../crypto/tai64n.ts';
import { assertNever, ConfigError, DropCounters, type DropReason } from '../errors.ts';
import { readInitiation } from '../noise/handshake.ts';
import { IndexTable } from '../noise/index-table.ts';
import type { IndexEntry, PeerContext } from '../peer/context.ts';
import type { Endpoint } from '../peer/endpoint.ts';
import type { Output } from '../peer/output.ts';
import { Peer } from '../peer/peer.ts';
import {
  type Clock,
  MAX_RUN,
  type MonotonicMs,
  type PacketMemory,
  type PacketRun,
  type Random,
  type TransportCipher,
} from '../ports.ts';
import {
  type InnerVersion,
  IPV4_DESTINATION_AT,
  IPV4_SOURCE_AT,
  IPV6_DESTINATION_AT,
  IPV6_SOURCE_AT,
  innerLength,
  innerVersion,
  isUdpTo,
  propagateCongestion,
  trafficClassOf,
} from '../wire/ip.ts';
import type { IpPrefix } from '../wire/ip-prefix.ts';
import {
  classifyDatagram,
  type HandshakeMessage,
  parseHandshakeMessage,
  readTransportReceiverIndex,
  TRANSPORT_HEADER_LENGTH,
  TRANSPORT_OVERHEAD,
} from '../wire/messages.ts';
import { AllowedIps } from './allowed-ips.ts';
import { DeadlineQueue } from './deadline-queue.ts';
import { HandshakeGate } from './handshake-gate.ts';
import { HandshakeQueue, type QueuedHandshake } from './handshake-queue.ts';

export interface DevicePorts {
  readonly memory: PacketMemory;
  readonly cipher: TransportCipher;
  readonly clock: Clock;
  readonly random: Random;
}

export class Device implements PeerContext {
  readonly memory: PacketMemory;
  readonly cipher: TransportCipher;
  readonly clock: Clock;
  readonly random: Random;
  readonly timestamps = new TimestampSource();
  readonly indexTable: IndexTable<IndexEntry>;
  readonly drops = new DropCounters();
  mtu = DEFAULT_MTU;

  readonly #peers = new Map<string, Peer>();
  readonly #allowedIps = new AllowedIps<Peer>();
  readonly #deadlines = new DeadlineQueue<Peer>();
  readonly #handshakes = new HandshakeQueue();
  #privateKey: PrivateKey | null = null;
  #local: DhKey | null = null;
  #publicKey: PublicKey | null = null;
  #gate: HandshakeGate | null = null;
  #isUp = false;

  constructor(ports: DevicePorts) {
    this.memory = ports.memory;
    this.cipher = ports.cipher;
    this.clock = ports.clock;
    this.random = ports.random;
    this.indexTable = new IndexTable(ports.random);
  }

  get local(): DhKey | null {
    return this.#local;
  }

  get privateKey(): PrivateKey | null {
    return this.#privateKey;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  // --- configuration

  /** @param key kept; null takes the interface's identity away */
  setPrivateKey(key: PrivateKey | null): void {
    if (key !== null && this.#privateKey?.equals(key)) return;
    this.#privateKey?.wipe();
    this.#privateKey = key;
    this.#local = key === null ? null : dhKey(key.bytes);
    this.#publicKey = this.#local === null ? null : new PublicKey(this.#local.publicKey);
    this.#gate =
      this.#local === null ? null : new HandshakeGate(this.#local.publicKey, this.memory, this.random);
    for (const peer of this.#peers.values()) {
      if (this.#isSelf(peer.publicKey)) this.removePeer(peer);
      else peer.onLocalIdentityChanged();
    }
  }

  peers(): IterableIterator<Peer> {
    return this.#peers.values();
  }

  get peerCount(): number {
    return this.#peers.size;
  }

  peer(publicKey: PublicKey): Peer | null {
    return this.#peers.get(publicKey.toBase64()) ?? null;
  }

  /** @returns the peer, new or known; null for our own key, which is no peer. Throws ConfigError past MAX_PEERS. */
  addPeer(publicKey: PublicKey): Peer | null {
    const known = this.peer(publicKey);
    if (known !== null) return known;
    if (this.#isSelf(publicKey)) return null;
    if (this.#peers.size >= MAX_PEERS) throw new ConfigError(`an interface has at most ${MAX_PEERS} peers`);
    const peer = new Peer(publicKey, this);
    this.#peers.set(publicKey.toBase64(), peer);
    return peer;
  }

  removePeer(peer: Peer): void {
    this.#peers.delete(peer.publicKey.toBase64());
    this.#allowedIps.removeOwner(peer);
    this.#deadlines.delete(peer);
    peer.onRemoved();
  }

  allowedIpsOf(peer: Peer): IpPrefix[] {
    return this.#allowedIps.prefixesOf(peer);
  }

  /** Takes the prefix from whichever peer had it. */
  addAllowedIp(prefix: IpPrefix, peer: Peer): void {
    this.#allowedIps.insert(prefix, peer);
  }

  removeAllowedIp(prefix: IpPrefix, peer: Peer): void {
    this.#allowedIps.remove(prefix, peer);
  }

  clearAllowedIps(peer: Peer): void {
    this.#allowedIps.removeOwner(peer);
  }

  setPersistentKeepalive(peer: Peer, seconds: number, now: MonotonicMs): void {
    peer.setPersistentKeepalive(seconds, this.#isUp, now);
    this.#deadlines.update(peer);
  }

  /** After a peer was configured: what waited for an endpoint can go now. */
  flushPeer(peer: Peer, now: MonotonicMs, output: Output): void {
    if (!this.#isUp) return;
    peer.sendStaged(now, output);
    this.#deadlines.update(peer);
  }

  initiateHandshake(peer: Peer, now: MonotonicMs, output: Output): void {
    if (!this.#isUp) return;
    peer.initiateHandshake(now, output);
    this.#deadlines.update(peer);
  }

  #isSelf(publicKey: PublicKey): boolean {
    return this.#publicKey?.equals(publicKey) === true;
  }

  // --- the interface's life

  /** Whoever wants a persistent keepalive has one due now. */
  up(now: MonotonicMs): void {
    if (this.#isUp) return;
    this.#isUp = true;
    for (const peer of this.#peers.values()) {
      peer.onInterfaceUp(now);
      this.#deadlines.update(peer);
    }
  }

  /** Every session is forgotten, its keys zeroed. */
  down(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#handshakes.clear();
    for (const peer of this.#peers.values()) {
      peer.onInterfaceDown();
      this.#deadlines.delete(peer);
    }
  }

  /** The sockets are others, or marked otherwise: replies insist on no address of ours until a packet comes to one. */
  clearSources(): void {
    for (const peer of this.#peers.values()) peer.clearSource();
  }

  // --- time

  /** When {@link handleDeadline} wants to be called next; Infinity for never. */
  nextDeadline(): MonotonicMs {
    return this.#handshakes.length > 0 ? Number.NEGATIVE_INFINITY : this.#deadlines.earliest();
  }

  /** Does what is due for at most `limit` peers; while more is, {@link nextDeadline} is in the past. */
  handleDeadline(limit: number, now: MonotonicMs, output: Output): void {
    for (let handled = 0; handled < limit; handled++) {
      const peer = this.#deadlines.takeDue(now);
      if (peer === null) return;
      peer.handleDeadline(now, output);
      this.#deadlines.update(peer);
    }
  }

  // --- out: from TUN to the wire

  /** @param run inner packets of one flow, whose bytes this may overwrite */
  handleRun(run: PacketRun, now: MonotonicMs, output: Output): void {
    const dropped = this.#sendRun(run, now, output);
    if (dropped !== null) this.drops.add(dropped, run.count);
  }

  #sendRun(run: PacketRun, now: MonotonicMs, output: Output): DropReason | null {
    if (!this.#isUp) return 'interface-down';
    const { view } = this.memory;
    const { packet } = run;
    const version = run.length === 0 ? null : innerVersion(view, packet);
    if (version === null) return 'invalid-packet';
    if (run.segmentPayload === 0) {
      const length = innerLength(view, packet, run.length, version);
      if (length === null) return 'invalid-packet';
      run.length = length;
    }
    const peer = this.#lookup(version, packet + (version === 4 ? IPV4_DESTINATION_AT : IPV6_DESTINATION_AT));
    if (peer === null) return 'no-route';
    const { endpoint } = peer;
    if (endpoint === null) return 'no-endpoint';
    // A bearer packet that was routed into its own tunnel would be wrapped without end.
    const isLooped =
      isUdpTo(view, packet, run.length, version, endpoint.port) &&
      this.#isAddressedTo(packet, version, endpoint);
    if (isLooped) return 'looped-bearer';
    peer.sendRun(run, trafficClassOf(view, packet, version) & ECN_MASK, now, output);
    this.#deadlines.update(peer);
    return null;
  }

  #isAddressedTo(offset: number, version: InnerVersion, endpoint: Endpoint): boolean {
    if (endpoint.address.family !== version) return false;
    const at = offset + (version === 4 ? IPV4_DESTINATION_AT : IPV6_DESTINATION_AT);
    return endpoint.address.bytes.every((byte, i) => this.memory.bytes[at + i] === byte);
  }

  /** @param at where the address stands in packet memory */
  #lookup(version: InnerVersion, at: number): Peer | null {
    const { view } = this.memory;
    if (version === 4) return this.#allowedIps.lookup4(view.getUint32(at));
    return this.#allowedIps.lookup6(
      view.getUint32(at),
      view.getUint32(at + 4),
      view.getUint32(at + 8),
      view.getUint32(at + 12),
    );
  }

  // --- in: from the wire to TUN

  /**
   * Datagrams of one sender, `stride` bytes each, the last perhaps shorter. Handshake messages are queued:
   * {@link handleQueuedHandshakes} answers them.
   * @param offset in packet memory, where they are opened in place
   */
  handleDatagrams(
    offset: number,
    length: number,
    stride: number,
    source: Endpoint,
    trafficClass: number,
    now: MonotonicMs,
    output: Output,
  ): void {
    const end = offset + length;
    let at = offset;
    do {
      const datagramLength = Math.min(stride, end - at);
      const kind = classifyDatagram(this.memory.view, at, datagramLength);
      if (!this.#isUp) {
        this.drops.add('interface-down');
      } else if (kind === 'transport-data') {
        at = this.#receiveTransportRun(at, end, stride, source, trafficClass, now, output);
        continue;
      } else {
        this.#receiveOther(kind, at, datagramLength, source);
      }
      at += datagramLength;
    } while (at < end);
  }

  #receiveOther(
    kind: Exclude<ReturnType<typeof classifyDatagram>, 'transport-data'>,
    offset: number,
    length: number,
    source: Endpoint,
  ): void {
    switch (kind) {
      case 'initiation':
      case 'response':
      case 'cookie-reply': {
        const datagram = this.memory.bytes.subarray(offset, offset + length);
        if (!this.#handshakes.push(datagram, source)) this.drops.add('handshake-queue-full');
        break;
      }
      case 'invalid-type':
      case 'invalid-length':
        this.drops.add(kind);
        break;
      default:
        assertNever(kind);
    }
  }

  /** Takes as many datagrams as are of the first one's session. @returns where the next one begins */
  #receiveTransportRun(
    first: number,
    end: number,
    stride: number,
    source: Endpoint,
    trafficClass: number,
    now: MonotonicMs,
    output: Output,
  ): number {
    const { bytes, view, verdicts } = this.memory;
    const index = readTransportReceiverIndex(view, first);
    let count = 1;
    let next = first + stride;
    while (next < end && count < MAX_RUN && this.#isOfSession(index, next, Math.min(stride, end - next))) {
      count++;
      next += stride;
    }
    next = Math.min(next, end);
    const lastLength = next - (first + (count - 1) * stride);
    const entry = this.indexTable.get(index);
    if (entry === undefined || entry.kind !== 'keypair') {
      this.drops.add('unknown-index', count);
      return next;
    }
    const { peer, keypair } = entry;
    peer.receiveTransportRun(keypair, first, stride, count, lastLength, source, now, output);
    this.#deadlines.update(peer);
    for (let i = 0; i < count; i++) {
      if (bytes[verdicts + i] !== 1) continue;
      const length = (i === count - 1 ? lastLength : stride) - TRANSPORT_OVERHEAD;
      const dropped = this.#deliver(
        first + i * stride + TRANSPORT_HEADER_LENGTH,
        length,
        peer,
        trafficClass,
        output,
      );
      if (dropped !== null) this.drops.add(dropped);
    }
    return next;
  }

  #isOfSession(index: number, offset: number, length: number): boolean {
    const { view } = this.memory;
    return (
      classifyDatagram(view, offset, length) === 'transport-data' &&
      readTransportReceiverIndex(view, offset) === index
    );
  }

  /** What came out of the peer's session must be a packet that this peer may send. */
  #deliver(
    offset: number,
    length: number,
    peer: Peer,
    trafficClass: number,
    output: Output,
  ): DropReason | null {
    const { view } = this.memory;
    const version = innerVersion(view, offset);
    if (version === null) return 'invalid-inner-version';
    const packetLength = innerLength(view, offset, length, version);
    if (packetLength === null) return 'invalid-inner-length';
    const sourceAt = offset + (version === 4 ? IPV4_SOURCE_AT : IPV6_SOURCE_AT);
    if (this.#lookup(version, sourceAt) !== peer) return 'disallowed-source';
    propagateCongestion(view, offset, version, trafficClass);
    output.writePacket(offset, packetLength);
    return null;
  }

  // --- handshakes

  /** Works through queued handshake messages, at most `limit` of them, so that data waits no longer than that. */
  handleQueuedHandshakes(limit: number, now: MonotonicMs, output: Output): void {
    for (let handled = 0; handled < limit; handled++) {
      const isUnderLoad = this.#handshakes.isUnderLoad(now);
      const queued = this.#handshakes.shift();
      if (queued === null) return;
      const dropped = this.#receiveHandshake(queued, isUnderLoad, now, output);
      if (dropped !== null) this.drops.add(dropped);
    }
  }

  #receiveHandshake(
    queued: QueuedHandshake,
    isUnderLoad: boolean,
    now: MonotonicMs,
    output: Output,
  ): DropReason | null {
    const message = parseHandshakeMessage(queued.datagram);
    if (message.kind === 'cookie-reply') {
      const entry = this.indexTable.get(message.receiverIndex);
      return entry === undefined ? 'unexpected-cookie-reply' : entry.peer.receiveCookieReply(message, now);
    }
    if (this.#gate === null) return 'no-private-key';
    const refused = this.#gate.admit(message, queued.source, isUnderLoad, now, output);
    if (refused !== null) return refused;
    return this.#receiveAdmittedHandshake(message, queued, now, output);
  }

  #receiveAdmittedHandshake(
    message: Exclude<HandshakeMessage, { kind: 'cookie-reply' }>,
    queued: QueuedHandshake,
    now: MonotonicMs,
    output: Output,
  ): DropReason | null {
    const { length } = queued.datagram;
    if (message.kind === 'response') {
      const entry = this.indexTable.get(message.receiverIndex);
      if (entry === undefined) return 'unexpected-response';
      const dropped = entry.peer.receiveResponse(message, length, queued.source, now, output);
      this.#deadlines.update(entry.peer);
      return dropped;
    }
    if (this.#local === null) return 'no-private-key';
    const read = readInitiation(this.#local, message);
    if (typeof read === 'string') return read;
    const peer = this.peer(new PublicKey(read.remotePublicKey));
    if (peer === null) return 'unknown-static';
    const dropped = peer.receiveInitiation(read, length, queued.source, now, output);
    this.#deadlines.update(peer);
    return dropped;
  }
}
