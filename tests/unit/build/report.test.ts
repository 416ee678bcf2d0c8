import { expect, it } from 'vitest';
import { describe, Failure, formatDuration } from '../../../build/report.mjs';

it.each([
  [40, '0.0 s'],
  [1_240, '1.2 s'],
  [9_949, '9.9 s'],
  [9_950, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min 0 s'],
  [252_000, '4 min 12 s'],
])('%d_ms_reads_%s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text);
});

it('a_failure_is_its_message_and_a_bug_has_a_stack', () => {
  expect(describe(new Failure('install Node'))).toBe('install Node');
  expect(describe(new TypeError('oops'))).toMatch(/TypeError: oops\n +at /);
});
