/**
 * `set=1` (https://www.wireguard.com/xplatform/#configuration-protocol): all lines are understood first, then all are
 * carried out, so that a request with a mistake in it changes nothing.
 */
import { MAX_PEERS } from '../constants.ts';
import { decodeHexKey, PresharedKey, PrivateKey, PublicKey } from '../crypto/keys.ts';
import { ConfigError } from '../errors.ts';
import { Endpoint } from '../peer/endpoint.ts';
import type { Peer } from '../peer/peer.ts';
import { IpPrefix } from '../wire/ip-prefix.ts';
import type { EngineControl, LinkControl } from './control.ts';

type AllowedIpChange =
  | { readonly kind: 'clear' }
  | { readonly kind: 'add' | 'remove'; readonly prefix: IpPrefix };

interface PeerSection {
  readonly publicKey: PublicKey;
  remove: boolean;
  updateOnly: boolean;
  presharedKey?: PresharedKey | null;
  endpoint?: Endpoint;
  persistentKeepaliveSeconds?: number;
  initiateHandshake: boolean;
  readonly allowedIps: AllowedIpChange[];
}

export interface SetRequest {
  privateKey?: PrivateKey | null;
  listenPort?: number;
  mark?: number;
  replacePeers: boolean;
  readonly peers: PeerSection[];
}

/** @param lines `key=value`, without `set=1` @throws ConfigError for the first that cannot be understood */
export function parseSetRequest(
  lines: readonly string[],
  interfaceIndex: (name: string) => number | null,
): SetRequest {
  const request: SetRequest = { replacePeers: false, peers: [] };
  lines.forEach((line, i) => {
    const equals = line.indexOf('=');
    if (equals < 0) throw new ConfigError('no key=value', i + 1);
    const key = line.slice(0, equals);
    const value = line.slice(equals + 1);
    const peer = request.peers.at(-1);
    const understood =
      key === 'public_key'
        ? startPeer(request, value)
        : peer === undefined
          ? readDeviceLine(request, key, value)
          : readPeerLine(peer, key, value, interfaceIndex);
    if (!understood)
      throw new ConfigError(`cannot understand the value of '${key.slice(0, 40)}', or no such key`, i + 1);
  });
  return request;
}

function startPeer(request: SetRequest, value: string): boolean {
  const key = decodeHexKey(value);
  if (key === null) return false;
  request.peers.push({
    publicKey: new PublicKey(key),
    remove: false,
    updateOnly: false,
    initiateHandshake: false,
    allowedIps: [],
  });
  return true;
}

function readDeviceLine(request: SetRequest, key: string, value: string): boolean {
  switch (key) {
    case 'private_key': {
      const bytes = decodeHexKey(value);
      if (bytes === null) return false;
      request.privateKey = bytes.every((byte) => byte === 0) ? null : new PrivateKey(bytes);
      bytes.fill(0);
      return true;
    }
    case 'listen_port': {
      const port = readInteger(value, 65_535);
      if (port !== null) request.listenPort = port;
      return port !== null;
    }
    case 'fwmark': {
      const mark = readInteger(value, 0xffff_ffff);
      if (mark !== null) request.mark = mark;
      return mark !== null;
    }
    case 'replace_peers':
      request.replacePeers = true;
      return value === 'true';
    default:
      return false;
  }
}

function readPeerLine(
  peer: PeerSection,
  key: string,
  value: string,
  interfaceIndex: (name: string) => number | null,
): boolean {
  switch (key) {
    case 'remove':
      peer.remove = true;
      return value === 'true';
    case 'update_only':
      peer.updateOnly = true;
      return value === 'true';
    case 'initiate_handshake':
      peer.initiateHandshake = true;
      return value === 'true';
    case 'replace_allowed_ips':
      peer.allowedIps.push({ kind: 'clear' });
      return value === 'true';
    case 'protocol_version':
      return value === '1';
    case 'preshared_key': {
      const bytes = decodeHexKey(value);
      if (bytes === null) return false;
      peer.presharedKey = bytes.every((byte) => byte === 0) ? null : new PresharedKey(bytes);
      bytes.fill(0);
      return true;
    }
    case 'endpoint': {
      const endpoint = Endpoint.parse(numericZone(value, interfaceIndex));
      if (endpoint !== null) peer.endpoint = endpoint;
      return endpoint !== null;
    }
    case 'persistent_keepalive_interval': {
      const seconds = readInteger(value, 65_535);
      if (seconds !== null) peer.persistentKeepaliveSeconds = seconds;
      return seconds !== null;
    }
    case 'allowed_ip': {
      const isRemoval = value.startsWith('-');
      const prefix = IpPrefix.parse(isRemoval ? value.slice(1) : value);
      if (prefix === null) return false;
      peer.allowedIps.push({ kind: isRemoval ? 'remove' : 'add', prefix });
      return true;
    }
    default:
      return false;
  }
}

/** wg(8) writes a zone as the interface's name: `[fe80::1%eth0]:51820`. */
function numericZone(endpoint: string, interfaceIndex: (name: string) => number | null): string {
  return endpoint.replace(/%([^\]]+)\]/, (zone, name: string) => {
    if (/^[0-9]+$/.test(name)) return zone;
    return `%${interfaceIndex(name) ?? name}]`;
  });
}

function readInteger(value: string, greatest: number): number | null {
  return /^[0-9]{1,10}$/.test(value) && Number(value) <= greatest ? Number(value) : null;
}

/** @throws SystemError where a port or mark cannot be had, before anything else was changed */
export function applySetRequest(request: SetRequest, control: EngineControl): void {
  const { device, link } = control;
  const added = new Set(
    request.peers
      .filter(({ publicKey, remove }) => !remove && device.peer(publicKey) === null)
      .map(({ publicKey }) => publicKey.toHex()),
  );
  if (added.size + (request.replacePeers ? 0 : device.peerCount) > MAX_PEERS) {
    throw new ConfigError(`an interface has at most ${MAX_PEERS} peers`);
  }
  moveLink(request, link);
  if (request.privateKey !== undefined) device.setPrivateKey(request.privateKey);
  if (request.replacePeers) for (const peer of [...device.peers()]) device.removePeer(peer);
  for (const section of request.peers) applyPeer(section, control);
  link.settle();
}

/** @throws SystemError, with port and mark as they were */
function moveLink({ listenPort, mark }: SetRequest, link: LinkControl): void {
  const formerMark = link.mark;
  if (mark !== undefined) link.setMark(mark);
  if (listenPort === undefined) return;
  try {
    link.setListenPort(listenPort);
  } catch (error) {
    link.setMark(formerMark);
    throw error;
  }
}

function applyPeer(section: PeerSection, control: EngineControl): void {
  const { device } = control;
  const known = device.peer(section.publicKey);
  if (section.remove) {
    if (known !== null) device.removePeer(known);
    return;
  }
  if (known === null && section.updateOnly) return;
  // Our own public key is no peer: its section is passed over, as the Linux driver does.
  const peer = known ?? device.addPeer(section.publicKey);
  if (peer !== null) configurePeer(peer, section, control);
}

function configurePeer(peer: Peer, section: PeerSection, { device, clock, output }: EngineControl): void {
  const now = clock.monotonicMs();
  if (section.presharedKey !== undefined) peer.setPresharedKey(section.presharedKey);
  if (section.endpoint !== undefined) peer.endpoint = section.endpoint;
  for (const change of section.allowedIps) {
    if (change.kind === 'clear') device.clearAllowedIps(peer);
    else if (change.kind === 'add') device.addAllowedIp(change.prefix, peer);
    else device.removeAllowedIp(change.prefix, peer);
  }
  if (section.persistentKeepaliveSeconds !== undefined) {
    device.setPersistentKeepalive(peer, section.persistentKeepaliveSeconds, now);
  }
  device.flushPeer(peer, now, output);
  if (section.initiateHandshake) device.initiateHandshake(peer, now, output);
}
