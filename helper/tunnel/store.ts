/** The tunnels on disk, one file each: STATE/tunnels/NAME.conf, for root alone, because private keys are in them. */
import { join } from 'node:path';
import { isTunnelName } from '../../engine/config/tunnel-name.ts';
import { Failure } from '../failure.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { openPrivateFolder } from '../storage/private-folder.ts';
import { DEFAULT_TUNNEL_SETTINGS } from './settings.ts';
import {
  formatTunnelFile,
  MAX_TUNNEL_FILE_BYTES,
  parseTunnelFile,
  type StoredTunnel,
} from './tunnel-file.ts';

const SUFFIX = '.conf';

/** Every call throws Failure, and then what was stored is as it was. */
export interface TunnelStore {
  /** @returns names, sorted */
  list(): Promise<string[]>;
  /** @returns the names of files that can be no tunnel: they are left alone, and somebody may be missing one */
  foreignFiles(): Promise<string[]>;
  read(name: string): Promise<StoredTunnel>;
  /** With the settings that a tunnel has by default. Refuses a name that exists. */
  create(name: string, config: string): Promise<void>;
  change(name: string, change: (tunnel: StoredTunnel) => StoredTunnel): Promise<void>;
  /** What `change` makes of it is stored under the new name, which must be free, and the old one is gone. */
  rename(name: string, newName: string, change: (tunnel: StoredTunnel) => StoredTunnel): Promise<void>;
  remove(name: string): Promise<void>;
}

export async function openTunnelStore(stateDir: string): Promise<TunnelStore> {
  const path = join(stateDir, 'tunnels');
  const folder = await openPrivateFolder(path);
  /** None is lost to another, and what was removed does not come back. */
  const inTurn = oneAtATime();

  async function read(name: string): Promise<StoredTunnel> {
    const file = fileOf(name);
    const bytes = await folder.read(file, MAX_TUNNEL_FILE_BYTES);
    if (bytes === null) throw noSuchTunnel(name);
    return parseTunnelFile(bytes, `at ${join(path, file)}`);
  }

  return {
    list: async () =>
      (await folder.names())
        .filter(isTunnelFile)
        .map((file) => file.slice(0, -SUFFIX.length))
        .sort(),

    foreignFiles: async () => (await folder.names()).filter((file) => !isTunnelFile(file)).sort(),

    read,

    create: (name, config) =>
      inTurn(async () => {
        const content = formatTunnelFile({ config, settings: DEFAULT_TUNNEL_SETTINGS });
        if (!(await folder.create(fileOf(name), content))) throw tunnelExists(name);
      }),

    change: (name, change) =>
      inTurn(async () => folder.replace(fileOf(name), formatTunnelFile(change(await read(name))))),

    // A crash between the two leaves both, and loses nothing.
    rename: (name, newName, change) =>
      inTurn(async () => {
        const content = formatTunnelFile(change(await read(name)));
        if (!(await folder.create(fileOf(newName), content))) throw tunnelExists(newName);
        await folder.remove(fileOf(name));
      }),

    remove: (name) =>
      inTurn(async () => {
        if (!(await folder.remove(fileOf(name)))) throw noSuchTunnel(name);
      }),
  };
}

export function noSuchTunnel(name: string): Failure {
  return new Failure('there is no such tunnel', `named ${name}`, "see 'wayfare list'", {
    code: 'no-such-tunnel',
    tunnel: name,
  });
}

function tunnelExists(name: string): Failure {
  return new Failure(
    'a tunnel of this name exists',
    `named ${name}`,
    'choose another with --name, or remove it first',
    { code: 'tunnel-exists', tunnel: name },
  );
}

export function changedMeanwhile(name: string): Failure {
  return new Failure(
    'the tunnel was changed meanwhile',
    `named ${name}`,
    `see what is stored now, and change that: wayfare export ${name}`,
    { code: 'tunnel-changed', tunnel: name },
  );
}

function isTunnelFile(file: string): boolean {
  return file.endsWith(SUFFIX) && isTunnelName(file.slice(0, -SUFFIX.length));
}

/** The contract has checked the name already; the store does not rely on that. */
function fileOf(name: string): string {
  if (!isTunnelName(name)) throw new Failure("this is no tunnel's name", JSON.stringify(name));
  return name + SUFFIX;
}
