/** Which routes a config asks for, and which endpoints those would swallow. Pure. */

import type { RoutingTable } from '../../engine/config/tunnel-config.ts';
import { MAX_MTU, MIN_MTU } from '../../engine/constants.ts';
import { IpAddress, IpPrefix } from '../../engine/wire/ip-prefix.ts';

/** What WireGuard adds to a packet at most: IPv6 40, UDP 8, header and tag 32. Bytes. */
const TUNNEL_OVERHEAD = 80;
const FALLBACK_LINK_MTU = 1_500;
/** Below it the kernel takes IPv6 off an interface (RFC 8200, section 5). Bytes. */
export const MIN_IPV6_MTU = 1_280;

/**
 * The routes of allowed IPs in the main table, of a tunnel that does not take everything. A prefix that an interface
 * address already brings is left out, as wg-quick does.
 */
export function mainTableRoutes(allowedIps: readonly IpPrefix[], addresses: readonly IpPrefix[]): IpPrefix[] {
  const connected = addresses.map((address) => address.masked());
  const wanted = unique(allowedIps.map((prefix) => prefix.masked()));
  return wanted.filter((prefix) => !connected.some((other) => contains(other, prefix)));
}

/** The routes of allowed IPs in a table of the user's own choice, exactly as written. */
export function explicitTableRoutes(allowedIps: readonly IpPrefix[]): IpPrefix[] {
  return unique(allowedIps.map((prefix) => prefix.masked()));
}

/**
 * The endpoints that routes in the main table would send into the tunnel, where their packets would loop. An address with
 * a zone stays on its link and cannot.
 */
export function swallowedEndpoints(endpoints: readonly string[], routes: readonly IpPrefix[]): string[] {
  return [...new Set(endpoints)].filter((endpoint) => {
    const address = IpAddress.parse(endpoint);
    if (address === null) return false;
    const host = new IpPrefix(address, address.bytes.length * 8);
    return routes.some((route) => contains(route, host));
  });
}

/**
 * The interface's MTU by the grammar's rule, in bytes: the smallest on the way to any endpoint, else of the default
 * routes, else 1500, minus what the tunnel adds. Where that is too small for IPv6, the outer packets are fragmented.
 */
export function tunnelMtu(
  endpointMtus: readonly number[],
  defaultMtus: readonly number[],
  carriesIPv6: boolean,
): number {
  const known = endpointMtus.length > 0 ? endpointMtus : defaultMtus;
  const link = known.length > 0 ? Math.min(...known) : FALLBACK_LINK_MTU;
  return Math.min(MAX_MTU, Math.max(carriesIPv6 ? MIN_IPV6_MTU : MIN_MTU, link - TUNNEL_OVERHEAD));
}

/** Of the main table: 0 is "unspecified", which means it (rt_tables of iproute2). */
const MAIN_TABLE_NAMES = ['main', 'unspec'];

/** The kernel's main table, by each of its names and numbers. */
export function isMainTable(table: RoutingTable): boolean {
  if (table.kind === 'number') return table.number === 0 || table.number === 254;
  return table.kind === 'auto' || (table.kind === 'name' && MAIN_TABLE_NAMES.includes(table.name));
}

/** It is asked before all others, so that routes in it would win even over the machine's own addresses. */
export function isLocalTable(table: RoutingTable): boolean {
  if (table.kind === 'number') return table.number === 255;
  return table.kind === 'name' && table.name === 'local';
}

/** @returns as `ip` takes it, null for the main table */
export function tableText(table: RoutingTable): string | null {
  if (isMainTable(table)) return null;
  if (table.kind === 'number') return String(table.number);
  return table.kind === 'name' ? table.name : null;
}

/** @returns a prefix of `some` that shares addresses with one of `others`, null where none does */
export function meeting(some: readonly IpPrefix[], others: readonly IpPrefix[]): IpPrefix | null {
  return some.find((one) => others.some((other) => contains(one, other) || contains(other, one))) ?? null;
}

/** @returns the prefixes of which every address is in `some` and in `others` */
export function inBoth(some: readonly IpPrefix[], others: readonly IpPrefix[]): IpPrefix[] {
  return unique([...within(some, others), ...within(others, some)].map((prefix) => prefix.masked()));
}

/** Each is looked for once a prefix length, for there may be thousands of both. */
function within(inner: readonly IpPrefix[], outer: readonly IpPrefix[]): IpPrefix[] {
  const known = new Set(outer.map((prefix) => String(prefix.masked())));
  const lengths = [...new Set(outer.map(({ length }) => length))];
  const isWithin = ({ address, length }: IpPrefix) =>
    lengths.some((each) => each <= length && known.has(String(new IpPrefix(address, each).masked())));
  return inner.filter(isWithin);
}

/** Whether every address of `inner` is one of `outer`. */
export function contains(outer: IpPrefix, inner: IpPrefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  return new IpPrefix(inner.address, outer.length).masked().equals(outer.masked());
}

function unique(prefixes: readonly IpPrefix[]): IpPrefix[] {
  return [...new Map(prefixes.map((prefix) => [String(prefix), prefix])).values()];
}
