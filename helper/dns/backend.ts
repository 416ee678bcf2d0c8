/** What the ways to set DNS have in common. */
import type { DnsSettings } from './index.ts';

export const BACKEND_NAMES = ['systemd-resolved', 'NetworkManager', 'resolvconf', 'file'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];

/** The oldest first: where the servers of several tunnels stand in one list, those of the newest are asked first. */
export type TunnelList = readonly DnsSettings[];

/** Every call throws Failure, and may be repeated. */
export interface Backend {
  /** Puts the servers of all these tunnels in force. */
  apply(tunnels: TunnelList): Promise<void>;
  /** Whether they are, also where somebody else has changed something since. */
  isInForce(tunnels: TunnelList): Promise<boolean>;
  /** Takes back those of `gone`; those of `rest` stay in force. */
  revert(gone: TunnelList, rest: TunnelList): Promise<void>;
}

/** The newest tunnel's first. */
export function serversOf(tunnels: TunnelList): string[] {
  return unique(tunnels.toReversed().flatMap(({ servers }) => servers));
}

/** Without systemd's routing domains, which nothing else understands. */
export function searchDomainsOf(tunnels: TunnelList): string[] {
  const domains = tunnels.toReversed().flatMap(({ searchDomains }) => searchDomains);
  return unique(domains.filter((domain) => !domain.startsWith('~')));
}

export function takesEverything(tunnels: TunnelList): boolean {
  return tunnels.some(({ isFullTunnel }) => isFullTunnel);
}

function unique(texts: readonly string[]): string[] {
  return [...new Set(texts)];
}
