import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readResults } from '../../../build/test-results.mjs';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wayfare-results-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function resultsOf(testResults: unknown[]) {
  const file = join(directory, 'results.json');
  writeFileSync(file, JSON.stringify({ testResults }));
  return readResults(file, '/repository');
}

it('tests_are_counted_and_skips_are_named', () => {
  const assertionResults = [
    { fullName: 'a works', status: 'passed' },
    { fullName: 'b works', status: 'failed' },
    { fullName: 'c works', status: 'skipped' },
    { fullName: 'd works', status: 'todo' },
  ];
  const results = resultsOf([{ name: '/repository/tests/x.test.ts', status: 'failed', assertionResults }]);
  expect(results).toEqual({
    passed: 1,
    failed: 1,
    skipped: ['tests/x.test.ts > c works', 'tests/x.test.ts > d works'],
  });
});

it('a_file_that_fails_outside_its_tests_is_a_failure', () => {
  const results = resultsOf([
    { name: '/repository/tests/x.test.ts', status: 'failed', assertionResults: [] },
  ]);
  expect(results.failed).toBe(1);
});

it('a_missing_report_counts_nothing', () => {
  expect(readResults(join(directory, 'none.json'), '/repository')).toEqual({
    passed: 0,
    failed: 0,
    skipped: [],
  });
});
