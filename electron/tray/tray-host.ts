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

  /** @returns whether it came in time; false too where the signal aborts */
  async wait(clock: HelperClock, signal: AbortSignal): Promise<boolean> {
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
