/** Routes into a tunnel by `ip`: what stands is compared with what is wanted, so that nothing is taken away that stays. */
import type { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { Failure } from '../failure.ts';
import { type IpCommand, Refused } from '../network/ip-command.ts';
import { defaultMetric, prefixOf, routeAnswer } from './kernel-route.ts';

/** @param table a number or a name, null for the main one. @throws Failure */
export async function setTunnelRoutes(
  ip: IpCommand,
  device: string,
  prefixes: readonly IpPrefix[],
  table: string | null,
): Promise<void> {
  const inTable = table === null ? [] : ['table', table];
  const wanted = new Map(prefixes.map((prefix) => [routeKey(prefix, table), prefix]));
  const standing = await routesBy(ip, device, table);
  const missing = [...wanted].filter(([key]) => !standing.has(key)).map(([, prefix]) => prefix);
  try {
    await ip.batch(missing.map((prefix) => ['route', 'add', String(prefix), 'dev', device, ...inTable]));
  } catch (error) {
    const prefix = error instanceof Refused ? missing[error.index ?? -1] : undefined;
    if (prefix === undefined || !(error instanceof Refused) || error.reason !== 'File exists') throw error;
    throw await routeIsTaken(ip, prefix, inTable);
  }
  const unwanted = [...standing].filter(([key]) => !wanted.has(key));
  await ip.batch(unwanted.map(([, words]) => ['route', 'del', ...words]));
}

/**
 * What `ip route add` has put on a device, in any table.
 *
 * @param table tables are told as this one is: by number, or by name
 * @returns the words by which `ip` deletes each, by {@link routeKey} where it is as we add it
 */
async function routesBy(ip: IpCommand, device: string, table: string | null): Promise<Map<string, string[]>> {
  const numeric = table === null || /^\d+$/.test(table) ? ['-N'] : [];
  const found = new Map<string, string[]>();
  for (const family of ['-4', '-6'] as const) {
    const routes = routeAnswer.parse(await ip.query([...numeric, family, 'route', 'show', 'table', 'all']));
    for (const route of routes) {
      if (route.dev !== device || route.protocol !== undefined) continue;
      const prefix = prefixOf(route.dst ?? 'default', family);
      const { metric = 0, table: inTable = null } = route;
      const isPlain = metric === defaultMetric(prefix) && route.gateway === undefined;
      const words = [String(prefix), 'dev', device, 'table', inTable ?? 'main', 'metric', String(metric)];
      found.set(isPlain ? routeKey(prefix, inTable) : words.join(' '), words);
    }
  }
  return found;
}

function routeKey(prefix: IpPrefix, table: string | null): string {
  return `${prefix} ${table}`;
}

/** Two networks of the same addresses, as a hotel's and one's own, or two tunnels to the same place. */
async function routeIsTaken(ip: IpCommand, prefix: IpPrefix, inTable: string[]): Promise<Failure> {
  const words = ['route', 'show', 'exact', String(prefix), ...inTable];
  const [taken] = routeAnswer.parse(await ip.query([`-${prefix.family}`, ...words]));
  const holder = taken?.dev;
  return new Failure(
    `${holder ?? 'another interface'} has that route already`,
    `to ${prefix}`,
    'take that tunnel down or leave that network, or take the prefix out of AllowedIPs',
    holder === undefined ? undefined : { code: 'route-taken', prefix: String(prefix), interface: holder },
  );
}
