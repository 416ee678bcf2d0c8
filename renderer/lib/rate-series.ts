/** The rates of one tunnel over a span, a step each: what the graph draws and the table beside it says. */
import type { ResultOf } from '../../electron/ipc/contract.ts';

/** Rates in bytes a second, the oldest first; null where nobody counted. */
export interface RateSeries {
  readonly stepSeconds: number;
  /** How long the newest step has lasted: less than the others while it runs. */
  readonly newestSeconds: number;
  /** The end of the newest step, so far, in Unix seconds. */
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

type History = Pick<ResultOf<'traffic'>, 'stepSeconds' | 'newestSeconds' | 'endsAt' | 'rxBytes' | 'txBytes'>;

export function seriesOf({ rxBytes, txBytes, ...steps }: History): RateSeries {
  const ratesOf = (bytes: readonly (number | null)[]) =>
    bytes.map((each, step) => (each === null ? null : each / secondsOf(step, bytes.length, steps)));
  const { stepSeconds, newestSeconds, endsAt } = steps;
  return { stepSeconds, newestSeconds, endsAt, rx: ratesOf(rxBytes), tx: ratesOf(txBytes) };
}

/** Nothing counted yet. */
export function emptySeries(stepSeconds: number, steps: number, endsAt: number): RateSeries {
  const nothing = Array<null>(steps).fill(null);
  return { stepSeconds, newestSeconds: stepSeconds, endsAt, rx: nothing, tx: nothing };
}

/**
 * Goes on by one measurement, which is of all the time since the one before. The oldest steps leave.
 *
 * @param now Unix seconds
 */
export function appended(series: RateSeries, now: number, rate: { rx: number; tx: number }): RateSeries {
  const steps = series.rx.length;
  const passed = Math.floor((now - series.endsAt) / series.stepSeconds);
  if (passed < 1) return series;
  const go = (old: readonly (number | null)[], next: number) =>
    [...old, ...Array<number>(passed).fill(next)].slice(-steps);
  return {
    ...series,
    endsAt: series.endsAt + passed * series.stepSeconds,
    rx: go(series.rx, rate.rx),
    tx: go(series.tx, rate.tx),
  };
}

/** Unix seconds, bits a second, bits a second: as uPlot takes it. */
export type Columns = [number[], (number | null)[], (number | null)[]];

/** A step is drawn at its end. The first one after a gap is drawn from its beginning on: it would be no line alone. */
export function columnsOf(series: RateSeries): Columns {
  const { rx, tx } = series;
  const bits = (rates: readonly (number | null)[]) =>
    rates.map((rate, step) => {
      const drawn = rate ?? rates[step + 1] ?? null;
      return drawn === null ? null : drawn * 8;
    });
  return [rx.map((_, step) => startOf(step + 1, series)), bits(rx), bits(tx)];
}

/** The newest row first. @param rows how many there are at most */
export function rowsOf(series: RateSeries, rows: number): RateRow[] {
  const { length } = series.rx;
  const size = Math.ceil(length / rows);
  const starts = Array.from({ length: Math.ceil(length / size) }, (_, index) => length - (index + 1) * size);
  return starts.map((start) => ({
    from: startOf(start, series),
    rx: meanOf(series.rx, Math.max(0, start), start + size, series),
    tx: meanOf(series.tx, Math.max(0, start), start + size, series),
  }));
}

type StepLengths = Pick<RateSeries, 'stepSeconds' | 'newestSeconds'>;

function secondsOf(step: number, steps: number, { stepSeconds, newestSeconds }: StepLengths): number {
  return step === steps - 1 ? newestSeconds : stepSeconds;
}

/** The beginning of a step, in Unix seconds; of the one after the newest, the newest's end. */
function startOf(step: number, { stepSeconds, newestSeconds, endsAt, rx }: RateSeries): number {
  if (step === rx.length) return endsAt;
  return endsAt - newestSeconds - (rx.length - 1 - step) * stepSeconds;
}

function meanOf(rates: readonly (number | null)[], from: number, to: number, lengths: StepLengths) {
  let [bytes, seconds] = [0, 0];
  for (let step = from; step < to; step++) {
    const rate = rates[step] ?? null;
    if (rate === null) continue;
    const length = secondsOf(step, rates.length, lengths);
    bytes += rate * length;
    seconds += length;
  }
  return seconds === 0 ? null : bytes / seconds;
}
