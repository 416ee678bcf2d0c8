/** What became of what was given: stored, or not taken and why. */
import { useLingui } from '@lingui/react';
import { CircleCheck, CircleX } from 'lucide-react';
import { Button } from '../../components/Button.tsx';
import { shortened } from '../../lib/shortened.ts';
import { forgetNotTaken, useImportQueue } from '../../store/import-queue.ts';
import { hashOf } from '../../store/navigation.ts';
import styles from './Outcome.module.css';

export function Outcome() {
  const { i18n } = useLingui();
  const { imported, notTaken } = useImportQueue();
  return (
    <>
      {imported.length > 0 && (
        <section className={styles.outcome} aria-label={i18n._('Imported')}>
          <h2>
            <CircleCheck aria-hidden size={18} className={styles.good} />
            {i18n._('{count, plural, one {One tunnel is imported} other {# tunnels are imported}}', {
              count: imported.length,
            })}
          </h2>
          <ul className={styles.names}>
            {imported.map((name) => (
              <li key={name}>
                <a href={hashOf({ kind: 'tunnel', name })}>{name}</a>
              </li>
            ))}
          </ul>
        </section>
      )}
      {notTaken.length > 0 && (
        <section className={styles.outcome} aria-label={i18n._('Not taken')}>
          <header className={styles.head}>
            <h2>
              <CircleX aria-hidden size={18} className={styles.bad} />
              {i18n._('Not taken')}
            </h2>
            <Button look="quiet" onClick={forgetNotTaken}>
              {i18n._('Dismiss')}
            </Button>
          </header>
          <div role="alert">
            <ul className={styles.reasons}>
              {notTaken.map(({ id, name, reason }) => (
                <li key={id}>
                  {name !== '' && <bdi className="mono">{shortened(name)}</bdi>}
                  <span>{reason}</span>
                </li>
              ))}
            </ul>
          </div>
        </section>
      )}
    </>
  );
}
