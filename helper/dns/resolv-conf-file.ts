/**
 * The file itself, where nobody who answers manages it. What stood there is in the journal before ours takes its
 * place; whatever another program writes over ours is the network's newest word, and becomes what comes back at the end.
 */
import {
  constants,
  type FileHandle,
  link,
  lstat,
  open,
  readlink,
  rename,
  symlink,
  unlink,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import { readWhole, syncFolder, unlinkIfThere, writeSynced } from '../storage/durable-file.ts';
import type { Backend, TunnelList } from './backend.ts';
import { type Journal, type Original, sha256Of } from './journal.ts';
import { appendedToOurs, ourResolvConf } from './resolv-conf.ts';

type OriginalFile = Extract<Original, { kind: 'file' }>;

interface Found {
  readonly found: Original;
  /** Open, where it is a file. */
  readonly handle: FileHandle | null;
}

/** The file that ours took the place of last: a DHCP client that has it open may not have finished. */
interface Replaced {
  readonly handle: FileHandle;
  /** The original that was known then. */
  readonly before: Original | null;
}

/** In the path of systemd-resolved's own files. */
const RESOLVED_FOLDER = '/systemd/resolve/';
/** Beside resolv.conf, and no names that any other program has. A crash may leave them. */
const TEMPORARY_NAME = '.resolv.conf.wayfare';
const SPARE_NAME = '.resolv.conf.wayfare-spare';
const CANNOT_EXCHANGE = ['ENOENT', 'EINVAL'];
const DISK_IS_FULL = ['ENOSPC', 'EDQUOT'];

export class ResolvConfFileBackend implements Backend {
  readonly #path: string;
  readonly #temporary: string;
  readonly #spare: string;
  readonly #rereadByResolved: () => Promise<void>;
  readonly #journal: Journal;
  #replaced: Replaced | null = null;

  /** @param rereadByResolved has systemd-resolved read the file, if it runs */
  constructor(path: string, journal: Journal, rereadByResolved: () => Promise<void>) {
    this.#path = path;
    this.#rereadByResolved = rereadByResolved;
    this.#temporary = join(dirname(path), TEMPORARY_NAME);
    this.#spare = join(dirname(path), SPARE_NAME);
    this.#journal = journal;
  }

  apply(tunnels: TunnelList): Promise<void> {
    return this.#inWords('change', async () => {
      await this.#readReplacedAgain();
      const former = this.#journal.state;
      const { found, handle } = await this.#read(this.#path);
      await handle?.close();
      const original = withoutOurs(found, former.original);
      if (!isSame(original, former.original)) await this.#journal.write({ ...former, original });
      try {
        const replaced = await this.#putInPlace(ours(tunnels), () => true);
        await this.#keep(
          replaced.handle === null ? null : { handle: replaced.handle, before: former.original },
        );
        // Somebody may have written since we looked.
        await this.#learn(withoutOurs(replaced.found, former.original));
      } catch (error) {
        await this.#journal.write(former).catch(() => {}); // the first failure tells more
        throw error;
      }
    });
  }

  isInForce(tunnels: TunnelList): Promise<boolean> {
    return this.#inWords('read', async () => {
      await this.#readReplacedAgain();
      const { found, handle } = await this.#read(this.#path);
      await handle?.close();
      return found.kind === 'file' && bytesOf(found).toString() === ourResolvConf(tunnels);
    });
  }

  revert(_gone: TunnelList, rest: TunnelList): Promise<void> {
    if (rest.length > 0) return this.apply(rest);
    return this.#inWords('put back', async () => {
      for (const left of [this.#temporary, this.#spare]) await unlinkIfThere(left);
      await this.#readReplacedAgain();
      const { found, handle } = await this.#read(this.#path);
      await handle?.close();
      const original = withoutOurs(found, this.#journal.state.original);
      if (original !== found) await this.#putBack(original);
      await this.#keep(null);
    });
  }

  async #readReplacedAgain(): Promise<void> {
    if (this.#replaced === null) return;
    const { handle, before } = this.#replaced;
    await this.#learn(withoutOurs(await describe(handle), before));
  }

  async #learn(original: Original): Promise<void> {
    if (!isSame(original, this.#journal.state.original))
      await this.#journal.write({ ...this.#journal.state, original });
  }

  async #keep(replaced: Replaced | null): Promise<void> {
    await this.#replaced?.handle.close();
    this.#replaced = replaced;
  }

  /** Only ours gives way to it: who has written since we looked came with a newer network. */
  async #putBack(original: Original): Promise<void> {
    // On a full disk the link matters more.
    if (original.kind === 'symlink' && original.target.includes(RESOLVED_FOLDER))
      await this.#emptyForResolved().catch(() => {});
    try {
      const { handle } = await this.#putInPlace(original, isOurs);
      await handle?.close();
    } catch (error) {
      if (original.kind !== 'file' || !DISK_IS_FULL.includes(errorCode(error))) throw error;
      await this.#overwrite(original);
    }
  }

  /**
   * Nobody who reads resolv.conf meanwhile finds half of it, and what gave way is looked at afterwards: another program
   * may have written between our look at it and this.
   *
   * @param mayGo whether that may give way; otherwise it stays
   * @returns what stood there
   */
  async #putInPlace(replacement: Original, mayGo: (found: Original) => boolean): Promise<Found> {
    await unlinkIfThere(this.#temporary);
    try {
      const undo = await this.#swap(replacement);
      const replaced = await this.#read(this.#temporary);
      if (!mayGo(replaced.found)) await undo();
      return replaced;
    } finally {
      await unlinkIfThere(this.#temporary).catch(() => {}); // on a file system that takes nothing there is none
      await syncFolder(dirname(this.#path)).catch(() => {}); // it is done: only a power cut could undo it
    }
  }

  /** Afterwards what stood there is at the temporary path. @returns the way back */
  async #swap(replacement: Original): Promise<() => Promise<void> | void> {
    const [path, temporary] = [this.#path, this.#temporary];
    if (replacement.kind === 'absent') {
      await rename(path, temporary);
      return () => link(temporary, path).catch(() => {}); // there is a newer one
    }
    if (replacement.kind === 'symlink') await symlink(replacement.target, temporary);
    else await writeSynced(temporary, bytesOf(replacement), { mode: replacement.mode, owner: replacement });
    // Loaded here: only a helper that writes the file needs the foreign function behind it.
    const { exchange } = await import('./exchange.ts');
    try {
      exchange(temporary, path);
      return () => exchange(temporary, path);
    } catch (error) {
      if (!CANNOT_EXCHANGE.includes(errorCode(error))) throw error;
      return this.#swapByLinks();
    }
  }

  /** Where nothing is there to be exchanged, or a file system cannot. */
  async #swapByLinks(): Promise<() => Promise<void>> {
    const [path, temporary, spare] = [this.#path, this.#temporary, this.#spare];
    try {
      await link(temporary, path); // unlike rename, this never replaces
      await unlink(temporary);
      return async () => {};
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
    // NOTE: what is written between these calls is lost. ZFS before 2.2 leaves no other way.
    await unlinkIfThere(spare);
    await link(path, spare);
    await rename(temporary, path);
    await rename(spare, temporary);
    return () => rename(temporary, path);
  }

  async #emptyForResolved(): Promise<void> {
    const { handle } = await this.#putInPlace(ours([]), isOurs);
    await handle?.close();
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

  async #read(path: string): Promise<Found> {
    try {
      if ((await lstat(path)).isSymbolicLink())
        return { found: { kind: 'symlink', target: await readlink(path) }, handle: null };
      const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      return { found: await describe(handle), handle };
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return { found: { kind: 'absent' }, handle: null };
      throw error;
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

function ours(tunnels: TunnelList): OriginalFile {
  const attributes = { mode: 0o644, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return fileOf(Buffer.from(ourResolvConf(tunnels)), attributes);
}

function isOurs(found: Original): boolean {
  return found.kind === 'file' && appendedToOurs(bytesOf(found)) !== null;
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
