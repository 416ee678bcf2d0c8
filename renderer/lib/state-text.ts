/** A tunnel's state in words. */
import type { TunnelStatus } from '../../electron/ipc/contract.ts';
import { i18n } from './i18n.ts';

export function stateText({ state, loss }: Pick<TunnelStatus, 'state' | 'loss'>): string {
  switch (state) {
    case 'disconnected':
      return i18n._('Disconnected');
    case 'connecting':
      return loss === null || loss === 'not-called' ? i18n._('Connecting…') : i18n._('Reconnecting…');
    case 'connected':
      return i18n._('Connected');
    case 'disconnecting':
      return i18n._('Disconnecting…');
    case 'error':
      return i18n._('Not connected');
  }
}
