/**
 * Whether the desktop shows trays at all: on Linux a host of the StatusNotifierItem specification must be there, which
 * GNOME has only as an extension. A window that hid without one could not be found again.
 */
import { execFile } from 'node:child_process';
import type { HelperClock } from '../../helper/clock.ts';

const WATCHER = 'org.kde.StatusNotifierWatcher';
const QUESTION = [
  'get-property',
  WATCHER,
  '/StatusNotifierWatcher',
  WATCHER,
  'IsStatusNotifierHostRegistered',
];
const ANSWER_TIMEOUT_MS = 2_000;
/** An app that starts with the desktop may be there before the panel. */
const PANEL_PATIENCE_MS = 15_000;
const RETRY_MS = 500;
/** How long a panel that comes later, or goes, is not noticed. One look costs a millisecond or two. */
const LOOK_MS = 10_000;

export class TrayHost {
  readonly #platform: NodeJS.Platform;
  readonly #busctl: string;

  /** @param busctl of systemd (busctl(1)); where there is none, it is taken that there is no tray */
  constructor(platform: NodeJS.Platform, busctl = '/usr/bin/busctl') {
    this.#platform = platform;
    this.#busctl = busctl;
  }

  async ask(): Promise<boolean> {
    return this.#platform !== 'linux' || (await this.#askTheSessionBus());
  }

  /**
   * Resolves once the signal aborts, or at once where it can never change.
   *
   * @param onAnswer whether there is one: first as soon as that is known, then each time it changes. One that goes is
   *   given time to start again
   */
  async follow(clock: HelperClock, signal: AbortSignal, onAnswer: (isThere: boolean) => void): Promise<void> {
    let last: boolean | null = null;
    for (;;) {
      const isThere: boolean = last === false ? await this.ask() : await this.#wait(clock, signal);
      if (signal.aborted) return;
      if (isThere !== last) onAnswer(isThere);
      if (this.#platform !== 'linux') return;
      last = isThere;
      await clock.sleep(LOOK_MS, signal).catch(() => {}); // it is over
    }
  }

  /** @returns whether it came in time; false too where the signal aborts */
  async #wait(clock: HelperClock, signal: AbortSignal): Promise<boolean> {
    const deadline = clock.monotonicMs() + PANEL_PATIENCE_MS;
    while (!(await this.ask())) {
      if (signal.aborted || clock.monotonicMs() >= deadline) return false;
      await clock.sleep(RETRY_MS, signal).catch(() => {}); // it is over
    }
    return true;
  }

  #askTheSessionBus(): Promise<boolean> {
    const args = ['--user', '--auto-start=no', ...QUESTION];
    return new Promise((resolve) => {
      execFile(this.#busctl, args, { timeout: ANSWER_TIMEOUT_MS }, (error, answer) =>
        resolve(error === null && answer.trim() === 'b true'),
      );
    });
  }
}
