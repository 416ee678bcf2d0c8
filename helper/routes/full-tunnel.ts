/**
 * Routing of a tunnel that takes everything, as data. The main table, into which every DHCP server and router of a foreign
 * network may write, is asked for the tunnel's own datagrams alone: what is marked leaves by it, all else finds its way
 * in a table of ours, which ends in "unreachable" for both families. Pure.
 */
import { IpAddress, type IpFamily, IpPrefix } from '../../engine/wire/ip-prefix.ts';
import type { LocalNetworks, OnLinkNetwork } from './local-networks.ts';
import { contains } from './plan.ts';

export const FULL_TUNNEL_TABLE = '51820';
/** Of the UDP sockets, where the config has no FwMark: wg-quick's, and as its table number. */
export const DEFAULT_MARK = 0xca6c;

/** Before the main table's 32766. What a root of this machine puts before them goes first. */
const TUNNEL_PRIORITY = 32_764;
const UNREACHABLE_PRIORITY = 32_765;
export const PRIORITIES: readonly number[] = [TUNNEL_PRIORITY, UNREACHABLE_PRIORITY];
/** The worst there is but for the kernel's own. */
const UNREACHABLE_METRIC = 4_278_198_272;
/** What the kernel gives to IPv6 routes without one. */
const IPV6_METRIC = 1_024;

export interface FullTunnel {
  readonly device: string;
  /** SO_MARK of its UDP sockets. */
  readonly mark: number;
  /** Its allowed IPs, its own networks and its DNS servers. */
  readonly prefixes: readonly IpPrefix[];
  readonly allowLan: boolean;
}

/** One that is up beside it: what goes there does not leave in clear. */
export interface SplitTunnel {
  readonly device: string;
  /** Its allowed IPs. */
  readonly prefixes: readonly IpPrefix[];
}

export interface FullTunnelPlan {
  readonly rules: readonly PlannedRule[];
  readonly routes: readonly PlannedRoute[];
}

/** For every packet that has not the mark: what has it never enters the tunnel, even where there is no other way. */
export interface PlannedRule {
  readonly family: IpFamily;
  readonly priority: number;
  readonly exceptMark: number;
  /** Null: unreachable. */
  readonly table: string | null;
}

/** In {@link FULL_TUNNEL_TABLE}. */
export interface PlannedRoute {
  readonly prefix: IpPrefix;
  readonly metric: number;
  /** Null: unreachable. */
  readonly device: string | null;
  readonly source: string | null;
  /**
   * Whether the addresses are neighbours. Those in the tunnel are not: gateways are looked up among neighbours alone, by
   * these very routes, and a network that comes while the tunnel is up has to find its own.
   */
  readonly isOnLink: boolean;
}

/** Whether allowed IPs take a whole family, in one prefix, in halves or in any other pieces. */
export function isFullTunnel(allowedIps: readonly IpPrefix[]): boolean {
  return EVERYTHING.some((all) => covers(allowedIps, all));
}

/**
 * Of two routes the longer prefix wins, as everywhere: a network of the tunnel that lies in a local one goes into the
 * tunnel. Of two alike the tunnel's wins.
 */
export function fullTunnelPlan(
  tunnel: FullTunnel,
  splits: readonly SplitTunnel[],
  networks: LocalNetworks,
): FullTunnelPlan {
  const inTunnel = withoutHostBits(tunnel.prefixes).map((prefix) => tunnelRoute(prefix, tunnel.device));
  // One whose device is gone is on its way down.
  const present = splits.filter(({ device }) => networks.outside.includes(device));
  const inSplits = present.flatMap(({ device, prefixes }) =>
    withoutHostBits(prefixes).map((prefix) => tunnelRoute(prefix, device)),
  );
  const inTunnels = [...inTunnel, ...inSplits.filter(({ prefix }) => !isAmong(inTunnel, prefix))];
  const devices = new Set([tunnel, ...splits].map(({ device }) => device));
  const isTaken = ({ prefix, device }: OnLinkNetwork) => devices.has(device) || isAmong(inTunnels, prefix);
  const beside = [...networks.bridged, ...(tunnel.allowLan ? networks.lan : [])];
  return {
    rules: [
      { family: 4, priority: TUNNEL_PRIORITY, exceptMark: tunnel.mark, table: FULL_TUNNEL_TABLE },
      { family: 6, priority: TUNNEL_PRIORITY, exceptMark: tunnel.mark, table: FULL_TUNNEL_TABLE },
      // A socket bound to a card passes by every route of another one, "unreachable" included. NOTE: for IPv4 that is left
      // to the kill switch. The rule would not help there, for the kernel takes what such a socket has no route to for a
      // neighbour; and it would refuse each new default route, whose gateway the kernel looks up by these very rules.
      { family: 6, priority: UNREACHABLE_PRIORITY, exceptMark: tunnel.mark, table: null },
    ],
    routes: [
      ...EVERYTHING.map((prefix) => unreachableRoute(prefix)),
      ...inTunnels,
      ...beside.filter((network) => !isTaken(network)).map((network) => ({ ...network, isOnLink: true })),
    ],
  };
}

const EVERYTHING = ['0.0.0.0/0', '::/0'].map((text) => IpPrefix.parse(text)!);

function withoutHostBits(prefixes: readonly IpPrefix[]): IpPrefix[] {
  const masked = prefixes.map((prefix) => prefix.masked());
  return [...new Map(masked.map((prefix) => [String(prefix), prefix])).values()];
}

function isAmong(routes: readonly PlannedRoute[], prefix: IpPrefix): boolean {
  return routes.some((route) => route.prefix.equals(prefix));
}

function unreachableRoute(prefix: IpPrefix): PlannedRoute {
  return { prefix, metric: UNREACHABLE_METRIC, device: null, source: null, isOnLink: false };
}

function tunnelRoute(prefix: IpPrefix, device: string): PlannedRoute {
  const metric = prefix.family === 4 ? 0 : IPV6_METRIC;
  return { prefix, metric, device, source: null, isOnLink: false };
}

function covers(prefixes: readonly IpPrefix[], whole: IpPrefix): boolean {
  if (prefixes.some((prefix) => contains(prefix, whole))) return true;
  const inside = prefixes.filter((prefix) => contains(whole, prefix));
  return inside.length > 0 && halves(whole).every((half) => covers(inside, half));
}

function halves({ address, length }: IpPrefix): IpPrefix[] {
  const upper = address.bytes;
  upper[length >> 3]! |= 0x80 >> (length & 7);
  return [new IpPrefix(address, length + 1), new IpPrefix(new IpAddress(upper), length + 1)];
}
