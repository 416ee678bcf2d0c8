/** What goes through the tunnel now, and what has gone. */
import { useLingui } from '@lingui/react';
import { ToggleGroup } from 'radix-ui';
import { lazy, memo, Suspense, useEffect, useState } from 'react';
import { useStore } from 'zustand';
import type { TrafficSpan } from '../../../electron/ipc/contract.ts';
import { Card } from '../../components/Card.tsx';
import { LiveText } from '../../components/LiveText.tsx';
import { rateText } from '../../lib/units.ts';
import { type OpenRateHistory, openRateHistory } from '../../store/rate-history.ts';
import { type TrafficState, useTraffic } from '../../store/traffic.ts';
import styles from './TrafficCard.module.css';
import { RateTable, Totals } from './TrafficTables.tsx';

const RateGraph = lazy(() => import('./RateGraph.tsx'));

/** Not drawn again with each state of its tunnel: it has its own sources. */
export const TrafficCard = memo(function TrafficCard({ name }: { readonly name: string }) {
  const { i18n } = useLingui();
  const [span, setSpan] = useState<TrafficSpan>('5m');
  const history = useRateHistory(name, span);
  const spans = {
    '5m': i18n._('5 minutes'),
    '1h': i18n._('1 hour'),
    '24h': i18n._('24 hours'),
  } as const satisfies Record<TrafficSpan, string>;
  return (
    <Card
      title={i18n._('Traffic')}
      actions={
        <ToggleGroup.Root
          type="single"
          className={styles.spans}
          aria-label={i18n._('How far back')}
          value={span}
          onValueChange={(chosen) => chosen !== '' && setSpan(chosen as TrafficSpan)}
        >
          {Object.entries(spans).map(([value, label]) => (
            <ToggleGroup.Item key={value} value={value} className={styles.span}>
              {label}
            </ToggleGroup.Item>
          ))}
        </ToggleGroup.Root>
      }
    >
      <dl className={styles.rates}>
        <Rate name={name} way="rx" />
        <Rate name={name} way="tx" />
      </dl>
      <div className={styles.place}>
        <Suspense>
          {history !== null && (
            <RateGraph
              key={span}
              store={history.store}
              label={i18n._('Graph of the rates, {span}. The table below has the numbers.', {
                span: spans[span],
              })}
            />
          )}
        </Suspense>
      </div>
      {history !== null && (
        <>
          <HistoryFailure history={history} />
          <RateTable store={history.store} />
          <Totals store={history.store} />
        </>
      )}
    </Card>
  );
});

function useRateHistory(name: string, span: TrafficSpan): OpenRateHistory | null {
  const [history, setHistory] = useState<OpenRateHistory | null>(null);
  useEffect(() => {
    const opened = openRateHistory(name, span);
    setHistory(opened);
    return () => opened.close();
  }, [name, span]);
  return history;
}

function HistoryFailure({ history }: { readonly history: OpenRateHistory }) {
  const { i18n } = useLingui();
  const what = useStore(history.store, ({ failure }) => failure?.what);
  if (what === undefined) return null;
  return <p className={styles.quiet}>{i18n._('What went through before is not known: {what}', { what })}</p>;
}

function Rate({ name, way }: { readonly name: string; readonly way: 'rx' | 'tx' }) {
  const { i18n } = useLingui();
  const textOf = ({ rates }: TrafficState) => {
    const rate = rates.get(name);
    return rate === undefined ? '–' : rateText(rate[way]);
  };
  return (
    <div className={styles.rate}>
      <LineSample way={way} />
      <dt>{way === 'rx' ? i18n._('Download') : i18n._('Upload')}</dt>
      <dd>
        <LiveText store={useTraffic} text={textOf} />
      </dd>
    </div>
  );
}

/** The line as it is in the graph. */
function LineSample({ way }: { readonly way: 'rx' | 'tx' }) {
  return (
    <svg aria-hidden="true" width={28} height={16} className={way === 'rx' ? styles.received : styles.sent}>
      {way === 'rx' && <rect y={8} width={28} height={8} fill="currentColor" opacity={0.2} />}
      <path
        d="M0 8h28"
        stroke="currentColor"
        strokeWidth={2.5}
        strokeDasharray={way === 'rx' ? undefined : '6 4'}
      />
    </svg>
  );
}
