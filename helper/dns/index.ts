/** Which DNS servers the machine asks while tunnels are up. One implementation a system. */
import type { HelperClock } from '../clock.ts';
import type { Log } from '../log.ts';
import { darwinDns } from './darwin.ts';
import { createLinuxDns, SYSTEM_PATHS } from './linux.ts';
import { windowsDns } from './windows.ts';

/** What a tunnel's config asks for. Without a server nothing is changed, as in wg-quick(8). */
export interface DnsSettings {
  /** The tunnel's interface. */
  readonly device: string;
  /** Addresses, in the order they are to be asked. */
  readonly servers: readonly string[];
  /** As resolv.conf(5) `search` or, with a leading `~`, as systemd's routing domains. */
  readonly searchDomains: readonly string[];
  /** Everything goes through the tunnel, so no question may go to anybody else. */
  readonly isFullTunnel: boolean;
}

/** Calls are done one after the other. */
export interface Dns {
  /**
   * At the helper's start: takes back what a killed one left. Never throws: what cannot be taken back is logged, and
   * tried again at the next start.
   *
   * @param adopted devices whose tunnels live on: theirs is kept, and watched over again
   */
  recover(adopted: readonly string[]): Promise<void>;
  /**
   * From here on the tunnel's servers are asked, and stay so whatever a DHCP client writes.
   *
   * @throws Failure, with everything as it was
   */
  apply(settings: DnsSettings): Promise<void>;
  /** One that has nothing to take back is no failure. @throws Failure for what it could not take back */
  revert(device: string): Promise<void>;
}

export interface DnsOptions {
  /** Where the journal lies, root's alone. */
  readonly stateDir: string;
  readonly clock: HelperClock;
  readonly log: Log;
}

export function dnsFor(platform: NodeJS.Platform, options: DnsOptions): Dns {
  if (platform === 'darwin') return darwinDns;
  if (platform === 'win32') return windowsDns;
  return createLinuxDns({ ...options, paths: SYSTEM_PATHS });
}
