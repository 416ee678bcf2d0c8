/** Where no tunnel is chosen: the one that matters most, or how to get a first one. */
import { useLingui } from '@lingui/react';
import { Waypoints } from 'lucide-react';
import { ButtonLink } from '../components/Button.tsx';
import { Notice } from '../components/Notice.tsx';
import { useAdminReason } from '../components/use-admin-reason.ts';
import { useAppState } from '../store/app-state.ts';
import { hashOf } from '../store/navigation.ts';
import { mainTunnel } from './list/order.ts';
import { TunnelView } from './TunnelView.tsx';

export function TunnelsView() {
  const name = useAppState(({ tunnels }) => mainTunnel(tunnels ?? [])?.name);
  return name === undefined ? <Welcome /> : <TunnelView key={name} name={name} />;
}

/** Before there is a tunnel. */
export function Welcome() {
  const { i18n } = useLingui();
  const reason = useAdminReason();
  if (reason !== null)
    return (
      <Notice picture={<Waypoints size={36} />} title={i18n._('No tunnels yet')}>
        <p>{i18n._('An administrator of this machine has to add one first.')}</p>
      </Notice>
    );
  return (
    <Notice
      picture={<Waypoints size={36} />}
      title={i18n._('No tunnels yet')}
      actions={
        <>
          <ButtonLink look="primary" href={hashOf({ kind: 'import' })}>
            {i18n._('Import a tunnel')}
          </ButtonLink>
          <ButtonLink href={hashOf({ kind: 'new' })}>{i18n._('Create one')}</ButtonLink>
        </>
      }
    >
      <p>
        {i18n._(
          'Import a .conf file, a .zip of them or a QR code that your VPN provider, your company or your router gave you. You can drop files anywhere on this window.',
        )}
      </p>
    </Notice>
  );
}
