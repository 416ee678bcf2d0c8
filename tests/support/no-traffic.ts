import type { ResultOf } from '../../helper/ipc/contract.ts';

/** What a helper answers of a tunnel that never ran; it has fewer steps than a real one. */
export const NO_TRAFFIC: ResultOf<'traffic'> = {
  stepSeconds: 1,
  newestSeconds: 1,
  endsAt: 1_800_000_000,
  rxBytes: [null],
  txBytes: [null],
  session: null,
  months: [],
};
