/** Who engines run as: a user of their own where Wayfare is installed, else the one that owns nothing. */
import { getent } from '../getent.ts';
import { ENGINE_USER } from '../service/accounts.ts';
import type { EngineUser } from './engine-process.ts';

/** nobody and nogroup. */
const NOBODY: EngineUser = { uid: 65_534, gid: 65_534 };

/** @throws Failure where the system cannot be asked */
export async function lookUpEngineUser(): Promise<EngineUser> {
  const [, , uid, gid] = (await getent('passwd', ENGINE_USER)) ?? [];
  const user = { uid: Number(uid), gid: Number(gid) };
  return user.uid > 0 && user.gid > 0 ? user : NOBODY;
}
