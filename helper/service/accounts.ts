/** The user that engines run as, and the groups whose members may talk with the helper (useradd(8), groupadd(8)). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import type { Layout } from './layout.ts';
import { runSystemCommand } from './system-command.ts';

export const ENGINE_USER = 'wayfare-engine';
/** Operators connect and disconnect, admins edit. */
export const GROUPS = ['wayfare', 'wayfare-admin'] as const;

/** login.defs(5): above are people. */
const MAX_SYSTEM_UID = 999;

/** Makes those that are missing. @throws Failure where the engine's user is somebody's own */
export async function makeAccounts(layout: Layout): Promise<void> {
  const groups = await idsOf(layout, 'group');
  for (const group of GROUPS)
    if (!groups.has(group)) await runSystemCommand('groupadd', [...prefix(layout), '--system', group]);
  if (!(await idsOf(layout, 'passwd')).has(ENGINE_USER))
    await runSystemCommand('useradd', [
      ...prefix(layout),
      ...['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'],
      ...['--shell', '/usr/sbin/nologin', '--comment', 'Wayfare engine', ENGINE_USER],
    ]);
  const uid = (await idsOf(layout, 'passwd')).get(ENGINE_USER);
  if (uid === undefined || uid === 0 || uid > MAX_SYSTEM_UID)
    throw new Failure(
      `the user ${ENGINE_USER} is no system user (uid ${uid})`,
      `in ${join(layout.root, 'etc/passwd')}`,
      'rename it: engines must share a user with nobody',
    );
}

/** @returns the name of who may talk with the helper from now on, or null where the user is not in /etc/passwd */
export async function letIn(layout: Layout, uid: number): Promise<string | null> {
  const users = await idsOf(layout, 'passwd');
  const name = [...users].find(([, id]) => id === uid)?.[0];
  if (name === undefined) return null;
  await runSystemCommand('usermod', [...prefix(layout), '--append', '--groups', GROUPS.join(','), name]);
  return name;
}

export async function removeAccounts(layout: Layout): Promise<void> {
  if ((await idsOf(layout, 'passwd')).has(ENGINE_USER))
    await runSystemCommand('userdel', [...prefix(layout), ENGINE_USER]);
  const groups = await idsOf(layout, 'group');
  // Whether the user's own group went too depends on login.defs(5).
  for (const group of [...GROUPS, ENGINE_USER])
    if (groups.has(group)) await runSystemCommand('groupdel', [...prefix(layout), group]);
}

function prefix({ root }: Layout): string[] {
  return root === '/' ? [] : ['--prefix', root];
}

/** passwd(5) and group(5) have the name first and its id third. */
async function idsOf({ root }: Layout, file: 'passwd' | 'group'): Promise<Map<string, number>> {
  const text = await readFile(join(root, 'etc', file), 'utf8');
  const rows = text.split('\n').map((line) => line.split(':'));
  return new Map(rows.flatMap(([name, , id]) => (name && id ? [[name, Number(id)]] : [])));
}
