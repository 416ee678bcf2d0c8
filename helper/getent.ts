/** The system's users and groups, asked of getent(1), so that those from LDAP or systemd count like those in /etc. */
import { Failure } from './failure.ts';
import { cannotRun, runProgram } from './run-program.ts';

const TIMEOUT_MS = 10_000;
/** getent's exit code where there is no such entry. */
const NOT_FOUND = 2;

/** @returns the entry's fields (passwd(5), group(5)), null where there is none. @throws Failure where the system cannot be asked */
export async function getent(database: 'passwd' | 'group', name: string): Promise<readonly string[] | null> {
  const { code, killer, output } = await runProgram('getent', [database, '--', name], {
    timeoutMs: TIMEOUT_MS,
  }).catch((error) => {
    throw cannotRun('getent', 'libc-bin', error);
  });
  if (code === 0) return output.split('\n', 1)[0]!.split(':');
  if (code === NOT_FOUND) return null;
  throw new Failure(`cannot look up a ${database} entry (getent: ${killer ?? code})`, `named ${name}`);
}
