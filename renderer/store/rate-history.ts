/** What has gone through one tunnel, for the graph and its totals: asked of the helper, and gone on with each second. */
import { createStore, type StoreApi } from 'zustand';
import type { Failure, ResultOf, TrafficSpan } from '../../electron/ipc/contract.ts';
import { ask } from '../api.ts';
import { failureOf } from '../lib/app-failure.ts';
import { appended, emptySeries, type RateSeries, seriesOf } from '../lib/rate-series.ts';
import { useTraffic } from './traffic.ts';

export interface RateHistory {
  readonly series: RateSeries | null;
  readonly totals: Pick<ResultOf<'traffic'>, 'session' | 'months'> | null;
  /** Why nothing is known of the past. */
  readonly failure: Failure | null;
}

export interface OpenRateHistory {
  readonly store: StoreApi<RateHistory>;
  close(): void;
}

/** How often the totals are asked for, and the steps that do not go on by themselves. */
const REFRESH_MS = 10_000;
const SHORTEST_SECONDS = 300;
/** A measurement so far from the newest step, before or after, does not go on from it: the clock was set, or the machine slept. */
const APART_SECONDS = 4;

export function openRateHistory(name: string, span: TrafficSpan): OpenRateHistory {
  const store = createStore<RateHistory>()(() => ({ series: null, totals: null, failure: null }));
  let isClosed = false;
  /** What is shown does not go on: the helper, whose steps no clock moves, knows what belongs there. */
  let isBroken = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const refresh = async () => {
    clearTimeout(timer);
    if (document.hidden) return; // asked again when it is seen
    const found = await read(name, span);
    if (isClosed) return;
    store.setState((before) => ({ ...found, series: isBroken ? found.series : kept(before, found) }));
    isBroken = false;
    clearTimeout(timer); // of another reading, begun when the page was seen
    timer = setTimeout(refresh, REFRESH_MS);
  };
  const onSeen = () => void refresh();
  const stop = useTraffic.subscribe(({ rates }) => {
    const rate = rates.get(name);
    const { series } = store.getState();
    if (rate === undefined || isBroken || series?.stepSeconds !== 1) return;
    const now = Date.now() / 1_000;
    isBroken = Math.abs(now - series.endsAt) >= APART_SECONDS;
    if (isBroken) void refresh();
    else store.setState({ series: appended(series, now, rate) });
  });
  document.addEventListener('visibilitychange', onSeen);
  void refresh();
  return {
    store,
    close() {
      isClosed = true;
      clearTimeout(timer);
      stop();
      document.removeEventListener('visibilitychange', onSeen);
    },
  };
}

async function read(name: string, span: TrafficSpan): Promise<RateHistory> {
  try {
    const found = await ask('traffic', { name, span });
    return { series: seriesOf(found), totals: found, failure: null };
  } catch (error) {
    const now = Math.floor(Date.now() / 1_000);
    const series = span === '5m' ? emptySeries(1, SHORTEST_SECONDS, now) : null;
    return { series, totals: null, failure: failureOf(error) };
  }
}

/** What the events carry on stays, for what is asked for again would jump by a second; so does what cannot be read anew. */
function kept(before: RateHistory, found: RateHistory): RateSeries | null {
  const goesOn = before.series?.stepSeconds === 1 && before.failure === null;
  return before.series !== null && (goesOn || found.failure !== null) ? before.series : found.series;
}
