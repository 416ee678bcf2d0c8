/** Where the service lies on a Linux machine, below a root that tests and makers of images choose. */
import { join, resolve } from 'node:path';

export interface Layout {
  /** `/`, or the folder that stands for it. */
  readonly root: string;
  readonly programFolder: string;
  /** A folder for each version, named after it and its content. */
  readonly versions: string;
  /** The link to the version that runs: the units name no other path. */
  readonly current: string;
  readonly units: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly socket: string;
}

export function layoutBelow(rootPath: string): Layout {
  const root = resolve(rootPath);
  const programFolder = join(root, 'usr/lib/wayfare');
  const runtimeDir = join(root, 'run/wayfare');
  return {
    root,
    programFolder,
    versions: join(programFolder, 'versions'),
    current: join(programFolder, 'current'),
    units: join(root, 'etc/systemd/system'),
    stateDir: join(root, 'var/lib/wayfare'),
    runtimeDir,
    socket: join(runtimeDir, 'helper.sock'),
  };
}
