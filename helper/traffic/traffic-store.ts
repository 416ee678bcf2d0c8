/** The histories on disk: STATE/traffic/NAME.json, for root alone. What is damaged is set aside as NAME.json.damaged. */
import { join } from 'node:path';
import { oneAtATime } from '../one-at-a-time.ts';
import { openPrivateFolder, type PrivateFolder } from '../storage/private-folder.ts';
import {
  formatTrafficFile,
  MAX_TRAFFIC_FILE_BYTES,
  parseTrafficFile,
  type SavedTraffic,
} from './traffic-file.ts';

/** Calls are served in turn. Every one may throw Failure, and then what was stored is as it was. */
export interface TrafficStore {
  /** @returns null where there is none */
  read(name: string): Promise<SavedTraffic | null>;
  write(name: string, traffic: SavedTraffic): Promise<void>;
  /** Out of the way of the next one, for whoever wants to look at it. */
  setAside(name: string): Promise<void>;
  /** What is under the new name goes. */
  rename(name: string, newName: string): Promise<void>;
  /** With what was set aside of it. */
  remove(name: string): Promise<void>;
}

/** The folder is opened when it is needed first: a disk that takes none keeps no helper from its work. */
export function trafficStore(stateDir: string): TrafficStore {
  const path = join(stateDir, 'traffic');
  const inTurn = oneAtATime();
  let opened: PrivateFolder | null = null;

  function inFolder<T>(work: (folder: PrivateFolder) => Promise<T>): Promise<T> {
    return inTurn(async () => {
      opened ??= await openPrivateFolder(path);
      return work(opened);
    });
  }

  async function removeAll(folder: PrivateFolder, name: string): Promise<void> {
    await folder.remove(fileOf(name));
    await folder.remove(asideOf(name));
  }

  return {
    read: (name) =>
      inFolder(async (folder) => {
        const content = await folder.read(fileOf(name), MAX_TRAFFIC_FILE_BYTES);
        return content && parseTrafficFile(content, `at ${join(path, fileOf(name))}`);
      }),
    write: (name, traffic) => inFolder((folder) => folder.replace(fileOf(name), formatTrafficFile(traffic))),
    setAside: (name) =>
      inFolder(async (folder) => {
        await folder.rename(fileOf(name), asideOf(name));
      }),
    rename: (name, newName) =>
      inFolder(async (folder) => {
        await removeAll(folder, newName);
        await folder.rename(fileOf(name), fileOf(newName));
        await folder.remove(asideOf(name));
      }),
    remove: (name) => inFolder((folder) => removeAll(folder, name)),
  };
}

function fileOf(name: string): string {
  return `${name}.json`;
}

/** Of no tunnel's file, whatever that is called. */
function asideOf(name: string): string {
  return `${name}.json.damaged`;
}
