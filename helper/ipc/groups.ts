/** The numbers of the groups whose members may ask. */
import { toFailure } from '../failure.ts';
import { getent } from '../getent.ts';
import type { Log } from '../log.ts';
import { ADMIN_GROUP, type HelperGroups, OPERATOR_GROUP } from './authorize.ts';

/** @returns null where there is no such group. @throws Failure where the system cannot be asked */
export type FindGroup = (name: string) => Promise<number | null>;

/** A group that cannot be looked up lets nobody in; the helper has more to do than to be asked. */
export async function lookUpGroups(find: FindGroup, log: Log): Promise<HelperGroups> {
  const findOrNone = (name: string) =>
    find(name).catch((error) => {
      log('warning', 'a group is not known: its members are not let in', {
        group: name,
        reason: toFailure(error).message,
      });
      return null;
    });
  const [operators, admins] = await Promise.all([findOrNone(OPERATOR_GROUP), findOrNone(ADMIN_GROUP)]);
  return { operators, admins };
}

export const systemGroup: FindGroup = async (name) => {
  const [, , id] = (await getent('group', name)) ?? [];
  return id === undefined ? null : Number(id);
};
