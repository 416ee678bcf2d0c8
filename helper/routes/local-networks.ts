/**
 * The networks on this machine's own links, read through `ip -j`: which bridges hold containers or virtual machines,
 * which devices lead outside, and which private networks lie there.
 */
import * as z from 'zod';
import { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import type { IpCommand } from '../network/ip-command.ts';
import { contains } from './plan.ts';

export interface OnLinkNetwork {
  readonly prefix: IpPrefix;
  readonly device: string;
  /** Orders and tells apart networks of the same addresses, as two cards in one network. */
  readonly metric: number;
  /** The address that this machine speaks from there, null for the kernel to choose. */
  readonly source: string | null;
}

export interface LocalNetworks {
  /** Bridges that hold containers or virtual machines alone. */
  readonly bridges: readonly string[];
  /** The networks on them. */
  readonly bridged: readonly OnLinkNetwork[];
  /** Every other device but loopback, tunnels among them. */
  readonly outside: readonly string[];
  /** The private networks on cards that lead outside. */
  readonly lan: readonly OnLinkNetwork[];
}

const link = z.object({
  ifname: z.string(),
  ifindex: z.number(),
  link_type: z.string(),
  master: z.string().optional(),
  linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
});
type Link = z.output<typeof link>;
const linkAnswer = z.array(link);

const route = z.object({
  type: z.string().optional(),
  dst: z.string(),
  dev: z.string().optional(),
  gateway: z.string().optional(),
  via: z.unknown().optional(),
  prefsrc: z.string().optional(),
  metric: z.number().optional(),
});
type Route = z.output<typeof route>;
const routeAnswer = z.array(route);

/** NOTE: a device of any other name is left alone, so that no text for `ip` or `nft` ever needs quoting. */
const PLAIN_NAME = /^[A-Za-z0-9_=+.@-]+$/;
/** What container and virtual machine programs plug into their bridges. Anything else may lead outside. */
const INNER_PORTS = ['veth', 'tun', 'dummy'];
/** RFC 1918, RFC 3927, RFC 4193, RFC 4291 section 2.5.6. */
const PRIVATE_RANGES = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
].map((text) => IpPrefix.parse(text)!);

/** @throws Failure */
export async function readLocalNetworks(ip: IpCommand): Promise<LocalNetworks> {
  const links = await ip.query(['-d', 'link', 'show']);
  const routes = await Promise.all([ip.query(['-4', 'route', 'show']), ip.query(['-6', 'route', 'show'])]);
  return localNetworks(links, routes.flat());
}

/** @param links of `ip -j -d link show` @param routes of `ip -j route show` for both families */
export function localNetworks(links: unknown, routes: unknown): LocalNetworks {
  const known = linkAnswer.parse(links).filter(({ ifname }) => PLAIN_NAME.test(ifname));
  const table = routeAnswer.parse(routes).filter(({ type }) => type === undefined || type === 'unicast');
  // A bridge with a way to other networks is this machine's own way out, whatever is plugged into it.
  const leadsOn = new Set(table.filter((each) => !isOnLink(each)).map(({ dev }) => dev));
  const bridges = known.filter((each) => holdsOnlyInner(each, known) && !leadsOn.has(each.ifname));
  const inner = new Set(bridges.map(({ ifname }) => ifname));
  const outside = known.filter(
    ({ ifname, link_type, master = '' }) =>
      link_type !== 'loopback' && !inner.has(ifname) && !inner.has(master),
  );

  const onLink = (among: readonly Link[]): OnLinkNetwork[] =>
    table.flatMap((each) => {
      const device = among.find(({ ifname }) => ifname === each.dev);
      const prefix = IpPrefix.parse(each.dst);
      if (device === undefined || prefix === null || !isOnLink(each)) return [];
      const metric = (each.metric ?? 0) + device.ifindex;
      return [{ prefix, device: device.ifname, metric, source: each.prefsrc ?? null }];
    });

  return {
    bridges: [...inner],
    bridged: onLink(bridges),
    outside: outside.map(({ ifname }) => ifname),
    lan: onLink(outside.filter(({ link_type }) => link_type === 'ether')).filter(({ prefix }) =>
      PRIVATE_RANGES.some((range) => contains(range, prefix)),
    ),
  };
}

function isOnLink({ dst, gateway, via }: Route): boolean {
  return dst !== 'default' && gateway === undefined && via === undefined;
}

function holdsOnlyInner(bridge: Link, links: readonly Link[]): boolean {
  if (bridge.linkinfo?.info_kind !== 'bridge') return false;
  const ports = links.filter(({ master }) => master === bridge.ifname);
  return ports.every(({ linkinfo }) => INNER_PORTS.includes(linkinfo?.info_kind ?? ''));
}
