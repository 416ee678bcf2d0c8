/** Tells when a file in one of some folders is made, written, replaced or removed. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { errorCode } from '../failure.ts';
import type { Log } from '../log.ts';

export class FolderWatch {
  readonly #onChange: () => void;
  readonly #log: Log;
  #watchers: FSWatcher[] = [];

  constructor(onChange: () => void, log: Log) {
    this.#onChange = onChange;
    this.#log = log;
  }

  /**
   * Watches these from here on, and no others. A folder that is not there is left out: that it comes is seen at the
   * next call.
   *
   * @param files whose making and going count too
   * @param folders in which every file counts
   */
  set(files: readonly string[], folders: readonly string[]): void {
    const former = this.#watchers;
    this.#watchers = [
      ...files.flatMap((file) => this.#open(dirname(file), basename(file))),
      ...folders.flatMap((folder) => this.#open(folder, null)),
    ];
    for (const watcher of former) watcher.close(); // after the new ones are open: no change goes unseen
  }

  close(): void {
    this.set([], []);
  }

  #open(folder: string, file: string | null): FSWatcher[] {
    try {
      const watcher = watch(folder, { persistent: false }, (_, name) => {
        if (file === null || name === null || name === file) this.#onChange();
      });
      watcher.on('error', (error) => this.#complain(folder, error));
      return [watcher];
    } catch (error) {
      this.#complain(folder, error);
      return [];
    }
  }

  #complain(folder: string, error: unknown): void {
    if (errorCode(error) === 'ENOENT') return;
    this.#log('warning', 'changes of DNS by others are not noticed', { folder, reason: String(error) });
  }
}
