/** States of the app, for what is made of them. */

import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { type DesktopState, INITIAL_STATE } from '../../../electron/main/desktop-state.ts';
import { tunnelStatusOf } from '../../support/tunnel-status.ts';

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
  return tunnelStatusOf(name, {
    state,
    error: state === 'error' ? FAILURE : null,
    isFullTunnel: true,
    ...rest,
  });
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
