/** The step at which a tunnel failed, in words. */
import type { TunnelStatus } from '../../electron/ipc/contract.ts';
import { i18n } from './i18n.ts';

type Cause = NonNullable<TunnelStatus['error']>['cause'];

export function causeText(cause: Cause): string {
  switch (cause) {
    case 'read-config':
      return i18n._('while its settings were read');
    case 'resolve-endpoints':
      return i18n._('while the other end’s address was looked up');
    case 'set-firewall-policy':
      return i18n._('while the firewall was set');
    case 'open-tun':
      return i18n._('while its network interface was made');
    case 'start-engine':
      return i18n._('while its engine was started');
    case 'configure-engine':
      return i18n._('while its engine was set up');
    case 'set-addresses':
      return i18n._('while its addresses were set');
    case 'set-mtu':
      return i18n._('while its packet size was set');
    case 'set-link-up':
      return i18n._('while its network interface was switched on');
    case 'add-routes':
      return i18n._('while the routes were set');
    case 'set-dns':
      return i18n._('while the DNS servers were set');
    case 'handshake':
      return i18n._('while the other end was called');
    case 'engine-died':
      return i18n._('while it was running');
    case 'cancelled':
      return i18n._('before it was connected');
  }
}
