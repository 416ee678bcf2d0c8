/**
 * The file itself, where nobody who answers manages it. What stood there is in the journal before ours takes its
 * place; whatever another program writes over ours is the network's newest word, and becomes what comes back at the end.
 */
import { constants, type FileHandle, lstat, open, readlink, symlink, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import { readWhole, replace, syncFolder, unlinkIfThere, writeSynced } from '../storage/durable-file.ts';
import type { Backend, TunnelList } from './backend.ts';
import { type Journal, type Original, sha256Of } from './journal.ts';
import { appendedToOurs, ourResolvConf } from './resolv-conf.ts';

type OriginalFile = Extract<Original, { kind: 'file' }>;

/** The file that ours took the place of last: a DHCP client that has it open may not have finished. */
interface Replaced {
  readonly handle: FileHandle;
  /** The original that was known then. */
  readonly before: Original | null;
}

/** In the path of systemd-resolved's own files. */
const RESOLVED_FOLDER = '/systemd/resolve/';
/** Beside resolv.conf, and no name that any other program has. A crash may leave it. */
const TEMPORARY_NAME = '.resolv.conf.wayfare';

export class ResolvConfFileBackend implements Backend {
  readonly #path: string;
  readonly #temporary: string;
  readonly #rereadByResolved: () => Promise<void>;
  readonly #journal: Journal;
  #replaced: Replaced | null = null;

  /** @param rereadByResolved has systemd-resolved read the file, if it runs */
  constructor(path: string, journal: Journal, rereadByResolved: () => Promise<void>) {
    this.#path = path;
    this.#rereadByResolved = rereadByResolved;
    this.#temporary = join(dirname(path), TEMPORARY_NAME);
    this.#journal = journal;
  }

  apply(tunnels: TunnelList): Promise<void> {
    return this.#inWords('change', async () => {
      await this.#readReplacedAgain();
      const former = this.#journal.state;
      const { found, handle } = await this.#read();
      const original = withoutOurs(found, former.original);
      try {
        if (original !== former.original) await this.#journal.write({ ...former, original });
        await this.#writeOurs(tunnels);
      } catch (error) {
        await handle?.close();
        if (original !== former.original) await this.#journal.write(former).catch(() => {}); // the first tells more
        throw error;
      }
      await this.#keep(handle === null ? null : { handle, before: former.original });
    });
  }

  isInForce(tunnels: TunnelList): Promise<boolean> {
    return this.#inWords('read', async () => {
      await this.#readReplacedAgain();
      const { found, handle } = await this.#read();
      await handle?.close();
      return found.kind === 'file' && bytesOf(found).toString() === ourResolvConf(tunnels);
    });
  }

  revert(_gone: TunnelList, rest: TunnelList): Promise<void> {
    if (rest.length > 0) return this.apply(rest);
    return this.#inWords('put back', async () => {
      await unlinkIfThere(this.#temporary);
      await this.#readReplacedAgain();
      const { found, handle } = await this.#read();
      await handle?.close();
      const original = withoutOurs(found, this.#journal.state.original);
      if (original !== found) await this.#putBack(original);
      await this.#keep(null);
    });
  }

  /** @returns what stands there, and the open file if it is one */
  async #read(): Promise<{ found: Original; handle: FileHandle | null }> {
    try {
      if ((await lstat(this.#path)).isSymbolicLink())
        return { found: { kind: 'symlink', target: await readlink(this.#path) }, handle: null };
      const handle = await open(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW);
      return { found: await describe(handle), handle };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return { found: { kind: 'absent' }, handle: null };
      throw error;
    }
  }

  async #readReplacedAgain(): Promise<void> {
    if (this.#replaced === null) return;
    const { handle, before } = this.#replaced;
    const original = withoutOurs(await describe(handle), before);
    if (!isSame(original, this.#journal.state.original))
      await this.#journal.write({ ...this.#journal.state, original });
  }

  async #keep(replaced: Replaced | null): Promise<void> {
    await this.#replaced?.handle.close();
    this.#replaced = replaced;
  }

  #writeOurs(tunnels: TunnelList): Promise<void> {
    return replace(this.#path, this.#temporary, (temporary) =>
      writeSynced(temporary, ourResolvConf(tunnels), { mode: 0o644 }),
    );
  }

  async #putBack(original: Original): Promise<void> {
    switch (original.kind) {
      case 'absent':
        await unlink(this.#path);
        return syncFolder(dirname(this.#path));
      case 'symlink':
        // On a full disk the link matters more.
        if (original.target.includes(RESOLVED_FOLDER)) await this.#emptyForResolved().catch(() => {});
        return replace(this.#path, this.#temporary, (temporary) => symlink(original.target, temporary));
      case 'file':
        return replace(this.#path, this.#temporary, (temporary) =>
          writeSynced(temporary, bytesOf(original), { mode: original.mode, owner: original }),
        ).catch((error) => {
          if (errorCode(error) !== 'ENOSPC' && errorCode(error) !== 'EDQUOT') throw error;
          return this.#overwrite(original);
        });
    }
  }

  async #emptyForResolved(): Promise<void> {
    await this.#writeOurs([]);
    await this.#rereadByResolved();
  }

  /** NOTE: not atomic, so only for a full disk, where ours holds the only room that is sure to be had. */
  async #overwrite(original: OriginalFile): Promise<void> {
    const file = await open(this.#path, constants.O_WRONLY | constants.O_NOFOLLOW);
    try {
      const bytes = bytesOf(original);
      await file.write(bytes, 0, bytes.length, 0);
      await file.truncate(bytes.length);
      await file.chown(original.uid, original.gid);
      await file.chmod(original.mode);
      await file.sync();
    } finally {
      await file.close();
    }
  }

  async #inWords<T>(verb: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Failure) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Failure(
        `cannot ${verb} the list of DNS servers (${reason})`,
        `at ${this.#path}`,
        adviceFor(errorCode(error), this.#path),
      );
    }
  }
}

/**
 * What would stand there if it were not for us. What is not ours came after us, with a newer network. What follows ours
 * was appended by a program that adds line by line, and would have been appended to the original.
 *
 * @returns `found` or `original` itself where it is just that
 */
function withoutOurs(found: Original, original: Original | null): Original {
  if (original === null || found.kind !== 'file') return found;
  const appended = appendedToOurs(bytesOf(found));
  if (appended === null) return found;
  if (appended.length === 0 || original.kind === 'symlink') return original;
  if (original.kind === 'absent') return fileOf(appended, found);
  return fileOf(Buffer.concat([bytesOf(original), appended]), original);
}

async function describe(file: FileHandle): Promise<OriginalFile> {
  const { mode, uid, gid } = await file.stat();
  return fileOf(await readWhole(file), { mode: mode & 0o7777, uid, gid });
}

function fileOf(bytes: Buffer, { mode, uid, gid }: Pick<OriginalFile, 'mode' | 'uid' | 'gid'>): OriginalFile {
  return { kind: 'file', bytes: bytes.toString('base64'), sha256: sha256Of(bytes), mode, uid, gid };
}

function bytesOf({ bytes }: OriginalFile): Buffer {
  return Buffer.from(bytes, 'base64');
}

function isSame(a: Original, b: Original | null): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function adviceFor(code: string, path: string): string {
  switch (code) {
    case 'EPERM':
      return `somebody has made it immutable: undo that with 'chattr -i ${path}', or take DNS out of the .conf`;
    case 'EROFS':
      return `make ${dirname(path)} writable, or take DNS out of the .conf`;
    case 'ENOSPC':
    case 'EDQUOT':
      return 'make room on the disk';
    case 'EBUSY':
      return 'it is mounted from elsewhere, as in a container: set DNS there, and take it out of the .conf';
    default:
      return 'check its rights';
  }
}
