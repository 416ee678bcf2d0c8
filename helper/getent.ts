/** The system's users and groups, asked of getent(1), so that those from LDAP or systemd count like those in /etc. */
import { spawn } from 'node:child_process';
import { Failure } from './failure.ts';

const TIMEOUT_MS = 10_000;
/** getent's exit code where there is no such entry. */
const NOT_FOUND = 2;

/** @returns the entry's fields (passwd(5), group(5)), null where there is none. @throws Failure where the system cannot be asked */
export function getent(database: 'passwd' | 'group', name: string): Promise<readonly string[] | null> {
  return new Promise((resolve, reject) => {
    const child = spawn('getent', [database, '--', name], {
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
      if (code === 0) resolve(output.split('\n', 1)[0]!.split(':'));
      else if (code === NOT_FOUND) resolve(null);
      else
        reject(
          new Failure(`cannot look up a ${database} entry (getent: ${signal ?? code})`, `named ${name}`),
        );
    });
  });
}
