/**
 * The way of a tunnel's own datagrams: the route of the main table that the kernel would take, were it not for what is
 * ours. Pure.
 */
import { IpAddress, IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { OUR_PROTOCOL } from '../network/ours.ts';
import { type Hop, type KernelRoute, prefixOf } from './kernel-route.ts';

export interface Way {
  readonly device: string;
  /** Null where the address is on the link itself. */
  readonly gateway: string | null;
}

/**
 * Each address is then looked for once a prefix length, however many routes there are.
 *
 * @param table the main one, of one family
 * @param tunnels our devices
 * @returns finds the way to a literal address of that family, null where there is none
 */
export function waysBeside(
  table: readonly KernelRoute[],
  family: '-4' | '-6',
  tunnels: ReadonlySet<string>,
): (address: string) => Way | null {
  const best = new Map<string, { readonly way: Way; readonly metric: number }>();
  const lengths = new Set<number>();
  for (const { type, protocol, dst = 'default', metric = 0, nexthops, ...own } of table) {
    if (type !== undefined || protocol === OUR_PROTOCOL) continue;
    const way = (nexthops ?? [own]).map(wayOf).find((each) => each !== null && !tunnels.has(each.device));
    if (way == null) continue;
    const prefix = prefixOf(dst, family);
    const known = best.get(String(prefix));
    if (known === undefined || metric < known.metric) best.set(String(prefix), { way, metric });
    lengths.add(prefix.length);
  }
  const longestFirst = [...lengths].sort((a, b) => b - a);
  return (text) => {
    const address = IpAddress.parse(text)!;
    for (const length of longestFirst) {
      const found = best.get(String(new IpPrefix(address, length).masked()));
      if (found !== undefined) return found.way;
    }
    return null;
  };
}

/** @returns null for one that the kernel would not take: `dead` is a link that was set down */
export function wayOf({ dev, gateway, via, flags = [] }: Hop): Way | null {
  if (dev === undefined || flags.includes('dead')) return null;
  return { device: dev, gateway: gateway ?? via?.host ?? null };
}

export function isSameWay(one: Way, other: Way): boolean {
  return one.device === other.device && one.gateway === other.gateway;
}
