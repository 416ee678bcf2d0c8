/** What `--since` takes. */
import { Failure } from '../failure.ts';

const UNIT_MS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** A date, with or without a time, in local time unless it says another. */
const DATE = /^\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?$/;

/**
 * @param text such as `10m`, `2h`, `2026-11-21` or `2026-11-21 16:29`
 * @param now Unix milliseconds
 * @returns Unix milliseconds
 */
export function parseSince(text: string, now: number): number {
  const ago = /^(\d{1,6})([smhd])$/.exec(text);
  if (ago !== null) return now - Number(ago[1]) * UNIT_MS[ago[2] as keyof typeof UNIT_MS];
  const withTime = text.length === 'YYYY-MM-DD'.length ? `${text}T00:00` : text.replace(' ', 'T');
  const at = DATE.test(text) ? Date.parse(withTime) : Number.NaN;
  if (Number.isNaN(at))
    throw new Failure(
      'this is no time',
      JSON.stringify(text),
      'give how long ago, such as 90s, 10m, 2h or 3d, or a date, such as 2026-11-21 16:29',
    );
  return at;
}
