/** Routes that tunnels share: each stays until the last of them has given it back. */
import { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import type { Routes, SystemRoutes } from './index.ts';

export function sharedRoutes(routes: SystemRoutes): Routes {
  /** How many tunnels hold the route to an address. */
  const holders = new Map<string, number>();
  /** What is held for a tunnel. */
  const holds = new Map<string, readonly IpPrefix[]>();
  /** One change at a time: between reading the table and changing it, no other may come. */
  const inTurn = oneAtATime();

  return {
    ...routes,
    addBearerRoutes: (paths) =>
      inTurn(async () => {
        await routes.addBearerRoutes(new Map([...paths].filter(([address]) => !holders.has(address))));
        for (const address of paths.keys()) holders.set(address, (holders.get(address) ?? 0) + 1);
        return [...paths.keys()];
      }),
    refreshBearerRoutes: () => inTurn(() => routes.renewBearerRoutes([...holders.keys()])),
    removeBearerRoutes: (addresses) =>
      inTurn(async () => {
        for (const address of addresses) holders.set(address, (holders.get(address) ?? 1) - 1);
        const unused = addresses.filter((address) => holders.get(address) === 0);
        for (const address of unused) holders.delete(address);
        await routes.removeBearerRoutes(unused);
      }),
    hold: (name, prefixes) =>
      inTurn(async () => {
        holds.set(name, prefixes);
        await routes.addHolds(prefixes).catch(async (error) => {
          await end(name).catch(() => {}); // the first failure tells more
          throw error;
        });
      }),
    release: (name) => inTurn(() => end(name)),
    removeLeftovers: () =>
      inTurn(() => {
        const pinned = [...holders.keys()].map((address) => IpPrefix.parse(address)!);
        return routes.removeLeftovers([...pinned, ...[...holds.values()].flat()]);
      }),
  };

  /** Of a hold. */
  async function end(name: string): Promise<void> {
    const held = holds.get(name) ?? [];
    holds.delete(name);
    const others = new Set([...holds.values()].flat().map(String));
    await routes.removeHolds(held.filter((prefix) => !others.has(String(prefix))));
  }
}
