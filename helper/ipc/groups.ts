/** The numbers of our groups, asked of getent(1), so that groups from LDAP or systemd count like those of /etc/group. */
import { spawn } from 'node:child_process';
import { Failure } from '../failure.ts';
import { ADMIN_GROUP, type HelperGroups, OPERATOR_GROUP } from './authorize.ts';

const TIMEOUT_MS = 10_000;
/** getent's exit code where there is no such entry. */
const NOT_FOUND = 2;
/** `NAME:PASSWORD:GID:MEMBERS`, group(5). */
const GROUP_LINE = /^[^:\n]*:[^:\n]*:(\d+):/;

/** @throws Failure where the system cannot be asked */
export async function lookUpGroups(): Promise<HelperGroups> {
  const [operators, admins] = await Promise.all([groupId(OPERATOR_GROUP), groupId(ADMIN_GROUP)]);
  return { operators, admins };
}

/** @returns null where there is no such group. @throws Failure */
export function groupId(name: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('getent', ['group', '--', name], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.once('error', (error) =>
      reject(new Failure(`cannot run getent (${error.message})`, '', "install the package 'libc-bin'")),
    );
    child.once('close', (code, signal) => {
      const id = GROUP_LINE.exec(output)?.[1];
      if (code === 0 && id !== undefined) resolve(Number(id));
      else if (code === NOT_FOUND) resolve(null);
      else reject(new Failure(`cannot look up a group (getent: ${signal ?? code})`, `named ${name}`));
    });
  });
}
