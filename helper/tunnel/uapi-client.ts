/**
 * The helper's side of the WireGuard cross-platform UAPI (https://www.wireguard.com/xplatform/): `key=value` lines,
 * an operation ends with an empty line and is answered by lines that end with `errno=` and an empty one.
 */
import type { Duplex } from 'node:stream';
import { getSystemErrorName } from 'node:util';
import type { TunnelConfig } from '../../engine/config/tunnel-config.ts';
import { decodeHexKey, PublicKey } from '../../engine/crypto/keys.ts';
import { errorCode, Failure } from '../failure.ts';
import type { PeerStatus } from '../ipc/contract.ts';
import { type Endpoint, endpointText } from './endpoints.ts';

export interface EngineDevice {
  readonly listenPort: number;
  readonly peers: readonly PeerStatus[];
}

/** @throws Failure with the engine's errno in words, or the signal's reason */
export type UapiRequest = (text: string, signal: AbortSignal) => Promise<string>;

/** A get of 65,536 peers stays below; past it something other than an engine answers. Bytes. */
const MAX_REPLY_BYTES = 64 * 1024 * 1024;

interface Waiting {
  resolve(reply: string): void;
  reject(error: Failure): void;
}

/** Operations over one connection, each answered in its turn. */
export function uapiOver(socket: Duplex): UapiRequest {
  const waiting: Waiting[] = [];
  let chunks: string[] = [];
  let length = 0;
  let broken: Failure | null = null;
  function breakOff(failure: Failure): void {
    broken ??= failure;
    socket.destroy();
    for (const { reject } of waiting.splice(0)) reject(broken);
  }
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_REPLY_BYTES) return breakOff(new Failure('the engine answers without end'));
    if (!endsOperation(chunks)) return;
    const replies = chunks.join('').split('\n\n').slice(0, -1);
    chunks = [];
    length = 0;
    for (const reply of replies) waiting.shift()?.resolve(`${reply}\n\n`);
  });
  socket.on('error', (error) => breakOff(doesNotAnswer(errorCode(error) || error.message)));
  socket.on('close', () => breakOff(doesNotAnswer('it hung up')));
  return (text, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (broken !== null) return reject(broken);
      const settled = new AbortController();
      // Its answer is still to come, and finds nobody.
      signal.addEventListener('abort', () => reject(signal.reason), { signal: settled.signal });
      waiting.push({
        resolve(reply) {
          settled.abort();
          resolve(reply);
        },
        reject(error) {
          settled.abort();
          reject(error);
        },
      });
      socket.write(text, 'latin1');
    });
}

/** A blank line may come in two chunks. */
function endsOperation(chunks: readonly string[]): boolean {
  const last = chunks[chunks.length - 1]!;
  return (last.length >= 2 ? last : chunks.slice(-2).join('')).endsWith('\n\n');
}

function doesNotAnswer(reason: string): Failure {
  return new Failure(`the engine does not answer (${reason})`, '', "look at the helper's log");
}

/** What an engine is configured with. */
export interface EngineSetup {
  readonly config: TunnelConfig;
  /** One a peer, in order. */
  readonly endpoints: readonly (Endpoint | null)[];
  /** Of the sockets that it was started with. */
  readonly listenPort: number;
  readonly mark: number;
}

/** Gives a fresh engine its whole configuration. */
export async function configureEngine(
  request: UapiRequest,
  setup: EngineSetup,
  signal: AbortSignal,
): Promise<void> {
  throwOnErrno(await request(configurationText(setup), signal), 'the configuration');
}

/** Asks for a handshake at once with each of the peers that can be called. Ours, not in the cross-platform UAPI. */
export async function initiateHandshakes(
  request: UapiRequest,
  { config, endpoints }: EngineSetup,
  signal: AbortSignal,
): Promise<void> {
  const callable = config.peers.filter((_, i) => endpoints[i] !== null);
  if (callable.length === 0) return;
  const lines = callable.flatMap(({ publicKey }) => [
    `public_key=${publicKey.toHex()}`,
    'update_only=true',
    'initiate_handshake=true',
  ]);
  throwOnErrno(await request(operation('set', lines), signal), 'the call for a handshake');
}

export async function readDevice(request: UapiRequest, signal: AbortSignal): Promise<EngineDevice> {
  const reply = await request(operation('get', []), signal);
  throwOnErrno(reply, 'the question for its state');
  return parseDevice(reply);
}

/** The text holds the private key: it is written to the engine's pipe and nowhere else. */
export function configurationText({ config, endpoints, listenPort, mark }: EngineSetup): string {
  const { privateKey } = config.interface;
  const lines: string[] = [];
  if (privateKey !== null) lines.push(`private_key=${privateKey.toHex()}`);
  lines.push(`listen_port=${listenPort}`, `fwmark=${mark}`, 'replace_peers=true');
  for (const [i, peer] of config.peers.entries()) {
    const endpoint = endpoints[i] ?? null;
    lines.push(`public_key=${peer.publicKey.toHex()}`);
    if (peer.presharedKey !== null) lines.push(`preshared_key=${peer.presharedKey.toHex()}`);
    if (endpoint !== null) lines.push(`endpoint=${endpointText(endpoint.address, endpoint.port)}`);
    lines.push(`persistent_keepalive_interval=${peer.persistentKeepalive ?? 0}`, 'replace_allowed_ips=true');
    for (const prefix of peer.allowedIps) lines.push(`allowed_ip=${prefix}`);
  }
  return operation('set', lines);
}

function operation(kind: 'get' | 'set', lines: readonly string[]): string {
  return [`${kind}=1`, ...lines, '', ''].join('\n');
}

function throwOnErrno(reply: string, what: string): void {
  const errno = Number(/^errno=(-?\d+)$/m.exec(reply)?.[1] ?? 'NaN');
  if (errno === 0) return;
  const name = Number.isInteger(errno) ? errnoName(errno) : 'no errno';
  throw new Failure(`the engine refused ${what} (${name})`);
}

function errnoName(errno: number): string {
  try {
    return getSystemErrorName(-Math.abs(errno));
  } catch {
    return `errno ${errno}`; // not a number this system has a name for
  }
}

/** Reads the reply to `get=1`. Keys it does not know are left out, secrets among them. */
export function parseDevice(reply: string): EngineDevice {
  let listenPort = 0;
  const peers: { -readonly [K in keyof PeerStatus]: PeerStatus[K] }[] = [];
  for (const line of reply.split('\n')) {
    const equals = line.indexOf('=');
    const key = line.slice(0, equals);
    const value = line.slice(equals + 1);
    const peer = peers[peers.length - 1];
    if (key === 'listen_port') listenPort = count(value);
    else if (key === 'public_key') peers.push(newPeer(value));
    else if (peer === undefined) continue;
    else if (key === 'endpoint') peer.endpoint = value;
    else if (key === 'allowed_ip') peer.allowedIps.push(value);
    else if (key === 'last_handshake_time_sec') peer.latestHandshake = count(value) || null;
    else if (key === 'rx_bytes') peer.rxBytes = count(value);
    else if (key === 'tx_bytes') peer.txBytes = count(value);
    else if (key === 'persistent_keepalive_interval') peer.persistentKeepalive = count(value) || null;
  }
  return { listenPort, peers };
}

/** The engine reads strangers' packets: what it says is looked at. */
function count(value: string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Failure('the engine answered with a malformed number');
  return number;
}

function newPeer(hexKey: string): PeerStatus {
  const bytes = decodeHexKey(hexKey);
  if (bytes === null) throw new Failure('the engine answered with a malformed public key');
  return {
    publicKey: new PublicKey(bytes).toBase64(),
    endpoint: null,
    allowedIps: [],
    latestHandshake: null,
    rxBytes: 0,
    txBytes: 0,
    persistentKeepalive: null,
  };
}
