/** Prints what peers and allowed IPs cost: bytes of an idle peer, time of a lookup, handshakes a second. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { PublicKey } from '../../engine/crypto/keys.ts';
import { nobleTransportCipher } from '../../engine/crypto/transport-cipher.ts';
import { AllowedIps } from '../../engine/device/allowed-ips.ts';
import { Device } from '../../engine/device/device.ts';
import { SharedMemory } from '../../engine/io/packet-memory.ts';
import { systemClock, systemRandom } from '../../engine/io/system.ts';
import { Endpoint } from '../../engine/peer/endpoint.ts';
import { IpAddress, IpPrefix } from '../../engine/wire/ip-prefix.ts';

const PEERS = 10_000;
const LOOKUPS = 2_000_000;

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
  const memory = new SharedMemory(65_536);
  const device = new Device({
    memory,
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

/** Resident bytes a peer of a real engine process, configured through its UAPI socket. */
async function residentPeer(program: string, name: string): Promise<number> {
  const namespace = `wayfare-bench-${process.pid}`;
  execFileSync('ip', ['netns', 'add', namespace]);
  try {
    const child = spawn('ip', ['netns', 'exec', namespace, program, '-f', name], { stdio: 'ignore' });
    const path = `/var/run/wireguard/${name}.sock`;
    while (!existsSync(path)) await sleep(20);
    execFileSync('ip', ['-n', namespace, 'link', 'set', name, 'up']);
    await sleep(500);
    const before = residentBytes(child.pid!);
    const lines = ['set=1', `private_key=${'11'.repeat(32)}`];
    for (let i = 0; i < PEERS; i++) {
      const key = Buffer.from(systemRandom.bytes(32)).toString('hex');
      lines.push(
        `public_key=${key}`,
        `endpoint=${prefixOfPeer(i).address}:51820`,
        `allowed_ip=${prefixOfPeer(i)}`,
      );
    }
    const socket = connect(path);
    socket.write(`${lines.join('\n')}\n\n`);
    await once(socket, 'data');
    socket.end();
    await sleep(3_000);
    const after = residentBytes(child.pid!);
    child.kill('SIGTERM');
    await once(child, 'exit');
    return (after - before) / PEERS;
  } finally {
    execFileSync('ip', ['netns', 'del', namespace]);
  }
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1_024;
}

console.log(`idle peer, heap:                 ${heapOfIdlePeer().toFixed(0)} bytes (at ${PEERS} peers)`);
for (const family of [4, 6] as const) {
  for (const count of [10, 1_000, 100_000]) {
    console.log(
      `allowed-IP lookup, IPv${family}, ${count} prefixes: ${lookupTime(count, family).toFixed(0)} ns`,
    );
  }
}
if (process.getuid?.() === 0) {
  const ours = fileURLToPath(new URL('../wayfare-engine.js', import.meta.url));
  console.log(
    `idle peer, resident, wayfare:      ${(await residentPeer(ours, 'wfbench0')).toFixed(0)} bytes`,
  );
  console.log(
    `idle peer, resident, wireguard-go: ${(await residentPeer('wireguard-go', 'wfbench1')).toFixed(0)} bytes`,
  );
}
