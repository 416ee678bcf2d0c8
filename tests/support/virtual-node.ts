/** One end of a virtual network: a device, its packet memory, its TUN side as lists, and an address on the wire. */
import { PrivateKey, PublicKey } from '../../engine/crypto/keys.ts';
import { handleTunRead } from '../../engine/dataplane/outbound.ts';
import { Device } from '../../engine/device/device.ts';
import type { DropReason } from '../../engine/errors.ts';
import { SharedMemory } from '../../engine/io/packet-memory.ts';
import { Endpoint } from '../../engine/peer/endpoint.ts';
import type { Output } from '../../engine/peer/output.ts';
import type { Peer } from '../../engine/peer/peer.ts';
import type { Random } from '../../engine/ports.ts';
import { plainRun } from '../../engine/wire/packet-run.ts';
import { udpPacket } from './inner-packets.ts';
import { cipherUnderTest, WatchedCipher } from './test-memory.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** Parts of packet memory for what comes in, and for what goes out. */
const INPUT_BYTES = 1 << 17;
const OUTPUT_BYTES = 1 << 17;
const OTHER_BYTES = 1 << 16;
const HEADROOM = 64;
const HANDSHAKES_PER_TURN = 64;
const PEERS_PER_TURN = 64;

/** Puts what a node sends on the wire. */
export type Transmit = (node: VirtualNode, bytes: Uint8Array, to: Endpoint, trafficClass: number) => void;

export interface NodeFields {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly transmit: Transmit;
  readonly outer: Endpoint;
  readonly inner4: string;
  readonly inner6: string;
}

export class VirtualNode implements Output {
  readonly name: string;
  readonly device: Device;
  readonly memory = new SharedMemory(INPUT_BYTES + OUTPUT_BYTES + OTHER_BYTES);
  readonly cipher = new WatchedCipher(cipherUnderTest(this.memory));
  readonly inner4: string;
  readonly inner6: string;
  /** Inner packets that the device gave to TUN, in order. */
  delivered: Uint8Array[] = [];
  /** Where the node is on the wire; assigning another address is roaming. */
  outer: Endpoint;
  /** While true, handshake messages pile up in the queue: the machine is busy. */
  isStalled = false;
  readonly #clock: VirtualClock;
  readonly #transmit: Transmit;
  /** Where a packet or datagram is put for the device to take. */
  readonly input = this.memory.allocate(INPUT_BYTES) + HEADROOM;
  readonly #output = this.memory.allocate(OUTPUT_BYTES);
  #outputUsed = 0;
  #packetsSent = 0;

  constructor(fields: NodeFields) {
    this.name = fields.name;
    this.outer = fields.outer;
    this.inner4 = fields.inner4;
    this.inner6 = fields.inner6;
    this.#clock = fields.clock;
    this.#transmit = fields.transmit;
    this.device = new Device({
      memory: this.memory,
      cipher: this.cipher,
      clock: fields.clock,
      random: fields.random,
    });
    this.device.setPrivateKey(new PrivateKey(fields.random.bytes(32)));
  }

  get publicKey(): PublicKey {
    return new PublicKey(this.device.local!.publicKey);
  }

  peerOf(other: VirtualNode): Peer {
    const peer = this.device.peer(other.publicKey);
    if (peer === null) throw new Error(`${this.name} has no peer ${other.name}`);
    return peer;
  }

  drops(reason: DropReason): number {
    return this.device.drops.get(reason);
  }

  up(): void {
    this.device.up(this.#clock.now);
    this.settle();
  }

  down(): void {
    this.device.down();
  }

  /** Sends a small UDP packet, unlike any before, to the other's inner address. @returns it */
  send(other: VirtualNode, family: 4 | 6 = 4): Uint8Array {
    const packet = udpPacket({
      source: family === 4 ? this.inner4 : this.inner6,
      destination: family === 4 ? other.inner4 : other.inner6,
      payload: Buffer.from(`${this.name} ${++this.#packetsSent}`),
    });
    this.sendPacket(packet);
    return packet;
  }

  /** Hands the device an inner packet, as TUN would. */
  sendPacket(packet: Uint8Array): void {
    this.memory.bytes.set(packet, this.input);
    const run = { ...plainRun(), packet: this.input, length: packet.length };
    this.device.handleRun(run, this.#clock.now, this);
    this.settle();
  }

  /** Hands the data plane a TUN read: a virtio header and what follows it. */
  readTun(header: Uint8Array, packet: Uint8Array): void {
    this.memory.bytes.set(header, this.input);
    this.memory.bytes.set(packet, this.input + header.length);
    handleTunRead(this.device, this.input, header.length + packet.length, this.#clock.now, this);
    this.settle();
  }

  /** Hands the device a datagram, as its socket would. */
  receive(datagram: Uint8Array, from: Endpoint, trafficClass = 0): void {
    this.memory.bytes.set(datagram, this.input);
    const { length } = datagram;
    this.device.handleDatagrams(this.input, length, length, from, trafficClass, this.#clock.now, this);
    this.settle();
  }

  initiateHandshake(other: VirtualNode): void {
    this.device.initiateHandshake(this.peerOf(other), this.#clock.now, this);
  }

  /** Sends what waits for the other, or a keepalive where nothing does. */
  sendKeepalive(other: VirtualNode): void {
    this.peerOf(other).sendKeepalive(this.#clock.now, this);
    this.settle();
  }

  setPersistentKeepalive(other: VirtualNode, seconds: number): void {
    this.device.setPersistentKeepalive(this.peerOf(other), seconds, this.#clock.now);
    this.settle();
  }

  /** Lets the device do what is due, as its loop does after everything it was told. */
  settle(): void {
    this.device.handleDeadline(PEERS_PER_TURN, this.#clock.now, this);
    if (!this.isStalled) this.device.handleQueuedHandshakes(HANDSHAKES_PER_TURN, this.#clock.now, this);
  }

  /** When the node next wants to act by itself. */
  nextDeadline(): number {
    const deadline = this.device.nextDeadline();
    return this.isStalled && deadline === Number.NEGATIVE_INFINITY ? Number.POSITIVE_INFINITY : deadline;
  }

  /** All that can be seen of its state from outside but for the drop counters, for comparing before and after. */
  snapshot(): object {
    const peers = [...this.device.peers()].map((peer) => ({
      publicKey: peer.publicKey.toBase64(),
      endpoint: peer.endpoint?.toString(),
      source: peer.endpoint?.source?.address.toString(),
      rxBytes: peer.rxBytes,
      txBytes: peer.txBytes,
      latestHandshakeMs: peer.latestHandshakeMs,
      nextDeadline: peer.nextDeadline(),
      allowedIps: this.device.allowedIpsOf(peer).map(String),
    }));
    const { indexTable, isUp, mtu } = this.device;
    const { liveKeys, importedKeys } = this.cipher;
    return {
      isUp,
      mtu,
      indices: indexTable.size,
      liveKeys,
      importedKeys,
      delivered: this.delivered.length,
      peers,
    };
  }

  // --- Output

  reserve(length: number): number {
    if (this.#outputUsed + length + HEADROOM > OUTPUT_BYTES) this.#outputUsed = 0;
    const offset = this.#output + this.#outputUsed;
    this.#outputUsed += length;
    return offset;
  }

  sendDatagrams(
    offset: number,
    length: number,
    stride: number,
    endpoint: Endpoint,
    trafficClass: number,
  ): void {
    for (let at = offset; at < offset + length; at += stride) {
      const datagram = this.memory.bytes.slice(at, Math.min(at + stride, offset + length));
      this.#transmit(this, datagram, endpoint, trafficClass);
    }
  }

  writePacket(offset: number, length: number): void {
    this.delivered.push(this.memory.bytes.slice(offset, offset + length));
    this.memory.bytes.fill(0xee, offset - 16, offset); // the contract lets us
  }
}

/** An endpoint from text such as `192.0.2.1:51820`. */
export function endpoint(text: string): Endpoint {
  const parsed = Endpoint.parse(text);
  if (parsed === null) throw new Error(`no endpoint: ${text}`);
  return parsed;
}
