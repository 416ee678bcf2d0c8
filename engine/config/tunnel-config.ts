/**
 * What a tunnel is made of, as plain immutable data: the meaning of a wg-quick(8) `.conf`, without its spelling.
 * `wg-quick.ts` reads and writes it; the device and the helper are set up from it.
 */
import type { PresharedKey, PrivateKey, PublicKey } from '../crypto/keys.ts';
import type { IpAddress, IpPrefix } from '../wire/ip-prefix.ts';

export interface TunnelConfig {
  readonly interface: InterfaceConfig;
  /** No two with the same public key. */
  readonly peers: readonly PeerConfig[];
}

export interface InterfaceConfig {
  /** Null in a file that leaves it out: such a tunnel cannot connect. */
  readonly privateKey: PrivateKey | null;
  /** UDP port, 0–65535. Null and 0 both ask for a random one. */
  readonly listenPort: number | null;
  /** Mark of the outgoing datagrams, 0–0xffffffff. Null and 0 both mean none. */
  readonly fwMark: number | null;
  /** The interface's own addresses, host bits kept. */
  readonly addresses: readonly IpPrefix[];
  readonly dns: DnsConfig;
  /** Bytes, 576–65535. Null: to be found from the route to the endpoints. */
  readonly mtu: number | null;
  readonly table: RoutingTable;
  readonly hooks: Hooks;
  /** wg-quick's wish to write the file anew when the tunnel goes down. Kept for export, never acted on. */
  readonly saveConfig: boolean | null;
}

export interface DnsConfig {
  readonly servers: readonly IpAddress[];
  /** Domains as resolv.conf(5) `search` or, with a leading `~`, as systemd's routing domains. */
  readonly searchDomains: readonly string[];
}

/** Where the routes of the allowed IPs go. A table named or numbered gets no policy rules. */
export type RoutingTable =
  | { readonly kind: 'auto' }
  | { readonly kind: 'off' }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'name'; readonly name: string };

/** Shell commands of the file, in its order. Inert text: Wayfare shows and exports them and never runs one. */
export interface Hooks {
  readonly preUp: readonly string[];
  readonly postUp: readonly string[];
  readonly preDown: readonly string[];
  readonly postDown: readonly string[];
}

export interface PeerConfig {
  readonly publicKey: PublicKey;
  /** Null: none. An all-zero key in a file means none too. */
  readonly presharedKey: PresharedKey | null;
  /** Host bits cleared, no prefix twice. */
  readonly allowedIps: readonly IpPrefix[];
  readonly endpoint: EndpointConfig | null;
  /** Seconds, 0–65535. Null and 0 both mean off. */
  readonly persistentKeepalive: number | null;
}

/** Where a peer is said to be. The host is a name, an IPv4 or an IPv6 address without brackets, which may have a zone. */
export interface EndpointConfig {
  readonly host: string;
  /** UDP port, 0–65535. */
  readonly port: number;
}
