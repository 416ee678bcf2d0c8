import type { HelperClock } from '../helper/clock.ts';

export interface Patience {
  readonly ms: number;
  readonly clock: Pick<HelperClock, 'sleep'>;
  /** Ends the waiting before, with its own reason. */
  readonly over?: AbortSignal;
}

/** Somebody who hangs is as good as none. Rejects with what `tooLate` makes where the answer takes too long. */
export function inTime<T>(
  answer: Promise<T>,
  tooLate: () => Error,
  { ms, clock, over }: Patience,
): Promise<T> {
  const answered = new AbortController();
  const signal = over === undefined ? answered.signal : AbortSignal.any([answered.signal, over]);
  const late = clock.sleep(ms, signal).then(() => {
    throw tooLate();
  });
  return Promise.race([answer, late]).finally(() => answered.abort('answered'));
}
