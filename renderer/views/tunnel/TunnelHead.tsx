import { useLingui } from '@lingui/react';
import { Shield, ShieldOff } from 'lucide-react';
import type { MouseEvent } from 'react';
import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { Button } from '../../components/Button.tsx';
import { LiveText } from '../../components/LiveText.tsx';
import { StateDisc } from '../../components/StateMark.tsx';
import { ViewHeading } from '../../components/ViewHeading.tsx';
import { stateText } from '../../lib/state-text.ts';
import { momentText } from '../../lib/time-text.ts';
import { durationText } from '../../lib/units.ts';
import { isRunning, useAppState } from '../../store/app-state.ts';
import { useClock } from '../../store/clock.ts';
import { isSwitch, rivalsOf, toggle } from '../../store/connection.ts';
import styles from './TunnelHead.module.css';
import { TunnelMenu } from './TunnelMenu.tsx';

/** Its name, its state and the one button that matters. */
export function TunnelHead({ tunnel }: { readonly tunnel: TunnelStatus }) {
  return (
    <header className={styles.head}>
      <div className={styles.disc}>
        <StateDisc state={tunnel.state} />
      </div>
      <div className={styles.words}>
        <ViewHeading title={tunnel.name}>
          <bdi>{tunnel.name}</bdi>
        </ViewHeading>
        <p className={styles.state} data-state={tunnel.state}>
          {stateText(tunnel)}
        </p>
        {tunnel.connectedSince !== null && <Since at={tunnel.connectedSince} />}
      </div>
      <Guard tunnel={tunnel} />
      <ConnectButton tunnel={tunnel} />
      <div className={styles.menu}>
        <TunnelMenu tunnel={tunnel} />
      </div>
    </header>
  );
}

function ConnectButton({ tunnel }: { readonly tunnel: TunnelStatus }) {
  const label = useConnectLabel(tunnel);
  const isUp = isRunning(tunnel);
  const onClick = (event: MouseEvent) => {
    if (event.detail > 1) return; // the second click of a double one would cancel what the first began
    toggle(tunnel);
  };
  return (
    <Button
      look={isUp ? 'plain' : 'primary'}
      className={styles.connect}
      disabled={tunnel.state === 'disconnecting'}
      title={label}
      onClick={onClick}
    >
      <span>{label}</span>
    </Button>
  );
}

function useConnectLabel(tunnel: TunnelStatus): string {
  const { i18n } = useLingui();
  const rivals = useAppState(({ tunnels }) =>
    isRunning(tunnel)
      ? ''
      : namesOf(rivalsOf(tunnel, tunnels ?? []).filter((_, __, all) => isSwitch(tunnel, all))),
  );
  switch (tunnel.state) {
    case 'connected':
      return i18n._('Disconnect');
    case 'connecting':
      return tunnel.loss === null ? i18n._('Cancel') : i18n._('Disconnect');
    case 'disconnecting':
      return i18n._('Disconnecting…');
    case 'disconnected':
    case 'error':
      if (rivals !== '') return i18n._('Switch from {name}', { name: rivals });
      return tunnel.state === 'error' ? i18n._('Try again') : i18n._('Connect');
  }
}

function namesOf(tunnels: readonly TunnelStatus[]): string {
  return tunnels.map(({ name }) => name).join(', ');
}

function Since({ at }: { readonly at: number }) {
  const { i18n } = useLingui();
  const textOf = ({ now }: { readonly now: number }) =>
    i18n._('for {duration}, since {moment}', {
      duration: durationText(now - at),
      moment: momentText(at, now),
    });
  return (
    <p className={styles.since}>
      <LiveText store={useClock} text={textOf} />
    </p>
  );
}

function Guard({ tunnel }: { readonly tunnel: TunnelStatus }) {
  const { i18n } = useLingui();
  if (!isRunning(tunnel)) return null; // of an error its card says it
  if (!tunnel.isGuarded && !tunnel.isFullTunnel) return null; // the rest is meant to go beside it
  const [Icon, text] = tunnel.isGuarded
    ? [Shield, i18n._('Kill switch closed: nothing leaves beside the tunnel')]
    : [ShieldOff, i18n._('Kill switch open: other traffic may leave beside the tunnel')];
  return (
    <p className={`${styles.since} ${styles.guard}`}>
      <Icon aria-hidden size={16} />
      {text}
    </p>
  );
}
