/** A tunnel's state in words. */
import type { TunnelStatus } from '../../electron/ipc/contract.ts';
import { i18n } from './i18n.ts';

export function stateText({ state, loss }: Pick<TunnelStatus, 'state' | 'loss'>): string {
  switch (state) {
    case 'disconnected':
      return i18n._('Disconnected');
    case 'connecting':
      if (loss === 'not-called') return i18n._('Waiting for a call');
      return loss === null ? i18n._('Connecting…') : i18n._('Reconnecting…');
    case 'connected':
      return i18n._('Connected');
    case 'disconnecting':
      return i18n._('Disconnecting…');
    case 'error':
      return i18n._('Not connected');
  }
}

/** Why it is connecting, where it is not because a person has just asked for it. */
export function lossText(loss: TunnelStatus['loss']): string | null {
  switch (loss) {
    case 'not-called':
      return i18n._('It stands ready: no peer has an address to call, so one of them has to call first.');
    case 'engine-died':
      return i18n._('Its engine ended and is started again.');
    case 'no-answer':
      return i18n._('The other end no longer answers; it is asked again and again.');
    case null:
      return null;
  }
}

type KillSwitch = Pick<TunnelStatus, 'killSwitch' | 'isFullTunnel'>;

/** Whether it closes the machine while it is up. */
export function hasKillSwitch({ killSwitch, isFullTunnel }: KillSwitch): boolean {
  return killSwitch === 'automatic' ? isFullTunnel : killSwitch === 'on';
}

export function killSwitchText(tunnel: KillSwitch & Pick<TunnelStatus, 'isGuarded'>): string {
  if (tunnel.isGuarded) return i18n._('Closed: nothing leaves beside the tunnel');
  if (tunnel.killSwitch === 'on') return i18n._('On');
  if (tunnel.killSwitch === 'off') return i18n._('Off');
  return tunnel.isFullTunnel
    ? i18n._('Automatic: on, as all traffic goes through the tunnel')
    : i18n._('Automatic: off, as only a part of the traffic goes through the tunnel');
}
