/** What the helper says of a tunnel, for tests that need one to be said. */
import type { TunnelStatus } from '../../helper/ipc/contract.ts';

/** One that is down. @param rest what of it matters to the test */
export function tunnelStatusOf(name: string, rest: Partial<TunnelStatus> = {}): TunnelStatus {
  return {
    name,
    state: 'disconnected',
    loss: null,
    error: null,
    interface: null,
    publicKey: null,
    listenPort: null,
    addresses: [],
    dns: [],
    mtu: null,
    isFullTunnel: false,
    hasRoutes: true,
    killSwitch: 'automatic',
    isGuarded: false,
    allowLan: false,
    connectedSince: null,
    rxBytes: 0,
    txBytes: 0,
    peers: [],
    ...rest,
  };
}
