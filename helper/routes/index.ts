/** The system's routing table, as far as a tunnel needs it. One implementation a system; what to route is plan.ts. */
import type { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { darwinRoutes } from './darwin.ts';
import { linuxRoutes } from './linux.ts';
import { sharedRoutes } from './shared-routes.ts';
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
  /**
   * Of the routes by a device that is up, those that stand and are wanted stay untouched: what they route never leaves in
   * clear meanwhile. Others of ours, in whatever table, are removed.
   *
   * @param table a number or a name, null for the main one
   */
  setTunnelRoutes(device: string, prefixes: readonly IpPrefix[], table: string | null): Promise<void>;
  /**
   * Pins each address, without a zone, to its path, all or none. Where that is none, or leads into a tunnel of ours, it is
   * the way that there would be without what is ours. Without any, nothing can be sent there until the network changes.
   * Where somebody else's route to just this address stands, it is left alone, and serves while it stands.
   *
   * @returns the addresses, to be given back
   */
  addBearerRoutes(paths: ReadonlyMap<string, Path | null>): Promise<string[]>;
  /** One that is gone already is no failure. */
  removeBearerRoutes(addresses: readonly string[]): Promise<void>;
  /**
   * The machine's networks have changed: pins what is pinned to the way there now. Without one it stays as it is, as does
   * one that the system's rules had led elsewhere than its main table, while its device stands.
   */
  refreshBearerRoutes(): Promise<void>;
  /** What is sent to these prefixes goes nowhere while no tunnel has a route there. @param name of who will have one */
  hold(name: string, prefixes: readonly IpPrefix[]): Promise<void>;
  /** Ends what was held for one. Where that is nothing, it is no failure. */
  release(name: string): Promise<void>;
  /** Removes what a helper left behind of all these, but for what is pinned or held now. */
  removeLeftovers(): Promise<void>;
}

/** What a system does. Every call throws Failure. */
export interface SystemRoutes
  extends Omit<Routes, 'addBearerRoutes' | 'refreshBearerRoutes' | 'hold' | 'release' | 'removeLeftovers'> {
  /** As {@link Routes.addBearerRoutes}. */
  addBearerRoutes(paths: ReadonlyMap<string, Path | null>): Promise<void>;
  /** Changes only what differs. @param addresses without a zone */
  renewBearerRoutes(addresses: readonly string[]): Promise<void>;
  addHolds(prefixes: readonly IpPrefix[]): Promise<void>;
  /** One that is gone already is no failure. */
  removeHolds(prefixes: readonly IpPrefix[]): Promise<void>;
  /** @param kept addresses that are pinned, and prefixes that are held */
  removeLeftovers(kept: readonly IpPrefix[]): Promise<void>;
}

export function routesFor(platform: NodeJS.Platform): Routes {
  if (platform === 'darwin') return sharedRoutes(darwinRoutes);
  return sharedRoutes(platform === 'win32' ? windowsRoutes : linuxRoutes);
}
