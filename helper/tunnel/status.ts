/** What the helper says of a tunnel, from its config at rest and from its engine while it runs. No secrets. */

import type { PeerConfig, TunnelConfig } from '../../engine/config/tunnel-config.ts';
import type { PrivateKey } from '../../engine/crypto/keys.ts';
import { dhKey } from '../../engine/crypto/primitives.ts';
import type { PeerStatus, TunnelStatus } from '../ipc/contract.ts';
import { guardOf, type LiveTunnel } from './bring-up.ts';
import { hasRoutes } from './claim.ts';
import { endpointText } from './endpoints.ts';
import type { TunnelSettings } from './settings.ts';
import type { TunnelFailure, TunnelState } from './state-machine.ts';
import type { EngineDevice } from './uapi-client.ts';

export interface StatusSources {
  readonly name: string;
  readonly state: TunnelState;
  readonly live: Readonly<LiveTunnel>;
  /** Null where the stored file cannot be read. */
  readonly config: TunnelConfig | null;
  /** Why it cannot be read. */
  readonly configFailure: TunnelFailure | null;
  readonly settings: TunnelSettings;
  /** Whether its kill switch is closed. */
  readonly isGuarded: boolean;
  /** Null while no engine runs or answers. */
  readonly device: EngineDevice | null;
}

export function tunnelStatus(sources: StatusSources): TunnelStatus {
  const { name, state, live, config, device } = sources;
  const peers = device?.peers ?? (config?.peers ?? []).map(peerAtRest);
  return {
    name,
    state: state.kind,
    loss: state.kind === 'connecting' ? state.loss : null,
    error: state.kind === 'error' ? state.failure : sources.configFailure,
    interface: live.device,
    publicKey: publicKeyOf(config?.interface.privateKey ?? null),
    listenPort: device?.listenPort ?? config?.interface.listenPort ?? null,
    addresses: (config?.interface.addresses ?? []).map(String),
    dns: config === null ? [] : dnsTexts(config),
    isFullTunnel: config !== null && guardOf(config, sources.settings).isFull,
    hasRoutes: config !== null && hasRoutes(config),
    ...sources.settings,
    isGuarded: sources.isGuarded,
    mtu: live.mtu ?? config?.interface.mtu ?? null,
    connectedSince: state.kind === 'connected' ? state.since : null,
    ...totalsOf(peers),
    peers: [...peers],
  };
}

export function totalsOf(peers: readonly PeerStatus[]): { rxBytes: number; txBytes: number } {
  return {
    rxBytes: peers.reduce((sum, peer) => sum + peer.rxBytes, 0),
    txBytes: peers.reduce((sum, peer) => sum + peer.txBytes, 0),
  };
}

export function dnsTexts(config: TunnelConfig): string[] {
  const { servers, searchDomains } = config.interface.dns;
  return [...servers.map(String), ...searchDomains];
}

export function configuredEndpoint(peer: PeerConfig): string | null {
  return peer.endpoint === null ? null : endpointText(peer.endpoint.host, peer.endpoint.port);
}

function peerAtRest(peer: PeerConfig): PeerStatus {
  return {
    publicKey: peer.publicKey.toBase64(),
    endpoint: configuredEndpoint(peer),
    allowedIps: peer.allowedIps.map(String),
    latestHandshake: null,
    rxBytes: 0,
    txBytes: 0,
    persistentKeepalive: peer.persistentKeepalive === 0 ? null : peer.persistentKeepalive,
  };
}

function publicKeyOf(privateKey: PrivateKey | null): string | null {
  if (privateKey === null) return null;
  return Buffer.from(dhKey(privateKey.bytes).publicKey).toString('base64');
}
