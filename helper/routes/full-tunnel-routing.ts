/** Routing of a tunnel that takes everything; only one is up at a time. What it is made of is full-tunnel.ts. */
import { notOnThisSystem } from '../failure.ts';
import type { FullTunnel } from './full-tunnel.ts';
import { linuxFullTunnelRouting } from './linux-full-tunnel.ts';

/** A setting of the kernel as it was before it was changed. */
export interface KernelSetting {
  /** As sysctl(8) names it. */
  readonly name: string;
  readonly before: string;
}

/** Every call throws Failure. */
export interface FullTunnelRouting {
  /** @returns the settings without which the routing would not work, to be written down before they are changed */
  settingsToChange(): KernelSetting[];
  changeSettings(settings: readonly KernelSetting[]): void;
  /** A setting that somebody else has changed since stays. */
  restoreSettings(settings: readonly KernelSetting[]): void;
  /**
   * Brings rules and routes to what the tunnel and the machine's networks ask for now, whatever of ours stood before. The
   * tunnel's device is up. To be called again when links, addresses, routes or rules have changed.
   */
  apply(tunnel: FullTunnel): Promise<void>;
  /** Removes all rules and routes that are ours, whoever left them. What is gone already is no failure. */
  remove(): Promise<void>;
}

const notYet: FullTunnelRouting = {
  settingsToChange: () => [],
  changeSettings: () => {},
  restoreSettings: () => {},
  apply: () => Promise.reject(notOnThisSystem('routing')),
  remove: () => Promise.reject(notOnThisSystem('routing')),
};

export function fullTunnelRoutingFor(platform: NodeJS.Platform): FullTunnelRouting {
  return platform === 'linux' ? linuxFullTunnelRouting : notYet;
}
