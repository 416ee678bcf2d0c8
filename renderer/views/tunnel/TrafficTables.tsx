/** The graph in numbers, and the totals. */
import { useLingui } from '@lingui/react';
import { useState } from 'react';
import { type StoreApi, useStore } from 'zustand';
import { LiveText } from '../../components/LiveText.tsx';
import { rowsOf } from '../../lib/rate-series.ts';
import { clockText, momentText, monthText } from '../../lib/time-text.ts';
import { rateText, sizeText } from '../../lib/units.ts';
import { useClock } from '../../store/clock.ts';
import type { RateHistory } from '../../store/rate-history.ts';
import styles from './TrafficCard.module.css';

const RATE_ROWS = 12;
const MONTHS = 6;

interface TableProps {
  readonly store: StoreApi<RateHistory>;
}

export function RateTable({ store }: TableProps) {
  const { i18n } = useLingui();
  const [isOpen, setOpen] = useState(false);
  return (
    <details className={styles.details} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>{i18n._('The graph as a table')}</summary>
      {isOpen && <RateRows store={store} />}
    </details>
  );
}

function RateRows({ store }: TableProps) {
  const { i18n } = useLingui();
  const series = useStore(store, (state) => state.series);
  if (series === null) return null;
  const shown = (rate: number | null) => (rate === null ? '–' : rateText(rate));
  return (
    <table className={styles.table}>
      <Head first={i18n._('From')} />
      <tbody>
        {rowsOf(series, RATE_ROWS).map((row) => (
          <tr key={row.from}>
            <th scope="row">{clockText(row.from)}</th>
            <td>{shown(row.rx)}</td>
            <td>{shown(row.tx)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Totals({ store }: TableProps) {
  const { i18n } = useLingui();
  const totals = useStore(store, (state) => state.totals);
  if (totals === null) return null;
  const { session, months } = totals;
  if (session === null && months.length === 0) return null;
  return (
    <table className={styles.table}>
      <Head first={i18n._('Totals')} />
      <tbody>
        {session !== null && (
          <tr>
            <th scope="row">
              {i18n._('Latest connection')}
              <Since at={session.since} />
            </th>
            <td>{sizeText(session.rxBytes)}</td>
            <td>{sizeText(session.txBytes)}</td>
          </tr>
        )}
        {months.slice(0, MONTHS).map(({ month, rxBytes, txBytes }) => (
          <tr key={month}>
            <th scope="row">{monthText(month)}</th>
            <td>{sizeText(rxBytes)}</td>
            <td>{sizeText(txBytes)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Since({ at }: { readonly at: number }) {
  const { i18n } = useLingui();
  return (
    <small>
      <LiveText
        store={useClock}
        text={({ now }) => i18n._('since {moment}', { moment: momentText(at, now) })}
      />
    </small>
  );
}

function Head({ first }: { readonly first: string }) {
  const { i18n } = useLingui();
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        <th scope="col">{i18n._('Download')}</th>
        <th scope="col">{i18n._('Upload')}</th>
      </tr>
    </thead>
  );
}
