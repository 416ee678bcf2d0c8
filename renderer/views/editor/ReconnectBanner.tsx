import { useLingui } from '@lingui/react';
import { useState } from 'react';
import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { Banner } from '../../components/Banner.tsx';
import { Button } from '../../components/Button.tsx';
import { useAppState } from '../../store/app-state.ts';
import { reconnect } from '../../store/connection.ts';

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
  const begin = async () => {
    setReconnecting(true);
    await reconnect(name);
    onDone();
  };
  return (
    <div role="status">
      <Banner
        action={
          <Button disabled={isReconnecting} onClick={() => void begin()}>
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
      ? i18n._('Its kill switch stays closed while it reconnects, and until you disconnect it.')
      : i18n._('While it reconnects, its traffic may leave beside the tunnel for a moment.');
  }
}
