/** The numbers of the groups whose members may ask. */
import { getent } from '../getent.ts';
import { ADMIN_GROUP, type HelperGroups, OPERATOR_GROUP } from './authorize.ts';

/** @throws Failure where the system cannot be asked */
export async function lookUpGroups(): Promise<HelperGroups> {
  const [operators, admins] = await Promise.all([groupId(OPERATOR_GROUP), groupId(ADMIN_GROUP)]);
  return { operators, admins };
}

/** @returns null where there is no such group. @throws Failure */
export async function groupId(name: string): Promise<number | null> {
  const [, , id] = (await getent('group', name)) ?? [];
  return id === undefined ? null : Number(id);
}
