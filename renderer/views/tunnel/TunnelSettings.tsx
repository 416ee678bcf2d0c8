import { useLingui } from '@lingui/react';
import { useState } from 'react';
import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { ask } from '../../api.ts';
import { Card } from '../../components/Card.tsx';
import { ConfirmDialog } from '../../components/ConfirmDialog.tsx';
import { ChoiceSetting, SwitchSetting } from '../../components/Setting.tsx';
import { useAdminReason } from '../../components/use-admin-reason.ts';
import { hasKillSwitch } from '../../lib/state-text.ts';
import { attempt } from '../../store/announcements.ts';

/** What is set for one tunnel, beside its `.conf`. It holds at once. */
export function TunnelSettings({ tunnel }: { readonly tunnel: TunnelStatus }) {
  const { i18n } = useLingui();
  const barred = useAdminReason();
  /** What would open the kill switch, until it is confirmed. */
  const [opening, setOpening] = useState<TunnelStatus['killSwitch'] | null>(null);
  const { name } = tunnel;
  const setKillSwitch = (killSwitch: TunnelStatus['killSwitch']) => {
    if (tunnel.isGuarded && !hasKillSwitch({ ...tunnel, killSwitch })) setOpening(killSwitch);
    else void attempt(ask('set', { name, killSwitch, allowLan: null }));
  };
  return (
    <Card title={i18n._('Settings of this tunnel')}>
      <div>
        <ChoiceSetting
          label={i18n._('Kill switch')}
          hint={i18n._(
            'Nothing leaves beside the tunnel while it is up, nor when it fails, until you disconnect.',
          )}
          barred={barred}
          value={tunnel.killSwitch}
          choices={[
            {
              value: 'automatic',
              label: tunnel.isFullTunnel ? i18n._('Automatic (on)') : i18n._('Automatic (off)'),
            },
            { value: 'on', label: i18n._('On') },
            { value: 'off', label: i18n._('Off') },
          ]}
          onChange={setKillSwitch}
        />
        <SwitchSetting
          label={i18n._('Allow the local network')}
          hint={i18n._(
            'Printers and other machines in your own network can be reached while the tunnel is up.',
          )}
          barred={barred}
          isOn={tunnel.allowLan}
          onChange={(allowLan) => void attempt(ask('set', { name, killSwitch: null, allowLan }))}
        />
      </div>
      {opening !== null && (
        <ConfirmDialog
          isDangerous
          title={i18n._('Open the kill switch now?')}
          action={i18n._('Turn off')}
          onConfirm={() => void attempt(ask('set', { name, killSwitch: opening, allowLan: null }))}
          onClose={() => setOpening(null)}
        >
          <p>{i18n._('Should the tunnel fail, your traffic leaves in clear from this moment on.')}</p>
        </ConfirmDialog>
      )}
    </Card>
  );
}
