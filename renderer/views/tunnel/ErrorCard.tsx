/** What happened, where, what to do, and what it means for everything else that this machine sends. */
import { useLingui } from '@lingui/react';
import { Shield } from 'lucide-react';
import { useId } from 'react';
import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { Button } from '../../components/Button.tsx';
import { causeText } from '../../lib/cause-text.ts';
import { failureText } from '../../lib/failure-text.ts';
import { shortened } from '../../lib/shortened.ts';
import { useAppState } from '../../store/app-state.ts';
import { disconnect } from '../../store/connection.ts';
import styles from './ErrorCard.module.css';

interface ErrorCardProps {
  readonly tunnel: TunnelStatus;
  readonly error: NonNullable<TunnelStatus['error']>;
}

export function ErrorCard({ tunnel, error }: ErrorCardProps) {
  const { i18n } = useLingui();
  const id = useId();
  const lockdown = useAppState((state) => state.lockdown);
  const { what, where, advice } = failureText(error);
  const isSettled = tunnel.state === 'error';
  return (
    <section className={styles.card} aria-labelledby={id}>
      <h2 id={id}>{i18n._('What happened')}</h2>
      <div className={styles.text}>
        <p className={styles.what} dir="auto">
          {shortened(what)}
        </p>
        <p className={styles.where}>
          <bdi>{shortened(where)}</bdi>
          {where !== '' && ', '}
          {causeText(error.cause)}
        </p>
      </div>
      {advice !== '' && (
        <>
          <h3>{i18n._('What to do')}</h3>
          <p className={`${styles.text} ${styles.advice}`} dir="auto">
            {shortened(advice)}
          </p>
        </>
      )}
      {isSettled && tunnel.isGuarded && (
        <p className={styles.guard}>
          <Shield aria-hidden size={18} />
          {lockdown
            ? i18n._('Nothing leaves this machine: lockdown is on.')
            : i18n._('Nothing leaves this machine until you disconnect: the kill switch stays closed.')}
        </p>
      )}
      {isSettled && (
        <div className={styles.actions}>
          <Button onClick={() => void disconnect(tunnel.name)}>{dismissText()}</Button>
        </div>
      )}
    </section>
  );

  function dismissText(): string {
    if (!tunnel.isGuarded) return i18n._('Dismiss');
    return lockdown ? i18n._('Disconnect') : i18n._('Disconnect and open the network');
  }
}
