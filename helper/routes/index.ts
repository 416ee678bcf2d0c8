/** The system's routing table, as far as a tunnel needs it. One implementation a system; what to route is plan.ts. */
import type { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { darwinRoutes } from './darwin.ts';
import { linuxRoutes } from './linux.ts';
import { sharedBearerRoutes } from './shared-bearer-routes.ts';
import { windowsRoutes } from './windows.ts';

/** How the system would reach an address now. */
export interface Path {
  readonly device: string;
  /** Null where the address is on the link itself. */
  readonly gateway: string | null;
  /** Bytes. */
  readonly mtu: number;
  /** The address belongs to this machine: it is never routed, so it cannot loop. */
  readonly isLocal: boolean;
}

/** Every call throws Failure. Addresses are literals. */
export interface Routes {
  /**
   * @param addresses an IPv6 one possibly with a zone
   * @returns one entry an address, null where there is no route. @throws also the signal's reason
   */
  pathsTo(
    addresses: readonly string[],
    fwMark: number,
    signal: AbortSignal,
  ): Promise<Map<string, Path | null>>;
  defaultPaths(): Promise<Path[]>;
  /** @param table a number or a name, null for the main one */
  addTunnelRoutes(device: string, prefixes: readonly IpPrefix[], table: string | null): Promise<void>;
  /**
   * Pins each address, without a zone, to its path, all or none.
   *
   * @returns those it pinned: where somebody else's route to just this address stands, it is left alone, and is not
   * ours to remove
   */
  addBearerRoutes(paths: ReadonlyMap<string, Path>): Promise<string[]>;
  /** One that is gone already is no failure. */
  removeBearerRoutes(addresses: readonly string[]): Promise<void>;
  /** Removes every route that a helper left behind. */
  removeLeftovers(): Promise<void>;
}

export function routesFor(platform: NodeJS.Platform): Routes {
  if (platform === 'darwin') return darwinRoutes;
  if (platform === 'win32') return windowsRoutes;
  return sharedBearerRoutes(linuxRoutes);
}
