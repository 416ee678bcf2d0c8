/** States of the app, for what is made of them. */

import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { type DesktopState, INITIAL_STATE } from '../../../electron/main/desktop-state.ts';

export const FAILURE = {
  what: 'no answer from 192.0.2.1:51820',
  where: '',
  advice: '',
  cause: 'handshake',
} as const;

export function tunnel(
  name: string,
  state: TunnelStatus['state'],
  rest: Partial<TunnelStatus> = {},
): TunnelStatus {
  return {
    name,
    state,
    loss: null,
    error: state === 'error' ? FAILURE : null,
    interface: null,
    publicKey: null,
    listenPort: null,
    addresses: [],
    dns: [],
    mtu: null,
    isFullTunnel: true,
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

export function withTunnels(
  tunnels: readonly TunnelStatus[],
  rest: Partial<DesktopState> = {},
): DesktopState {
  const isClosed = tunnels.some(({ isGuarded }) => isGuarded);
  return {
    ...INITIAL_STATE,
    link: { kind: 'reached', version: '1', role: 'admin' },
    tunnels,
    isClosed,
    ...rest,
  };
}
