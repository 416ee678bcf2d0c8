/** Who may ask what. Pure: the kernel says who is at the other end, the contract what each verb asks for. */
import { Failure } from '../failure.ts';
import { type Role, VERBS, type Verb } from './contract.ts';

/** The groups whose members are let in, and may edit, besides root. */
export const OPERATOR_GROUP = 'wayfare';
export const ADMIN_GROUP = 'wayfare-admin';

/** The process at the other end, as the kernel knew it when it connected. */
export interface PeerCredentials {
  readonly pid: number;
  /** Effective, like `gid`. */
  readonly uid: number;
  readonly gid: number;
  /** Supplementary. */
  readonly groups: readonly number[];
}

/** The numbers of both groups, null where this system has no such group. */
export interface HelperGroups {
  readonly operators: number | null;
  readonly admins: number | null;
}

const ROOT_UID = 0;

/**
 * The socket's mode asks the same: whoever is not in the operators' group gets no further, a member of the admins' group
 * neither.
 *
 * @returns null for a stranger
 */
export function roleOf(peer: PeerCredentials, groups: HelperGroups): Role | null {
  if (peer.uid === ROOT_UID) return 'admin';
  if (!isMember(peer, groups.operators)) return null;
  return isMember(peer, groups.admins) ? 'admin' : 'operator';
}

function isMember({ gid, groups }: PeerCredentials, group: number | null): boolean {
  return group !== null && (gid === group || groups.includes(group));
}

export function mayAsk(role: Role, verb: Verb): boolean {
  return role === 'admin' || VERBS[verb].role === 'operator';
}

/** @param where such as `at /run/wayfare/helper.sock` */
export function strangerRefused(where: string): Failure {
  return new Failure('you may not talk to the helper', where, adviceToJoin(OPERATOR_GROUP), {
    code: 'not-an-operator',
  });
}

export function verbRefused(verb: Verb): Failure {
  return new Failure(`'${verb}' is for administrators`, '', adviceToJoin(ADMIN_GROUP), {
    code: 'not-an-admin',
  });
}

function adviceToJoin(group: string): string {
  return `use sudo, or join the group with 'sudo usermod -aG ${group} $USER' and sign in again`;
}
