/** What is said in the place of tunnels, whose state nobody knows while the helper is not there. */
import { useLingui } from '@lingui/react';
import { KeyRound, LoaderCircle, Unplug } from 'lucide-react';
import { useState } from 'react';
import { ask } from '../api.ts';
import { Banner } from '../components/Banner.tsx';
import { Button } from '../components/Button.tsx';
import { Notice } from '../components/Notice.tsx';
import { useAdminReason } from '../components/use-admin-reason.ts';
import { failureText } from '../lib/failure-text.ts';
import { shortened } from '../lib/shortened.ts';
import { announceDone, attempt } from '../store/announcements.ts';
import { useAppState } from '../store/app-state.ts';

export function HelperNotice() {
  const { i18n } = useLingui();
  const link = useAppState((state) => state.link);
  if (link.kind !== 'unreachable')
    return (
      <Notice picture={<LoaderCircle size={36} />} title={i18n._('Connecting to the helper…')}>
        <p>{i18n._('It runs the tunnels, the firewall and DNS.')}</p>
      </Notice>
    );
  const { what, where, advice } = failureText(link.error);
  if (link.error.coded?.code === 'not-an-operator')
    return (
      <Notice isBad picture={<Unplug size={36} />} title={i18n._('You may not use the helper yet')}>
        <p>{what}</p>
        <p>{advice}</p>
      </Notice>
    );
  return (
    <Notice
      isBad
      picture={<Unplug size={36} />}
      title={i18n._('The helper is not reached')}
      actions={<InstallButton />}
    >
      <p dir="auto">{shortened([what, where].filter((part) => part !== '').join(', '))}</p>
      {advice !== '' && <p dir="auto">{i18n._('What to do: {advice}', { advice: shortened(advice) })}</p>}
      <p>
        {i18n._(
          'What the tunnels do now cannot be told from here: a kill switch that was closed stays closed. It is tried again each second.',
        )}
      </p>
    </Notice>
  );
}

/** Above a view that has something to show without the helper. */
export function HelperBanner() {
  const link = useAppState((state) => state.link);
  if (link.kind !== 'unreachable') return null;
  return <Banner isBad>{shortened(failureText(link.error).what)}</Banner>;
}

export function AdminsOnly() {
  const { i18n } = useLingui();
  const reason = useAdminReason();
  return (
    <Notice picture={<KeyRound size={36} />} title={i18n._('For administrators')}>
      <p>{reason}</p>
    </Notice>
  );
}

function InstallButton() {
  const { i18n } = useLingui();
  const canInstall = useAppState(({ shell }) => shell?.canInstallHelper ?? false);
  const [isInstalling, setInstalling] = useState(false);
  if (!canInstall) return null;
  const install = async () => {
    setInstalling(true);
    const done = await attempt(ask('installHelper', {}));
    setInstalling(false);
    if (done !== null) announceDone(i18n._('The helper is installed'));
  };
  return (
    <Button look="primary" disabled={isInstalling} onClick={install}>
      {isInstalling ? i18n._('Installing…') : i18n._('Install the helper…')}
    </Button>
  );
}
