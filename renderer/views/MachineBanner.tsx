/** What holds for the whole machine, whichever view is shown. */
import { useLingui } from '@lingui/react';
import { ask } from '../api.ts';
import { Banner } from '../components/Banner.tsx';
import { Button } from '../components/Button.tsx';
import { announceFailure, attempt } from '../store/announcements.ts';
import { isRunning, useAppState } from '../store/app-state.ts';

export function MachineBanner() {
  const { i18n } = useLingui();
  const { isCurrent, isClosed, lockdown, tunnels } = useAppState();
  if (!isCurrent || !isClosed || tunnels === null) return null;
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

/** No tunnel is left that could be disconnected by name. */
async function release(): Promise<void> {
  const outcome = await attempt(ask('down', { name: null }));
  for (const leftover of outcome?.leftovers ?? []) announceFailure(leftover);
}
