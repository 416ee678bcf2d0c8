import { describe, expect, it } from 'vitest';
import {
  type HelperGroups,
  mayAsk,
  type PeerCredentials,
  roleOf,
  strangerRefused,
  verbRefused,
} from '../../../../helper/ipc/authorize.ts';
import { VERBS, type Verb } from '../../../../helper/ipc/contract.ts';

const OPERATORS = 998;
const ADMINS = 997;
const both: HelperGroups = { operators: OPERATORS, admins: ADMINS };
const none: HelperGroups = { operators: null, admins: null };

const person = (gid: number, ...groups: number[]): PeerCredentials => ({ pid: 1, uid: 1_000, gid, groups });
const root: PeerCredentials = { pid: 1, uid: 0, gid: 0, groups: [] };

describe('the role of a peer', () => {
  it.each([
    ['root', root, both, 'admin'],
    ['root without our groups', root, none, 'admin'],
    ['a member of the operators', person(1_000, 4, OPERATORS), both, 'operator'],
    ['whose first group the operators are', person(OPERATORS), both, 'operator'],
    ['a member of both', person(1_000, ADMINS, OPERATORS), both, 'admin'],
    ['an operator whose first group the admins are', person(ADMINS, OPERATORS), both, 'admin'],
    [
      'an operator where there are no admins',
      person(1_000, OPERATORS, ADMINS),
      { ...both, admins: null },
      'operator',
    ],
    ['a member of the admins alone', person(1_000, ADMINS), both, null],
    ['a member of neither', person(1_000, 4, 24, 27), both, null],
    ['a member of what others have for operators', person(1_000, OPERATORS), none, null],
    ['a member of the group of root', person(0, 0), both, null],
  ] as const)('of %s', (_, peer, groups, role) => {
    expect(roleOf(peer, groups)).toBe(role);
  });
});

describe('a verb', () => {
  it('is for operators where it only connects, disconnects or looks', () => {
    const verbs = Object.keys(VERBS) as Verb[];
    expect(verbs.filter((verb) => mayAsk('operator', verb)).sort()).toEqual([
      'down',
      'hello',
      'list',
      'logs',
      'reconnect',
      'status',
      'subscribe',
      'traffic',
      'up',
    ]);
    expect(verbs.filter((verb) => mayAsk('admin', verb))).toEqual(verbs);
  });

  it('is refused with what to do', () => {
    expect(verbRefused('export').message).toBe(
      "'export' is for administrators, use sudo, or join the group with 'sudo usermod -aG wayfare-admin $USER' and sign in again",
    );
    expect(strangerRefused('at /run/x').message).toBe(
      "you may not talk to the helper, at /run/x, use sudo, or join the group with 'sudo usermod -aG wayfare $USER' and sign in again",
    );
  });
});
