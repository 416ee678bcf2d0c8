// @ts-check
/** Vitest's JSON report into the file that the environment names, without a word on the screen. */
import { writeFileSync } from 'node:fs';
import { JsonReporter } from 'vitest/node';

const { WAYFARE_TEST_RESULTS = '' } = process.env;

export default class ResultsReporter extends JsonReporter {
  /** @override @param {string} report */
  async writeReport(report) {
    writeFileSync(WAYFARE_TEST_RESULTS, report);
  }
}
