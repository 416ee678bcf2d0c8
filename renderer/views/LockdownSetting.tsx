import { useLingui } from '@lingui/react';
import { useState } from 'react';
import { ask } from '../api.ts';
import { ConfirmDialog } from '../components/ConfirmDialog.tsx';
import { SwitchSetting } from '../components/Setting.tsx';
import { useAdminReason } from '../components/use-admin-reason.ts';
import { attempt } from '../store/announcements.ts';
import { useAppState } from '../store/app-state.ts';

/** It takes the network from everybody at this machine, or lets everything leave: either is asked about. */
export function LockdownSetting() {
  const { i18n } = useLingui();
  const { lockdown, isCurrent } = useAppState();
  const barred = useAdminReason();
  const [asking, setAsking] = useState<'on' | 'off' | null>(null);
  return (
    <>
      <SwitchSetting
        label={i18n._('Lockdown')}
        hint={i18n._(
          'Nothing leaves this machine unless a tunnel is connected: also right after it starts, for every person and program on it.',
        )}
        barred={barred}
        isOn={isCurrent && lockdown}
        onChange={(isOn) => setAsking(isOn ? 'on' : 'off')}
      />
      {asking === 'off' && (
        <ConfirmDialog
          isDangerous
          title={i18n._('Turn lockdown off?')}
          action={i18n._('Turn off')}
          onConfirm={() => void attempt(ask('lockdown', { isOn: false }))}
          onClose={() => setAsking(null)}
        >
          <p>
            {i18n._(
              'From now on traffic leaves this machine without a tunnel too, for every person and program on it.',
            )}
          </p>
        </ConfirmDialog>
      )}
      {asking === 'on' && (
        <ConfirmDialog
          title={i18n._('Turn lockdown on?')}
          action={i18n._('Turn on')}
          onConfirm={() => void attempt(ask('lockdown', { isOn: true }))}
          onClose={() => setAsking(null)}
        >
          <p>{i18n._('From now on this machine has no network unless a tunnel is connected.')}</p>
          <p>
            {i18n._(
              'It stays so after a restart, without this app too. The sign-in page of a hotel or a train cannot be opened meanwhile. Connections that run now and are in no tunnel end.',
            )}
          </p>
          <p>{i18n._('You can turn it off here at any time.')}</p>
        </ConfirmDialog>
      )}
    </>
  );
}
