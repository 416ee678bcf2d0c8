/**
 * `set=1` (https://www.wireguard.com/xplatform/#configuration-protocol): all lines are understood first, then all are
 * carried out, so that a request with a mistake in it changes nothing. They are read anew for that: what they ask of
 * all peers would be more than the peers themselves.
 */
import { MAX_PEERS } from '../constants.ts';
import { decodeHexKey, PresharedKey, PrivateKey, PublicKey } from '../crypto/keys.ts';
import type { Device } from '../device/device.ts';
import { ConfigError } from '../errors.ts';
import { Endpoint } from '../peer/endpoint.ts';
import type { Peer } from '../peer/peer.ts';
import { IpPrefix } from '../wire/ip-prefix.ts';
import type { EngineControl, LinkControl } from './control.ts';
import type { Operation } from './operation.ts';

type AllowedIpChange =
  | { readonly kind: 'clear' }
  | { readonly kind: 'add' | 'remove'; readonly prefix: IpPrefix };

interface DeviceSection {
  readonly kind: 'device';
  privateKey?: PrivateKey | null;
  listenPort?: number;
  mark?: number;
  replacePeers: boolean;
}

interface PeerSection {
  readonly kind: 'peer';
  readonly publicKey: PublicKey;
  remove: boolean;
  updateOnly: boolean;
  presharedKey?: PresharedKey | null;
  endpoint?: Endpoint;
  persistentKeepaliveSeconds?: number;
  initiateHandshake: boolean;
  readonly allowedIps: AllowedIpChange[];
}

type Section = DeviceSection | PeerSection;

type InterfaceIndex = LinkControl['interfaceIndex'];

/** @throws ConfigError or SystemError, before anything was changed */
export function applySet(operation: Operation, control: EngineControl): void {
  const interfaceIndex = remember((name) => control.link.interfaceIndex(name));
  requireRoom(operation, control.device, interfaceIndex);
  for (const section of sections(operation, interfaceIndex)) {
    if (section.kind === 'device') applyDevice(section, control);
    else applyPeer(section, control);
  }
  control.link.settle();
}

/** An interface that comes or goes meanwhile must not make the second reading another. */
function remember(interfaceIndex: InterfaceIndex): InterfaceIndex {
  const known = new Map<string, number | null>();
  return (name) => {
    if (!known.has(name)) known.set(name, interfaceIndex(name));
    return known.get(name)!;
  };
}

/** @throws ConfigError for more peers than a device may have, or the first line that cannot be understood */
function requireRoom(operation: Operation, device: Device, interfaceIndex: InterfaceIndex): void {
  let replacesPeers = false;
  let named = 0;
  for (const section of sections(operation, interfaceIndex)) {
    if (section.kind === 'device') replacesPeers = section.replacePeers;
    else if (isAddition(section)) named++;
    discard(section);
  }
  const kept = replacesPeers ? 0 : device.peerCount;
  // Some may be named twice, or be there already: they are told apart only where it matters.
  if (kept + named <= MAX_PEERS) return;
  const added = new Set<string>();
  for (const section of sections(operation, interfaceIndex)) {
    if (section.kind === 'peer' && isAddition(section)) {
      const { publicKey } = section;
      if (replacesPeers || device.peer(publicKey) === null) added.add(publicKey.toBase64());
    }
    discard(section);
  }
  if (kept + added.size > MAX_PEERS) throw new ConfigError(`an interface has at most ${MAX_PEERS} peers`);
}

function isAddition({ remove, updateOnly }: PeerSection): boolean {
  return !remove && !updateOnly;
}

/** A section that nobody keeps leaves no secrets behind. */
function discard(section: Section): void {
  if (section.kind === 'device') section.privateKey?.wipe();
  else section.presharedKey?.wipe();
}

/** The device's section, which may say nothing, and then each peer's. @throws ConfigError */
function* sections(operation: Operation, interfaceIndex: InterfaceIndex): Generator<Section> {
  let section: Section = { kind: 'device', replacePeers: false };
  let number = 0;
  for (const line of operation.lines()) {
    number++;
    const equals = line.indexOf('=');
    if (equals < 0) throw new ConfigError('no key=value', number);
    const key = line.slice(0, equals);
    const value = line.slice(equals + 1);
    if (key === 'public_key') {
      yield section;
      section = startPeer(value, number);
      continue;
    }
    const understood =
      section.kind === 'device'
        ? readDeviceLine(section, key, value)
        : readPeerLine(section, key, value, interfaceIndex);
    if (!understood)
      throw new ConfigError(`cannot understand the value of '${key.slice(0, 40)}', or no such key`, number);
  }
  yield section;
}

function startPeer(value: string, number: number): PeerSection {
  const key = decodeHexKey(value);
  if (key === null) throw new ConfigError('no public key', number);
  return {
    kind: 'peer',
    publicKey: new PublicKey(key),
    remove: false,
    updateOnly: false,
    initiateHandshake: false,
    allowedIps: [],
  };
}

function readDeviceLine(section: DeviceSection, key: string, value: string): boolean {
  switch (key) {
    case 'private_key': {
      const bytes = decodeHexKey(value);
      if (bytes === null) return false;
      section.privateKey = bytes.every((byte) => byte === 0) ? null : new PrivateKey(bytes);
      bytes.fill(0);
      return true;
    }
    case 'listen_port': {
      const port = readInteger(value, 65_535);
      if (port !== null) section.listenPort = port;
      return port !== null;
    }
    case 'fwmark': {
      const mark = readInteger(value, 0xffff_ffff);
      if (mark !== null) section.mark = mark;
      return mark !== null;
    }
    case 'replace_peers':
      section.replacePeers = true;
      return value === 'true';
    default:
      return false;
  }
}

function readPeerLine(
  peer: PeerSection,
  key: string,
  value: string,
  interfaceIndex: InterfaceIndex,
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
function numericZone(endpoint: string, interfaceIndex: InterfaceIndex): string {
  return endpoint.replace(/%([^\]]+)\]/, (zone, name: string) => {
    if (/^[0-9]+$/.test(name)) return zone;
    return `%${interfaceIndex(name) ?? name}]`;
  });
}

function readInteger(value: string, greatest: number): number | null {
  return /^[0-9]{1,10}$/.test(value) && Number(value) <= greatest ? Number(value) : null;
}

/** @throws SystemError where a port or mark cannot be had, before anything else was changed */
function applyDevice(section: DeviceSection, { device, link }: EngineControl): void {
  moveLink(section, link);
  if (section.privateKey !== undefined) device.setPrivateKey(section.privateKey);
  if (section.replacePeers) for (const peer of [...device.peers()]) device.removePeer(peer);
}

/** @throws SystemError, with port and mark as they were */
function moveLink({ listenPort, mark }: DeviceSection, link: LinkControl): void {
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
