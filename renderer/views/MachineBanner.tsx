/** What holds for the whole machine, whichever view is shown. */
import { useLingui } from '@lingui/react';
import { ask } from '../api.ts';
import { Banner } from '../components/Banner.tsx';
import { Button } from '../components/Button.tsx';
import { announceFailure, attempt } from '../store/announcements.ts';
import { isRunning, useAppState } from '../store/app-state.ts';
import { disconnect } from '../store/connection.ts';
import { hashOf } from '../store/navigation.ts';
import { useShownName } from './list/use-shown-name.ts';

export function MachineBanner() {
  const { i18n } = useLingui();
  const { isCurrent, isClosed, lockdown, tunnels } = useAppState();
  const shown = useShownName();
  if (!isCurrent || !isClosed || tunnels === null) return null;
  const failed = tunnels.find((each) => each.isGuarded && each.state === 'error' && each.name !== shown);
  if (failed !== undefined) return <FailedBanner name={failed.name} lockdown={lockdown} />;
  if (tunnels.some(({ isGuarded }) => isGuarded)) return null; // that tunnel's own view says it
  if (lockdown)
    return tunnels.some(isRunning) ? null : (
      <Banner>{i18n._('Lockdown is on: nothing leaves this machine until a tunnel is connected.')}</Banner>
    );
  return (
    <Banner isBad action={<Button onClick={release}>{i18n._('Open the network')}</Button>}>
      {i18n._('Nothing leaves this machine: a kill switch of an earlier connection is still closed.')}
    </Banner>
  );
}

interface FailedBannerProps {
  readonly name: string;
  readonly lockdown: boolean;
}

function FailedBanner({ name, lockdown }: FailedBannerProps) {
  const { i18n } = useLingui();
  return (
    <Banner isBad action={<Button onClick={() => void disconnect(name)}>{i18n._('Disconnect')}</Button>}>
      <p dir="auto">
        {lockdown
          ? i18n._('{name} failed. Nothing leaves this machine: lockdown is on.', { name })
          : i18n._('{name} failed and keeps the network closed until you disconnect.', { name })}
      </p>
      <a href={hashOf({ kind: 'tunnel', name })}>{i18n._('What happened')}</a>
    </Banner>
  );
}

/** No tunnel is left that could be disconnected by name. */
async function release(): Promise<void> {
  const outcome = await attempt(ask('down', { name: null }));
  for (const leftover of outcome?.leftovers ?? []) announceFailure(leftover);
}
