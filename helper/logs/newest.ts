/** The end of the log, as the helper answers with it: no more than goes into a frame, and read for one client at a time. */
import type { HelperClock } from '../clock.ts';
import type { RequestOf, ResultOf } from '../ipc/contract.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import type { LogEntry } from './entry.ts';
import { readLog } from './reader.ts';

/** A quarter of a frame. */
const MAX_BYTES = 1024 * 1024;

export type NewestEntries = (request: RequestOf<'logs'>, departed: AbortSignal) => Promise<ResultOf<'logs'>>;

/** @throws Failure where the log cannot be read */
export function newestEntriesOf(stateDir: string, clock: HelperClock, maxBytes = MAX_BYTES): NewestEntries {
  const inTurn = oneAtATime();
  return (request, signal) => inTurn(() => newest(stateDir, request, maxBytes, clock, signal));
}

async function newest(
  stateDir: string,
  { since, limit }: RequestOf<'logs'>,
  maxBytes: number,
  clock: HelperClock,
  signal: AbortSignal,
): Promise<ResultOf<'logs'>> {
  const kept: { readonly entry: LogEntry; readonly length: number }[] = [];
  let bytes = 0;
  let isCut = false;
  for await (const entry of readLog(stateDir, { since, follow: false, clock, signal })) {
    const length = Buffer.byteLength(JSON.stringify(entry)) + 1; // and a comma
    kept.push({ entry, length });
    bytes += length;
    while (kept.length > limit || bytes > maxBytes) {
      bytes -= kept.shift()!.length;
      isCut = true;
    }
  }
  return { entries: kept.map(({ entry }) => entry), isCut };
}
