/**
 * What peers and allowed IPs cost: `npm run bench:peers -- [--rival NAME=PATH]…`
 *
 * An idle peer has a public key, an endpoint and an allowed IP, and has never had a handshake. Its heap is measured in
 * this process, with all garbage collected; what is resident, as root, in engines of their own whose interface is up,
 * beside wireguard-go and other rivals. That holds what a first configuration takes once, such as compiled code, and up
 * to 10 MB that V8 does not think worth giving back; more peers share it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { PublicKey } from '../../engine/crypto/keys.ts';
import { nobleTransportCipher } from '../../engine/crypto/transport-cipher.ts';
import { AllowedIps } from '../../engine/device/allowed-ips.ts';
import { Device } from '../../engine/device/device.ts';
import { SharedMemory } from '../../engine/io/packet-memory.ts';
import { systemClock, systemRandom } from '../../engine/io/system.ts';
import { Endpoint } from '../../engine/peer/endpoint.ts';
import { IpAddress, IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { type EngineKind, startEngine } from '../support/engine-process.ts';
import { createNamespace } from '../support/netns.ts';
import { askOnce } from '../support/uapi-client.ts';
import { type NamedEngine, namedEngines, OURS } from './contenders.ts';
import { handshakesOfDevice, handshakesOfEngine } from './handshakes.ts';

const PEERS = 10_000;
/** Of an engine, one after the other. */
const PEER_COUNTS = [PEERS, 2 * PEERS];
const LOOKUPS = 2_000_000;
/** V8's memory reducer runs some eight seconds after the last configuration. */
const SETTLING_MS = 15_000;

declare const gc: () => void;

function heapAfterCollection(): number {
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function prefixOfPeer(i: number): IpPrefix {
  return new IpPrefix(new IpAddress(Uint8Array.of(10, i >> 16, i >> 8, i)), 32);
}

function heapOfIdlePeer(): number {
  const device = new Device({
    memory: new SharedMemory(65_536),
    cipher: nobleTransportCipher,
    clock: systemClock,
    random: systemRandom,
  });
  const before = heapAfterCollection();
  for (let i = 0; i < PEERS; i++) {
    const peer = device.addPeer(new PublicKey(systemRandom.bytes(32)))!;
    peer.endpoint = new Endpoint(prefixOfPeer(i).address, 51_820);
    device.addAllowedIp(prefixOfPeer(i), peer);
  }
  const used = heapAfterCollection() - before;
  if (device.peerCount !== PEERS) throw new Error('peers are missing');
  return used / PEERS;
}

/** Nanoseconds of one lookup among `count` random prefixes of one family. */
function lookupTime(count: number, family: 4 | 6): number {
  const table = new AllowedIps<object>();
  const random = systemRandom.bytes(count * 16);
  for (let i = 0; i < count; i++) {
    const address = new IpAddress(random.slice(i * 16, i * 16 + (family === 4 ? 4 : 16)));
    const length = family === 4 ? 16 + (i % 17) : 32 + (i % 97);
    table.insert(new IpPrefix(address, length), {});
  }
  const targets = new Uint32Array(systemRandom.bytes(4 * 65_536).buffer.slice(0));
  const words = new Uint32Array(65_536).map((_, i) => targets[i % targets.length]! ^ (i * 2_654_435_761));
  // Half of the addresses are inside known prefixes, so that the walk goes to the bottom.
  const view = new DataView(random.buffer, random.byteOffset, random.length);
  for (let i = 0; i < words.length; i += 2) words[i] = view.getUint32(((i * 7_919) % count) * 16);
  let found = 0;
  const started = performance.now();
  for (let i = 0; i < LOOKUPS; i++) {
    const a = words[i & 65_535]!;
    const owner = family === 4 ? table.lookup4(a) : table.lookup6(a, words[(i + 1) & 65_535]!, a, a);
    if (owner !== null) found++;
  }
  const ns = ((performance.now() - started) / LOOKUPS) * 1e6;
  if (found < 0) throw new Error('unreachable');
  return ns;
}

/** @returns resident bytes a peer, at each of PEER_COUNTS */
async function residentPeer(kind: EngineKind): Promise<number[]> {
  const namespace = await createNamespace('peers');
  try {
    const engine = await startEngine(kind, namespace);
    await namespace.ip(`link set ${engine.name} up`);
    await sleep(500);
    const before = engine.residentBytes();
    const figures: number[] = [];
    for (const count of PEER_COUNTS) {
      const [errno] = await askOnce(engine.name, 'set=1', ...configuration(count));
      if (errno !== 'errno=0') throw new Error(`${kind} answered ${errno} to ${count} peers`);
      await sleep(SETTLING_MS);
      figures.push((engine.residentBytes() - before) / count);
    }
    await engine.stop();
    return figures;
  } finally {
    await namespace.close();
  }
}

/** PEERS peers more, which makes them `count`. */
function configuration(count: number): string[] {
  const lines = [`private_key=${'11'.repeat(32)}`];
  for (let i = count - PEERS; i < count; i++) {
    const prefix = prefixOfPeer(i);
    const key = new PublicKey(systemRandom.bytes(32)).toHex();
    lines.push(`public_key=${key}`, `endpoint=${prefix.address}:51820`, `allowed_ip=${prefix}`);
  }
  return lines;
}

/** Prints figures of ours and then of each other, with the ratio. @param measure one figure for each of `labels` */
async function compare(
  engines: readonly NamedEngine[],
  labels: readonly string[],
  unit: string,
  measure: (kind: EngineKind) => Promise<readonly number[]>,
): Promise<void> {
  let ours: readonly number[] = [];
  for (const { name, kind } of engines) {
    const figures = await measure(kind);
    if (name === OURS) ours = figures;
    for (const [i, label] of labels.entries()) {
      const comparison = name === OURS ? '' : `; ours is ${(ours[i]! / figures[i]!).toFixed(3)} of it`;
      console.log(`${label}, ${name}  ${figures[i]!.toFixed(0)} ${unit}${comparison}`);
    }
  }
}

const { values } = parseArgs({ options: { rival: { type: 'string', multiple: true, default: [] } } });
console.log(`idle peer, heap  ${heapOfIdlePeer().toFixed(0)} B (at ${PEERS} peers)`);
for (const family of [4, 6] as const) {
  for (const count of [10, 1_000, 100_000]) {
    console.log(
      `allowed-IP lookup, IPv${family}, ${count} prefixes  ${lookupTime(count, family).toFixed(0)} ns`,
    );
  }
}
console.log(`handshakes responded to, one core, without a wire  ${handshakesOfDevice().toFixed(0)} a second`);
if (process.getuid?.() === 0) {
  const engines = namedEngines(values.rival);
  const sizes = PEER_COUNTS.map((count) => `idle peer, resident, at ${count} peers`);
  await compare(engines, ['handshakes responded to, one core, over UDP'], 'a second', async (kind) => [
    await handshakesOfEngine(kind),
  ]);
  await compare(engines, sizes, 'B', residentPeer);
} else {
  console.log('beside other engines: not measured, engines need root for their interfaces');
}
