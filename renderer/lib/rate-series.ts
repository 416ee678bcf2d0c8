/** The rates of one tunnel over a span, a step each: what the graph draws and the table beside it says. */
import type { ResultOf } from '../../electron/ipc/contract.ts';

/** Rates in bytes a second, the oldest first; null where nobody counted. */
export interface RateSeries {
  readonly stepSeconds: number;
  /** The end of the newest step, in Unix seconds. */
  readonly endsAt: number;
  readonly rx: readonly (number | null)[];
  readonly tx: readonly (number | null)[];
}

export interface RateRow {
  /** Unix seconds. */
  readonly from: number;
  /** Means over the row, null where nobody counted. */
  readonly rx: number | null;
  readonly tx: number | null;
}

type History = Pick<ResultOf<'traffic'>, 'stepSeconds' | 'endsAt' | 'rxBytes' | 'txBytes'>;

export function seriesOf({ stepSeconds, endsAt, rxBytes, txBytes }: History): RateSeries {
  const rate = (bytes: number | null) => (bytes === null ? null : bytes / stepSeconds);
  return { stepSeconds, endsAt, rx: rxBytes.map(rate), tx: txBytes.map(rate) };
}

/** Nothing counted yet. */
export function emptySeries(stepSeconds: number, steps: number, endsAt: number): RateSeries {
  const nothing = Array<null>(steps).fill(null);
  return { stepSeconds, endsAt, rx: nothing, tx: nothing };
}

/** Measurements come a little early or late: so many steps are covered by one. */
const COVERED_STEPS = 3;

/**
 * Goes on by one measurement: a time that was missed is a gap, and the oldest steps leave.
 *
 * @param now Unix seconds
 */
export function appended(series: RateSeries, now: number, rate: { rx: number; tx: number }): RateSeries {
  const steps = series.rx.length;
  const passed = Math.floor((now - series.endsAt) / series.stepSeconds);
  if (passed < 1) return series;
  const go = (old: readonly (number | null)[], next: number) => {
    const between = Array<number | null>(Math.min(passed, steps) - 1).fill(
      passed > COVERED_STEPS ? null : next,
    );
    return [...old, ...between, next].slice(-steps);
  };
  return {
    ...series,
    endsAt: series.endsAt + passed * series.stepSeconds,
    rx: go(series.rx, rate.rx),
    tx: go(series.tx, rate.tx),
  };
}

/** Unix seconds, bits a second, bits a second: as uPlot takes it. */
export type Columns = [number[], (number | null)[], (number | null)[]];

export function columnsOf({ stepSeconds, endsAt, rx, tx }: RateSeries): Columns {
  const bits = (rate: number | null) => (rate === null ? null : rate * 8);
  const x = rx.map((_, index) => endsAt - (rx.length - 1 - index) * stepSeconds);
  return [x, rx.map(bits), tx.map(bits)];
}

/** The newest row first. @param rows how many there are at most */
export function rowsOf({ stepSeconds, endsAt, rx, tx }: RateSeries, rows: number): RateRow[] {
  const size = Math.ceil(rx.length / rows);
  const starts = Array.from(
    { length: Math.ceil(rx.length / size) },
    (_, index) => rx.length - (index + 1) * size,
  );
  return starts.map((start) => ({
    from: endsAt - (rx.length - start) * stepSeconds,
    rx: mean(rx.slice(Math.max(0, start), start + size)),
    tx: mean(tx.slice(Math.max(0, start), start + size)),
  }));
}

function mean(rates: readonly (number | null)[]): number | null {
  const counted = rates.filter((rate) => rate !== null);
  return counted.length === 0 ? null : counted.reduce((sum, rate) => sum + rate, 0) / counted.length;
}
