import { describe, expect, it } from 'vitest';
import { parseSince } from '../../../../helper/logs/since.ts';

const NOW = Date.UTC(2026, 10, 21, 12);

describe('--since', () => {
  it.each([
    ['90s', NOW - 90_000],
    ['10m', NOW - 600_000],
    ['2h', NOW - 7_200_000],
    ['3d', NOW - 259_200_000],
    ['2026-11-21', new Date(2026, 10, 21).getTime()],
    ['2026-11-21 16:29', new Date(2026, 10, 21, 16, 29).getTime()],
    ['2026-11-21T16:29:05', new Date(2026, 10, 21, 16, 29, 5).getTime()],
    ['2026-11-21T16:29:05.250Z', Date.UTC(2026, 10, 21, 16, 29, 5, 250)],
    ['2026-11-21 16:29+02:00', Date.UTC(2026, 10, 21, 14, 29)],
  ])('takes %s', (text, at) => {
    expect(parseSince(text, NOW)).toBe(at);
  });

  it.each(['', '10', '10 m', '-1h', 'yesterday', '2026-13-01', '2026-11-21 25:00', '1', '9999999d'])(
    'refuses %j in words',
    (text) => {
      expect(() => parseSince(text, NOW)).toThrow(/^this is no time, ".*", give how long ago/);
    },
  );
});
