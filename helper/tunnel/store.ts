/**
 * The tunnels on disk: STATE/tunnels/NAME.conf, the folder 0700 and the files 0600, because private keys are in them.
 * A file is whole or absent: written beside its place, synced, then linked into it.
 */
import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { isTunnelName } from '../../engine/config/tunnel-name.ts';
import { errorCode, Failure } from '../failure.ts';

const SUFFIX = '.conf';
/** A leading `#` is in no tunnel's name, so a leftover of a crash is never taken for one. */
const TEMPORARY_PREFIX = '#';

/** Every call throws Failure. */
export interface TunnelStore {
  /** @returns names, sorted */
  list(): Promise<string[]>;
  read(name: string): Promise<Uint8Array>;
  /** Refuses a name that exists. */
  create(name: string, content: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Makes the folder if need be, and clears what an interrupted write left. */
export async function openTunnelStore(stateDir: string): Promise<TunnelStore> {
  const folder = join(stateDir, 'tunnels');
  await inWords(folder, async () => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    for (const file of await readdir(folder))
      if (file.startsWith(TEMPORARY_PREFIX)) await unlink(join(folder, file));
  });

  return {
    list: () =>
      inWords(folder, async () => {
        const names = (await readdir(folder))
          .filter((file) => file.endsWith(SUFFIX))
          .map((file) => file.slice(0, -SUFFIX.length));
        return names.filter(isTunnelName).sort();
      }),

    read: (name) => inWords(folder, () => readFile(fileOf(folder, name)), name),

    create: (name, content) =>
      inWords(
        folder,
        async () => {
          const temporary = join(folder, `${TEMPORARY_PREFIX}${randomBytes(8).toString('hex')}`);
          try {
            await writeSynced(temporary, content);
            await link(temporary, fileOf(folder, name)); // unlike rename, it never replaces
          } finally {
            await unlink(temporary).catch(() => {}); // it may not have been made
          }
          await syncFolder(folder);
        },
        name,
      ),

    remove: (name) =>
      inWords(
        folder,
        async () => {
          await unlink(fileOf(folder, name));
          await syncFolder(folder);
        },
        name,
      ),
  };
}

export function noSuchTunnel(name: string): Failure {
  return new Failure('there is no such tunnel', `named ${name}`, "see 'wayfare list'");
}

function tunnelExists(name: string): Failure {
  return new Failure(
    'a tunnel of this name exists',
    `named ${name}`,
    'choose another with --name, or remove it first',
  );
}

/** The contract has checked the name already; the store does not rely on that. */
function fileOf(folder: string, name: string): string {
  if (!isTunnelName(name)) throw new Failure("this is no tunnel's name", JSON.stringify(name));
  return join(folder, name + SUFFIX);
}

async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function inWords<T>(folder: string, work: () => Promise<T>, name = ''): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Failure) throw error;
    const code = errorCode(error);
    if (name !== '' && code === 'ENOENT') throw noSuchTunnel(name);
    if (name !== '' && code === 'EEXIST') throw tunnelExists(name);
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(`the tunnel store failed (${reason})`, `in ${folder}`, 'check its disk and its rights');
  }
}
