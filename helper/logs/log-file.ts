/**
 * The log on disk: STATE/logs/helper.log and the one before it, helper.log.1. Together they never take more than twice
 * the limit. Whatever the disk does, the helper goes on.
 */
import { closeSync, constants, fstatSync, ftruncateSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { openPrivateFolder, requireOwnFile } from '../storage/private-folder.ts';

export const LOG_FOLDER = 'logs';
export const LOG_FILES = { current: 'helper.log', previous: 'helper.log.1' } as const;

/** Of each of the two files. */
const MAX_FILE_BYTES = 1_000_000;

export interface LogFile {
  /** Never throws: a line that cannot be written is counted, and the next one that can says how many were lost. */
  write(line: string): void;
}

/**
 * @param now Unix time in milliseconds
 * @throws Failure where the folder is not this user's own
 */
export async function openLogFile(
  stateDir: string,
  now: () => number,
  maxBytes = MAX_FILE_BYTES,
): Promise<LogFile> {
  const folder = join(stateDir, LOG_FOLDER);
  await openPrivateFolder(folder);
  return new RotatingFile(folder, now, maxBytes);
}

class RotatingFile implements LogFile {
  readonly #current: string;
  readonly #previous: string;
  readonly #now: () => number;
  readonly #maxBytes: number;
  #lostLines = 0;

  constructor(folder: string, now: () => number, maxBytes: number) {
    this.#current = join(folder, LOG_FILES.current);
    this.#previous = join(folder, LOG_FILES.previous);
    this.#now = now;
    this.#maxBytes = maxBytes;
  }

  write(line: string): void {
    const bytes = Buffer.from(this.#lostLines === 0 ? line : this.#lossLine() + line);
    try {
      if (!this.#append(bytes)) {
        renameSync(this.#current, this.#previous);
        this.#append(bytes);
      }
      this.#lostLines = 0;
    } catch {
      this.#lostLines += 1;
    }
  }

  /**
   * Opens the file each time: lines are few, and a disk that holds no open file can be made read-only or unmounted.
   *
   * @returns false where the file has no room for it
   */
  #append(bytes: Uint8Array): boolean {
    const descriptor = openToAppend(this.#current);
    try {
      const { size } = fstatSync(descriptor);
      if (size > 0 && size + bytes.length > this.#maxBytes) return false;
      if (writeSync(descriptor, bytes) === bytes.length) return true;
      ftruncateSync(descriptor, size);
      throw new Failure('the disk took only a part of the line');
    } finally {
      closeSync(descriptor);
    }
  }

  #lossLine(): string {
    const time = new Date(this.#now()).toISOString();
    const message = `${this.#lostLines} lines of this log could not be written`;
    return `${JSON.stringify({ time, level: 'warning', message })}\n`;
  }
}

function openToAppend(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  try {
    requireOwnFile(path, fstatSync(descriptor));
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  return descriptor;
}
