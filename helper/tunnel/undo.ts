/** What bring-up did, to be undone in reverse. */
import { type FailureParts, leftover } from '../failure.ts';
import type { Log } from '../log.ts';

export class UndoStack {
  readonly #entries: { readonly what: string; readonly undo: () => Promise<void> | void }[] = [];

  /** @param what for the log, such as `close the TUN device` */
  push(what: string, undo: () => Promise<void> | void): void {
    this.#entries.push({ what, undo });
  }

  /**
   * Undoes everything, the last first. One that fails is logged and does not stop the others.
   *
   * @returns what could not be undone
   */
  async run(log: Log): Promise<FailureParts[]> {
    const leftovers: FailureParts[] = [];
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      try {
        await entry.undo();
      } catch (error) {
        leftovers.push(leftover(entry.what, error, log));
      }
    }
    return leftovers;
  }
}
