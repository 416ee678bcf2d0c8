/** The system's routing table, as far as a tunnel needs it. One implementation a system; what to route is plan.ts. */
import type { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { darwinRoutes } from './darwin.ts';
import { linuxRoutes } from './linux.ts';
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

/** Every call throws Failure. Addresses are literals, without a zone. */
export interface Routes {
  /** @returns null where there is no route */
  pathTo(address: string, fwMark: number): Promise<Path | null>;
  defaultPaths(): Promise<Path[]>;
  /** @param table a number or a name, null for the main one */
  addTunnelRoutes(device: string, prefixes: readonly IpPrefix[], table: string | null): Promise<void>;
  /** Pins one address to `path`. @returns false where such a route was there already, which is not ours to remove */
  addBearerRoute(address: string, path: Path): Promise<boolean>;
  removeBearerRoute(address: string, path: Path): Promise<void>;
}

export function routesFor(platform: NodeJS.Platform): Routes {
  if (platform === 'darwin') return darwinRoutes;
  if (platform === 'win32') return windowsRoutes;
  return linuxRoutes;
}
