import { describe, expect, it } from 'vitest';
import { logText } from '../../../../helper/logs/text.ts';

const TIME = new Date(2026, 10, 21, 6, 9, 5).toISOString();

describe('the log for people', () => {
  it('is a line of time, level, tunnel and words', () => {
    expect(logText({ time: TIME, level: 'info', message: 'tunnel connected', tunnel: 'home' })).toBe(
      '2026-11-21 06:09:05  info     home  tunnel connected\n',
    );
    expect(logText({ time: TIME, level: 'warning', message: 'a request failed' })).toBe(
      '2026-11-21 06:09:05  warning  a request failed\n',
    );
  });

  it('tells what else an entry has', () => {
    expect(
      logText({ time: TIME, level: 'error', message: 'tunnel error', tunnel: 'home', cause: 'x', code: 1 }),
    ).toBe('2026-11-21 06:09:05  error    home  tunnel error (cause: x, code: 1)\n');
  });

  it('is one line without control characters, whatever a stranger wrote', () => {
    const text = logText({ time: TIME, level: 'info', message: 'a\r\n b\u001b[2Jc', stack: 'x\n  y\u2028' });
    expect(text).toBe('2026-11-21 06:09:05  info     a b\ufffd[2Jc (stack: x y\ufffd)\n');
  });
});
