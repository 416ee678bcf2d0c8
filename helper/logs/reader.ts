/**
 * Reads the log while it is written, by this process or another: what is there, then what comes. A reader holds one
 * piece of a file at a time, however slowly its entries are taken.
 *
 * NOTE: one that falls two files behind misses what was between.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HelperClock } from '../clock.ts';
import { errorCode } from '../failure.ts';
import { diskFailure } from '../storage/disk-failure.ts';
import { type LogEntry, parseLogLine } from './entry.ts';
import { LOG_FILES, LOG_FOLDER } from './log-file.ts';

export interface ReadLogOptions {
  /** Unix milliseconds; what is older is passed over. */
  readonly since: number;
  /** Whether to wait for what comes, until the signal aborts. */
  readonly follow: boolean;
  readonly clock: HelperClock;
  /** Ends the reading at its next entry. */
  readonly signal: AbortSignal;
}

/** How often a follower looks for more. */
const POLL_MS = 200;
const PIECE_BYTES = 65_536;
const NEWLINE = 0x0a;

/** @throws Failure where the log cannot be read */
export async function* readLog(stateDir: string, options: ReadLogOptions): AsyncGenerator<LogEntry> {
  const { since, signal } = options;
  const folder = join(stateDir, LOG_FOLDER);
  try {
    for await (const line of logLines(folder, options)) {
      if (signal.aborted) return;
      const entry = parseLogLine(line);
      if (entry !== null && Date.parse(entry.time) >= since) yield entry;
    }
  } catch (error) {
    throw diskFailure(error, folder);
  }
}

async function* logLines(folder: string, { follow, clock, signal }: ReadLogOptions): AsyncGenerator<string> {
  let open: OpenFile[] = [];
  /** The file that is being written. */
  let newest: OpenFile | null = null;
  try {
    for (;;) {
      if (newest === null || (await inodeOfNewest(folder)) !== newest.inode) {
        const before: OpenFile | null = newest;
        const found = await openAll(folder);
        open = before === null ? found : [before, ...found];
        newest = found.at(-1) ?? null;
        // Once there is another, the writer has left the one before: it is read to its end.
        for (const file of open)
          if (file !== newest && (file === before || file.inode !== before?.inode)) yield* file.lines();
        await close(open.filter((file) => file !== newest));
        open = newest === null ? [] : [newest];
      }
      if (newest !== null) yield* newest.lines();
      if (!follow) return;
      await clock.sleep(POLL_MS, signal).catch(() => {}); // whoever aborts it wants no more
      if (signal.aborted) return;
    }
  } finally {
    await close(open);
  }
}

async function close(files: readonly OpenFile[]): Promise<void> {
  await Promise.all(files.map((file) => file.close()));
}

/** A file and how far it was read. */
class OpenFile {
  readonly inode: number;
  readonly #handle: FileHandle;
  readonly #piece = Buffer.alloc(PIECE_BYTES);
  #rest = Buffer.alloc(0);

  constructor(handle: FileHandle, inode: number) {
    this.#handle = handle;
    this.inode = inode;
  }

  /** The lines that have been completed since the last time. */
  async *lines(): AsyncGenerator<string> {
    for (;;) {
      const { bytesRead } = await this.#handle.read(this.#piece, 0, PIECE_BYTES);
      if (bytesRead === 0) return;
      let unread = Buffer.concat([this.#rest, this.#piece.subarray(0, bytesRead)]);
      for (let end = unread.indexOf(NEWLINE); end >= 0; end = unread.indexOf(NEWLINE)) {
        yield unread.toString('utf8', 0, end);
        unread = unread.subarray(end + 1);
      }
      this.#rest = Buffer.from(unread);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** The older first. The newer is opened first: should it be renamed meanwhile, it is there twice rather than missed. */
async function openAll(folder: string): Promise<OpenFile[]> {
  const current = await openFile(join(folder, LOG_FILES.current));
  const previous = await openFile(join(folder, LOG_FILES.previous));
  if (current !== null && previous?.inode === current.inode) {
    await previous.close();
    return [current];
  }
  return [previous, current].filter((file) => file !== null);
}

async function openFile(path: string): Promise<OpenFile | null> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    return new OpenFile(handle, (await handle.stat()).ino);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}

/** @returns null where there is no log yet */
async function inodeOfNewest(folder: string): Promise<number | null> {
  return (
    (await inodeOf(join(folder, LOG_FILES.current))) ?? (await inodeOf(join(folder, LOG_FILES.previous)))
  );
}

async function inodeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw error;
  }
}
