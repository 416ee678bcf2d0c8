// @ts-check
/** What vitest's JSON report says, as counts and names. Needs no node modules. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * @typedef {object} Report the part of the file that is read here
 * @property {{ name: string, status: string, assertionResults: { fullName: string, status: string }[] }[]} testResults
 */

/**
 * @param {string} file vitest's JSON report; where it is missing, vitest did not get so far, and nothing is counted
 * @param {string} root test files are named relative to it
 * @returns {{ passed: number, failed: number, skipped: string[] }}
 */
export function readResults(file, root) {
  /** @type {Report} */
  let report;
  try {
    report = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return { passed: 0, failed: 0, skipped: [] };
  }
  const results = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]) };
  for (const { name, status, assertionResults } of report.testResults) {
    const failedTests = assertionResults.filter((test) => test.status === 'failed').length;
    results.passed += assertionResults.filter((test) => test.status === 'passed').length;
    // A file that fails outside its tests, at an import or in a hook, has failed once.
    results.failed += status === 'failed' && failedTests === 0 ? 1 : failedTests;
    for (const test of assertionResults) {
      if (test.status !== 'passed' && test.status !== 'failed') {
        results.skipped.push(`${relative(root, name)} > ${test.fullName}`);
      }
    }
  }
  return results;
}
