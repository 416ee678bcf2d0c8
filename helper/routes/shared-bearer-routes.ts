/** Tunnels to one server share the route that keeps it outside: it stays until the last of them has given it back. */

import { oneAtATime } from '../one-at-a-time.ts';
import type { Routes } from './index.ts';

export function sharedBearerRoutes(routes: Routes): Routes {
  /** How many tunnels hold the route to an address. */
  const holders = new Map<string, number>();
  /** One change at a time: between reading the table and changing it, no other may come. */
  const inTurn = oneAtATime();

  return {
    ...routes,
    addBearerRoutes: (paths) =>
      inTurn(async () => {
        const shared = [...paths.keys()].filter((address) => holders.has(address));
        const isNew = ([address]: readonly [string, unknown]) => !holders.has(address);
        const added = await routes.addBearerRoutes(new Map([...paths].filter(isNew)));
        const held = [...shared, ...added];
        for (const address of held) holders.set(address, (holders.get(address) ?? 0) + 1);
        return held;
      }),
    removeBearerRoutes: (addresses) =>
      inTurn(async () => {
        for (const address of addresses) holders.set(address, (holders.get(address) ?? 1) - 1);
        const unused = addresses.filter((address) => holders.get(address) === 0);
        for (const address of unused) holders.delete(address);
        await routes.removeBearerRoutes(unused);
      }),
  };
}
