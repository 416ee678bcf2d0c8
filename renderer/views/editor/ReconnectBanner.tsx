import { useLingui } from '@lingui/react';
import { useState } from 'react';
import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { ask } from '../../api.ts';
import { Banner } from '../../components/Banner.tsx';
import { Button } from '../../components/Button.tsx';
import { attempt } from '../../store/announcements.ts';
import { useAppState } from '../../store/app-state.ts';

const TIMEOUT_SECONDS = 30;

interface ReconnectBannerProps {
  readonly tunnel: TunnelStatus;
  readonly onDone: () => void;
}

/** For a tunnel that was changed while it is up. */
export function ReconnectBanner({ tunnel, onDone }: ReconnectBannerProps) {
  const { i18n } = useLingui();
  const lockdown = useAppState((state) => state.lockdown);
  const [isReconnecting, setReconnecting] = useState(false);
  const { name, isGuarded } = tunnel;
  const reconnect = async () => {
    setReconnecting(true);
    await attempt(downAndUp(name));
    onDone();
  };
  return (
    <div role="status">
      <Banner
        action={
          <Button disabled={isReconnecting} onClick={() => void reconnect()}>
            {isReconnecting ? i18n._('Reconnecting…') : i18n._('Reconnect')}
          </Button>
        }
      >
        <p>{i18n._('Saved. It holds from the next connection.')}</p>
        <p>{whatHappens()}</p>
      </Banner>
    </div>
  );

  function whatHappens(): string {
    if (lockdown) return i18n._('While it reconnects, nothing leaves this computer: lockdown is on.');
    return isGuarded
      ? i18n._('Its kill switch opens while it reconnects: for a moment, traffic leaves beside the tunnel.')
      : i18n._('While it reconnects, its traffic leaves beside the tunnel.');
  }
}

async function downAndUp(name: string): Promise<void> {
  await ask('down', { name });
  await ask('up', { name, timeoutSeconds: TIMEOUT_SECONDS, replace: true });
}
