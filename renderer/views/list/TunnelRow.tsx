import { useLingui } from '@lingui/react';
import { memo } from 'react';
import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { LiveText } from '../../components/LiveText.tsx';
import { type ShownState, StateMark } from '../../components/StateMark.tsx';
import { Switch } from '../../components/Switch.tsx';
import { stateText } from '../../lib/state-text.ts';
import { rateText } from '../../lib/units.ts';
import { isRunning } from '../../store/app-state.ts';
import { toggle } from '../../store/connection.ts';
import { hashOf } from '../../store/navigation.ts';
import { type TrafficState, useTraffic } from '../../store/traffic.ts';
import styles from './TunnelList.module.css';

interface TunnelRowProps {
  readonly name: string;
  readonly state: ShownState;
  readonly loss: TunnelStatus['loss'];
  /** Its view stands beside the list. */
  readonly isShown: boolean;
  /** The keyboard comes to it when it comes to the list. */
  readonly isStop: boolean;
  /** The tunnels whose place it would take, for people; empty where none. */
  readonly replaced: string;
  readonly onVisit: (name: string) => void;
}

/** Drawn again only where one of its own properties has changed. */
export const TunnelRow = memo(function TunnelRow(props: TunnelRowProps) {
  const { i18n } = useLingui();
  const { name, state, loss, isShown, isStop, replaced, onVisit } = props;
  const isUp = state !== 'unknown' && isRunning({ state });
  return (
    <li className={styles.row} data-name={name} data-state={state} data-running={isUp} data-shown={isShown}>
      <a
        className={styles.link}
        href={hashOf({ kind: 'tunnel', name })}
        aria-current={isShown ? 'page' : undefined}
        aria-keyshortcuts="Control+Enter"
        tabIndex={isStop ? 0 : -1}
        title={name}
        onFocus={() => onVisit(name)}
      >
        <StateMark state={state} />
        <span className={styles.words}>
          <bdi className={styles.name}>{name}</bdi>
          <span className={styles.state}>
            {state === 'unknown' ? i18n._('State unknown') : stateText({ state, loss })}
            {state === 'connected' && <RowRate name={name} />}
          </span>
        </span>
      </a>
      <Switch
        tabIndex={isStop ? 0 : -1}
        aria-label={i18n._('Connect {name}', { name })}
        title={replaced === '' ? undefined : i18n._('Switch from {name}', { name: replaced })}
        checked={isUp}
        isWaiting={state === 'connecting' || state === 'disconnecting'}
        disabled={state === 'unknown' || state === 'disconnecting'}
        onFocus={() => onVisit(name)}
        onCheckedChange={() => state !== 'unknown' && toggle({ name, state })}
      />
    </li>
  );
});

/** Of the busier way: there is room for one. */
function RowRate({ name }: { readonly name: string }) {
  const textOf = ({ rates }: TrafficState) => {
    const rate = rates.get(name);
    if (rate === undefined || rate.rx + rate.tx < 1) return '';
    return rate.rx >= rate.tx ? ` · ↓ ${rateText(rate.rx)}` : ` · ↑ ${rateText(rate.tx)}`;
  };
  return (
    <span className={styles.rate} aria-hidden>
      <LiveText store={useTraffic} text={textOf} />
    </span>
  );
}
