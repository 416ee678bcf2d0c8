/**
 * Installs the helper: the one thing that the app does with an administrator's password. What runs is a fixed script that
 * only root can change, without arguments; nothing that a person or a file says comes into its command line. There
 * sudo-prompt puts a `cd` to this process's own folder first, whose name anybody may have chosen: so that is `/`.
 */
import { existsSync } from 'node:fs';
import { Failure } from '../../helper/failure.ts';
import { requireRootOnly } from '../../helper/service/trust.ts';

/** Where the package puts it (build/linux/install-helper). */
export const INSTALL_SCRIPT = '/usr/lib/wayfare/install-helper';
/** As sudo-prompt says it. */
const REFUSED = 'User did not grant permission.';
const NAME = 'Wayfare';

export interface Elevation {
  /** The process's. */
  chdir(folder: string): void;
  /** sudo-prompt's. */
  exec(
    command: string,
    options: { name: string },
    callback: (error?: Error, stdout?: string | Buffer, stderr?: string | Buffer) => void,
  ): void;
}

export function canInstallHelper(platform: NodeJS.Platform, script = INSTALL_SCRIPT): boolean {
  return platform === 'linux' && existsSync(script);
}

/**
 * Resolves once the helper answers.
 *
 * @throws Failure
 */
export async function installHelper(elevation: Elevation, script = INSTALL_SCRIPT): Promise<void> {
  await requireRootOnly(script);
  await new Promise<void>((resolve, reject) => {
    elevation.chdir('/');
    elevation.exec(script, { name: NAME }, (error, _, stderr) => {
      if (error === undefined || error === null) resolve();
      else reject(failureOf(error, String(stderr ?? ''), script));
    });
  });
}

function failureOf({ message }: Error, said: string, script: string): Failure {
  if (message === REFUSED)
    return new Failure('the helper was not installed', '', 'it needs the password once', {
      code: 'password-refused',
    });
  const words = said.trim().split('\n').at(-1) ?? '';
  const reason = words || message;
  return new Failure(`the helper was not installed (${reason})`, '', `in a terminal: sudo ${script}`, {
    code: 'helper-not-installed',
    reason,
    script,
  });
}
