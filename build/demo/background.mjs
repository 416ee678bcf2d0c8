// @ts-check
/** A program of the demo that runs until the demo ends. */
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../report.mjs';
import { environment } from '../run.mjs';

const GRACE_MS = 5_000;
const POLL_INTERVAL_MS = 20;
const SHOWN_LINES = 12;

export class Background {
  #child;
  #output = '';
  #ended = false;
  /** @type {Promise<void>} */
  #exited;

  /** @param {string} program @param {readonly string[]} args */
  constructor(program, args) {
    // Detached: Ctrl-C reaches the demo, which ends its programs in order.
    this.#child = spawn(program, args, {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        this.#output += text;
      });
    }
    this.#exited = new Promise((resolve) => {
      const end = () => {
        this.#ended = true;
        resolve();
      };
      this.#child.on('error', (error) => {
        this.#output += error.message;
        end();
      });
      this.#child.on('exit', end);
    });
  }

  /** The last lines that it printed. */
  get lastLines() {
    return this.#output.trim().split('\n').slice(-SHOWN_LINES).join('\n');
  }

  /**
   * @param {string} what as a failure names it
   * @param {() => boolean} condition
   * @param {number} timeoutMs
   * @param {AbortSignal} signal
   */
  async waitUntil(what, condition, timeoutMs, signal) {
    const deadline = performance.now() + timeoutMs;
    while (!condition()) {
      if (this.#ended) throw new Failure(`${what} ended at once:\n${this.lastLines}`);
      if (performance.now() > deadline) {
        throw new Failure(`${what} was not ready within ${timeoutMs / 1_000} s:\n${this.lastLines}`);
      }
      await delay(POLL_INTERVAL_MS, undefined, { signal });
    }
  }

  /** Asks it to end, and kills it if it has not after five seconds. */
  async stop() {
    if (this.#ended) return;
    this.#child.kill('SIGTERM');
    const killing = setTimeout(() => this.#child.kill('SIGKILL'), GRACE_MS);
    await this.#exited;
    clearTimeout(killing);
  }
}
