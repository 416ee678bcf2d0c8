/**
 * Devices joined in memory. Links delay, lose, duplicate and reorder by a seed; an eavesdropper keeps every datagram;
 * `run` goes from one deadline or arrival to the next, so that 24 hours take as long as their packets do.
 */
import type { PresharedKey } from '../../engine/crypto/keys.ts';
import type { Endpoint } from '../../engine/peer/endpoint.ts';
import { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { SeededRandom, VirtualClock } from './virtual-clock.ts';
import { endpoint, VirtualNode } from './virtual-node.ts';

export type DatagramKind = 'initiation' | 'response' | 'cookie-reply' | 'keepalive' | 'data' | 'other';

/** What the eavesdropper saw, at the moment it was sent. */
export interface Datagram {
  readonly kind: DatagramKind;
  readonly at: number;
  readonly from: VirtualNode;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly bytes: Uint8Array;
  readonly trafficClass: number;
}

export interface Link {
  readonly delayMs: number;
  /** Added to the delay at random, which reorders. */
  readonly jitterMs: number;
  readonly loss: number;
  readonly duplication: number;
}

export const PERFECT_LINK: Link = { delayMs: 10, jitterMs: 0, loss: 0, duplication: 0 };

/** More than any test causes in one instant. */
const MAX_STEPS_AT_ONCE = 100_000;

interface Arrival {
  readonly at: number;
  readonly sequence: number;
  readonly datagram: Datagram;
}

export interface JoinOptions {
  readonly presharedKey?: PresharedKey;
  /** Who knows the other's endpoint from the start. */
  readonly knows?: 'both' | 'first';
}

export class VirtualNetwork {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly nodes: VirtualNode[] = [];
  /** Holds for every link without its own. */
  link: Link;
  /** The eavesdropper's record. Tests that run for long empty it or switch it off. */
  datagrams: Datagram[] = [];
  isRecording = true;
  /** A datagram for which this is true is lost. */
  isLost: (datagram: Datagram) => boolean = () => false;
  /** What the path does to the outer traffic class: routers mark congestion here. */
  markTrafficClass: (trafficClass: number) => number = (trafficClass) => trafficClass;
  readonly #links = new Map<VirtualNode, Link>();
  #arrivals: Arrival[] = [];
  #sequence = 0;

  constructor({ seed = 1, link = PERFECT_LINK }: { seed?: number; link?: Link } = {}) {
    this.random = new SeededRandom(seed);
    this.link = link;
  }

  /** A node that is up, at 192.0.2.N:51820 outside, 10.0.0.N and fd00::N inside. */
  addNode(name: string, { outer = '', isUp = true } = {}): VirtualNode {
    const n = this.nodes.length + 1;
    const node = new VirtualNode({
      name,
      clock: this.clock,
      random: this.random,
      transmit: (from, bytes, to, trafficClass) => this.#transmit(from, bytes, to, trafficClass),
      outer: endpoint(outer === '' ? `192.0.2.${n}:51820` : outer),
      inner4: `10.0.0.${n}`,
      inner6: `fd00::${n.toString(16)}`,
    });
    this.nodes.push(node);
    if (isUp) node.up();
    return node;
  }

  /** Makes two nodes each other's peers, each allowed its own inner addresses. */
  join(first: VirtualNode, second: VirtualNode, options: JoinOptions = {}): void {
    for (const [node, other] of [
      [first, second],
      [second, first],
    ] as const) {
      const peer = node.device.addPeer(other.publicKey)!;
      peer.setPresharedKey(options.presharedKey ?? null);
      node.device.addAllowedIp(IpPrefix.parse(other.inner4)!, peer);
      node.device.addAllowedIp(IpPrefix.parse(other.inner6)!, peer);
      if (options.knows !== 'first' || node === first) peer.endpoint = other.outer;
    }
  }

  /** Gives what `from` sends a link of its own. */
  setLink(from: VirtualNode, link: Partial<Link>): void {
    this.#links.set(from, { ...this.link, ...link });
  }

  runFor(ms: number): void {
    this.runUntil(this.clock.now + ms);
  }

  /** Lets everything happen that happens before or at `end`. */
  runUntil(end: number): void {
    let stepsAtOnce = 0;
    for (;;) {
      const arrival = this.#arrivals[0];
      const due = this.#nextDue();
      const next = Math.max(this.clock.now, Math.min(arrival?.at ?? Number.POSITIVE_INFINITY, due.at));
      if (next > end || next === Number.POSITIVE_INFINITY) break;
      stepsAtOnce = next > this.clock.now ? 0 : stepsAtOnce + 1;
      if (stepsAtOnce > MAX_STEPS_AT_ONCE) throw new Error(`the network spins at ${next} ms`);
      this.clock.advanceTo(next);
      if (arrival !== undefined && arrival.at <= next) {
        this.#arrivals.shift();
        this.#deliver(arrival.datagram);
      } else {
        due.node!.settle();
      }
    }
    this.clock.advanceTo(end);
  }

  /** Lets what is in flight, and what it causes at once, arrive. */
  runUntilQuiet(): void {
    while (this.#arrivals.length > 0) this.runUntil(this.#arrivals[0]!.at);
  }

  seen(kind: DatagramKind, from?: VirtualNode): Datagram[] {
    return this.datagrams.filter((seen) => seen.kind === kind && (from === undefined || seen.from === from));
  }

  /** The latest datagram of a kind. */
  latest(kind: DatagramKind, from?: VirtualNode): Datagram {
    const latest = this.seen(kind, from).at(-1);
    if (latest === undefined) throw new Error(`nobody sent: ${kind}`);
    return latest;
  }

  #nextDue(): { at: number; node: VirtualNode | null } {
    let due: { at: number; node: VirtualNode | null } = { at: Number.POSITIVE_INFINITY, node: null };
    for (const node of this.nodes) {
      const at = node.nextDeadline();
      if (at < due.at) due = { at, node };
    }
    return due;
  }

  #transmit(from: VirtualNode, bytes: Uint8Array, destination: Endpoint, trafficClass: number): void {
    const datagram: Datagram = {
      kind: kindOf(bytes),
      at: this.clock.now,
      from,
      source: from.outer,
      destination,
      bytes,
      trafficClass,
    };
    if (this.isRecording) this.datagrams.push(datagram);
    const link = this.#links.get(from) ?? this.link;
    if (this.isLost(datagram)) return;
    if (link.loss === 0 || !this.random.chance(link.loss)) this.#launch(datagram, link);
    if (link.duplication > 0 && this.random.chance(link.duplication)) this.#launch(datagram, link);
  }

  #launch(datagram: Datagram, link: Link): void {
    const delay = link.delayMs + (link.jitterMs > 0 ? this.random.fraction() * link.jitterMs : 0);
    const arrival = { at: this.clock.now + delay, sequence: this.#sequence++, datagram };
    let i = this.#arrivals.length;
    while (i > 0 && this.#arrivals[i - 1]!.at > arrival.at) i--;
    this.#arrivals.splice(i, 0, arrival);
  }

  #deliver(datagram: Datagram): void {
    const { destination } = datagram;
    const node = this.nodes.find(
      ({ outer }) => outer.port === destination.port && outer.address.equals(destination.address),
    );
    node?.receive(datagram.bytes, datagram.source, this.markTrafficClass(datagram.trafficClass));
  }
}

function kindOf(bytes: Uint8Array): DatagramKind {
  switch (bytes[0]) {
    case 1:
      return 'initiation';
    case 2:
      return 'response';
    case 3:
      return 'cookie-reply';
    case 4:
      return bytes.length === 32 ? 'keepalive' : 'data';
    default:
      return 'other';
  }
}

export interface VirtualPair {
  readonly network: VirtualNetwork;
  readonly alice: VirtualNode;
  readonly bob: VirtualNode;
}

export type PairOptions = JoinOptions & { readonly seed?: number; readonly link?: Link };

/** Two nodes that know each other and have not spoken yet. */
export function virtualPair(options: PairOptions = {}): VirtualPair {
  const network = new VirtualNetwork(options);
  const alice = network.addNode('alice');
  const bob = network.addNode('bob');
  network.join(alice, bob, options);
  return { network, alice, bob };
}

/** Two nodes with a session that alice initiated and confirmed; the eavesdropper's record is empty. */
export function establishedPair(options: PairOptions = {}): VirtualPair {
  const pair = virtualPair(options);
  pair.alice.initiateHandshake(pair.bob);
  pair.network.runUntilQuiet();
  pair.network.datagrams = [];
  return pair;
}
