// @ts-check
/** What the build commands print: a line for each step, and how long it took. Needs no node modules. */

const SPINNER_INTERVAL_MS = 1_000;

/** A failure that a person can act on: it is printed as its message, without a stack. */
export class Failure extends Error {}

/** @param {number} milliseconds */
export function formatDuration(milliseconds) {
  if (milliseconds < 9_950) return `${(milliseconds / 1_000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/**
 * Runs `work` behind a line such as `· installing node modules … 19 s`. Where the output is a terminal, the time runs.
 *
 * @template T
 * @param {string} what
 * @param {() => T | Promise<T>} work throws to fail the step
 * @returns {Promise<T>}
 */
export async function step(what, work) {
  const started = performance.now();
  const elapsed = () => formatDuration(performance.now() - started);
  process.stdout.write(`· ${what} …`);
  const ticking = process.stdout.isTTY
    ? setInterval(() => process.stdout.write(`\r· ${what} … ${elapsed()}`), SPINNER_INTERVAL_MS)
    : undefined;
  const finish = (/** @type {string} */ mark, /** @type {string} */ suffix) => {
    clearInterval(ticking);
    process.stdout.write(
      process.stdout.isTTY ? `\r\x1b[K${mark} ${what} … ${elapsed()}${suffix}\n` : ` ${elapsed()}${suffix}\n`,
    );
  };
  try {
    const result = await work();
    finish('·', '');
    return result;
  } catch (error) {
    finish('✗', '  failed');
    throw error;
  }
}

/** @param {string} text */
export function say(text) {
  process.stdout.write(`${text}\n`);
}

/**
 * One line for a {@link Failure}, everything for a bug.
 *
 * @param {unknown} error
 */
export function describe(error) {
  if (error instanceof Failure) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
