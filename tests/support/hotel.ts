/**
 * A traveller in a hotel whose network belongs to somebody hostile, with a tunnel to a server far away:
 *
 *     traveller ── hotel ── internet (the tunnel's server, and a site that answers)
 *
 * The eavesdropper looks at what the traveller's card sends.
 */

import { IpAddress, IpPrefix } from '../../engine/wire/ip-prefix.ts';
import type { ProtectedTunnel } from '../../helper/firewall/policy.ts';
import type { FullTunnel } from '../../helper/routes/full-tunnel.ts';
import { endpointText } from '../../helper/tunnel/endpoints.ts';
import { type EngineKind, type EngineProcess, startEngine } from './engine-process.ts';
import {
  closeNamespaces,
  connectNamespaces,
  createNamespace,
  type LinkEnd,
  type Namespace,
} from './netns.ts';
import { waitFor } from './processes.ts';
import { type Sniffer, sniff } from './sniffer.ts';
import { generateKeys, setPrivateKey } from './tunnel-pair.ts';
import { readDatagram } from './wireguard-frames.ts';

export const MARK = 0xca6c;
export const PORT = 51_820;
export const SERVER = '198.51.100.1';
export const SERVER_V6 = '2001:db8:51::1';
/** What everybody on the Internet can reach, by the tunnel or without it. */
export const SITE = '203.0.113.7';
export const SITE_V6 = '2001:db8:7::7';
export const TRAVELLER = '192.168.50.2';
export const TRAVELLER_V6 = 'fd50::2';
export const HOTEL = '192.168.50.1';
export const HOTEL_V6 = 'fd50::1';
export const TUNNEL_ADDRESS = '10.7.0.2';
export const TUNNEL_ADDRESS_V6 = 'fd07::2';

const USUAL_TABLE = 4242;
const HOP_BY_HOP = 0;
const ICMPV6 = 58;
const MULTICAST_REPORT = 143;

export class Hotel {
  readonly traveller: Namespace;
  readonly hotel: Namespace;
  readonly internet: Namespace;
  /** The traveller's card, and what it is plugged into. */
  readonly card: string;
  readonly socket: string;
  /** Between the hotel and the Internet: the same name on both sides. */
  readonly #uplink: string;
  engine!: EngineProcess;
  #server!: EngineProcess;
  readonly #keys = { traveller: generateKeys(), server: generateKeys() };

  constructor(
    namespaces: readonly [Namespace, Namespace, Namespace],
    link: { a: LinkEnd; b: LinkEnd },
    uplink: string,
  ) {
    [this.traveller, this.hotel, this.internet] = namespaces;
    this.#uplink = uplink;
    this.card = link.a.interface;
    this.socket = link.b.interface;
  }

  /** Watches the wire between the traveller and the hotel for what the traveller sends. */
  eavesdrop(): Promise<Sniffer> {
    return sniff(this.hotel, this.socket, { direction: 'in', filter: 'ip or ip6' });
  }

  /** @returns what somebody on the wire can read of all that the traveller sent during `work`: a line a packet */
  async clearDuring(work: () => Promise<unknown>): Promise<string[]> {
    const sniffer = await this.eavesdrop();
    await work();
    await sniffer.stop();
    return sniffer.packets.filter(isClear).map(describePacket);
  }

  async startServer(): Promise<void> {
    this.#server = await startEngine('wireguard-go', this.internet);
    await setPrivateKey(this.#server, this.#keys.server);
    const { public: traveller } = this.#keys.traveller;
    await this.#server.set(
      `listen-port ${PORT} peer ${traveller} allowed-ips ${TUNNEL_ADDRESS}/32,${TUNNEL_ADDRESS_V6}/128`,
    );
    for (const address of ['10.7.0.1/24', 'fd07::1/64'])
      await this.internet.ip(`addr add ${address} dev ${this.#server.name}`);
    await this.internet.ip(`link set ${this.#server.name} mtu 1420 up`);
  }

  /** The traveller's engine, with everything but routes and firewall. */
  async startEngine(
    kind: EngineKind,
    options: { allowedIps?: string; v6?: boolean; outer?: string } = {},
  ): Promise<void> {
    const { allowedIps = '0.0.0.0/0,::/0', v6 = true, outer = SERVER } = options;
    this.engine = await startEngine(kind, this.traveller);
    await setPrivateKey(this.engine, this.#keys.traveller);
    const endpoint = endpointText(outer, PORT);
    await this.engine.set(
      `fwmark ${MARK} peer ${this.#keys.server.public} allowed-ips ${allowedIps} endpoint ${endpoint}`,
    );
    const { name } = this.engine;
    await this.traveller.ip(`addr add ${TUNNEL_ADDRESS}/24 dev ${name}`);
    if (v6) await this.traveller.ip(`addr add ${TUNNEL_ADDRESS_V6}/64 dev ${name} nodad`);
    await this.traveller.ip(`link set ${name} mtu 1420 up`);
  }

  setEndpoint(address: string): Promise<void> {
    return this.engine.set(`peer ${this.#keys.server.public} endpoint ${endpointText(address, PORT)}`);
  }

  /** Of both ends. */
  async setLinkMtu(mtu: number): Promise<void> {
    await this.traveller.ip(`link set ${this.card} mtu ${mtu}`);
    await this.hotel.ip(`link set ${this.socket} mtu ${mtu}`);
  }

  async setUplinkMtu(mtu: number): Promise<void> {
    await this.hotel.ip(`link set ${this.#uplink} mtu ${mtu}`);
    await this.internet.ip(`link set ${this.#uplink} mtu ${mtu}`);
  }

  /** Forgets the session, so that the next packet begins with a handshake, and asks for one. */
  async renewSession(): Promise<void> {
    await setPrivateKey(this.engine, this.#keys.traveller);
    await this.traveller.ping(SITE, { count: 1, waitMs: 100 });
  }

  /** For routing. */
  fullTunnel(options: { prefixes?: readonly string[]; allowLan?: boolean } = {}): FullTunnel {
    const { prefixes = ['0.0.0.0/0', '::/0'], allowLan = false } = options;
    return {
      device: this.engine.name,
      mark: MARK,
      prefixes: [...prefixes, `${TUNNEL_ADDRESS}/24`, `${TUNNEL_ADDRESS_V6}/64`].map(
        (text) => IpPrefix.parse(text)!,
      ),
      allowLan,
    };
  }

  /** For the firewall. */
  protectedTunnel(options: Partial<ProtectedTunnel> = {}): ProtectedTunnel {
    return {
      state: 'connected',
      isFull: true,
      killSwitch: true,
      allowLan: false,
      device: this.engine.name,
      addresses: [TUNNEL_ADDRESS, TUNNEL_ADDRESS_V6].map((text) => IpPrefix.parse(text)!),
      mark: MARK,
      endpoints: [SERVER, SERVER_V6].map((address) => ({ address, port: PORT })),
      ...options,
    };
  }

  async answersThroughTunnel(target = SITE): Promise<void> {
    const answered = async () =>
      (await this.traveller.ping(target, { count: 1, waitMs: 500 })).received === 1;
    await waitFor(answered, { what: `an answer from ${target} through the tunnel` });
  }

  /**
   * Full-tunnel routing as wg-quick(8) does it, which believes every route of the main table but the default: what a
   * test's control does.
   */
  async startUsualRouting(families: readonly (4 | 6)[] = [4, 6]): Promise<void> {
    for (const family of families) {
      await this.traveller.ip(`-${family} route add default dev ${this.engine.name} table ${USUAL_TABLE}`);
      await this.traveller.ip(`-${family} rule add not fwmark ${MARK} table ${USUAL_TABLE}`);
      await this.traveller.ip(`-${family} rule add table main suppress_prefixlength 0`);
    }
  }

  async stopUsualRouting(families: readonly (4 | 6)[] = [4, 6]): Promise<void> {
    for (const family of families) {
      await this.traveller.ip(`-${family} rule del table main suppress_prefixlength 0`);
      await this.traveller.ip(`-${family} rule del not fwmark ${MARK} table ${USUAL_TABLE}`);
      await this.traveller.ip(`-${family} route flush table ${USUAL_TABLE}`);
    }
  }

  close(): Promise<void> {
    return closeNamespaces(this.traveller, this.hotel, this.internet);
  }
}

export async function openHotel(): Promise<Hotel> {
  const traveller = await createNamespace('traveller');
  const hotel = await createNamespace('hotel');
  const internet = await createNamespace('internet');
  const lan = await connectNamespaces(traveller, hotel, {
    v4: [`${TRAVELLER}/24`, `${HOTEL}/24`],
    v6: [`${TRAVELLER_V6}/64`, `${HOTEL_V6}/64`],
  });
  const uplink = await connectNamespaces(hotel, internet);
  await hotel.run('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
  for (const address of [SERVER, SITE, SERVER_V6, SITE_V6]) {
    await internet.ip(`addr add ${address} dev lo`);
    await hotel.ip(`route add ${address} via ${address.includes(':') ? uplink.b.v6 : uplink.b.v4}`);
  }
  await internet.ip(`route add ${TRAVELLER} via ${uplink.a.v4}`);
  await internet.ip(`route add ${TRAVELLER_V6} via ${uplink.a.v6}`);
  for (const gateway of [HOTEL, HOTEL_V6]) await traveller.ip(`route add default via ${gateway}`);
  const world = new Hotel([traveller, hotel, internet], lan, uplink.a.interface);
  await world.startServer();
  return world;
}

/**
 * Whether an eavesdropper could read more than where the tunnel goes. DHCP, neighbour discovery and the kernel's reports of
 * multicast groups (RFC 3810) keep the link up.
 */
export function isClear(packet: Buffer): boolean {
  const isIPv4 = packet[0]! >> 4 === 4;
  if (!isIPv4 && packet[6] === HOP_BY_HOP && packet[48] === MULTICAST_REPORT) return false;
  if (!isIPv4 && packet[6] === ICMPV6 && packet[7] === 255) return packet[40]! < 133 || packet[40]! > 136;
  const datagram = readDatagram(packet);
  if (datagram === null) return true;
  const destination = packet.subarray(isIPv4 ? 16 : 24, isIPv4 ? 20 : 40);
  const isSealed = datagram.kind !== 'other' && datagram.destinationPort === PORT;
  const isToServer = SERVERS.some((server) => destination.equals(server));
  return !(isSealed && isToServer) && !isDhcp(datagram.sourcePort, datagram.destinationPort);
}

const SERVERS = [SERVER, SERVER_V6].map((text) => IpPrefix.parse(text)!.address.bytes);

function isDhcp(source: number, destination: number): boolean {
  return (source === 68 && destination === 67) || (source === 546 && destination === 547);
}

/** Such as `17 to 203.0.113.7`: protocol and destination. */
function describePacket(packet: Buffer): string {
  const isIPv4 = packet[0]! >> 4 === 4;
  const destination = new IpAddress(packet.subarray(isIPv4 ? 16 : 24, isIPv4 ? 20 : 40));
  return `${isIPv4 ? packet[9] : packet[6]} to ${destination}`;
}
