/** Who may ask the helper what: real processes of other users and groups, each row by the socket's mode and the kernel's word. */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GROUPS, IpcWorld, type Person } from '../support/ipc-world.ts';
import { waitFor } from '../support/processes.ts';

const world = new IpcWorld();
/** Where the socket's mode keeps nobody out. */
const openPath = () => join(world.folder, 'open', 'helper.sock');

beforeAll(async () => {
  await world.open();
  await world.startServer(openPath());
  chmodSync(openPath(), 0o666);
});
afterAll(() => world.close());

const UID = 61_001;
const OWN_GID = 61_001;
const OTHER_GROUPS = Array.from({ length: 300 }, (_, i) => 62_000 + i);

const person = (...groups: number[]): Person => ({ uid: UID, gid: OWN_GID, groups });

const OPERATORS: Readonly<Record<string, Person>> = {
  a_member_of_the_operators: person(GROUPS.operators),
  a_member_of_the_operators_and_300_other_groups: person(...OTHER_GROUPS, GROUPS.operators),
  one_whose_first_group_is_the_operators: { uid: UID, gid: GROUPS.operators, groups: [] },
  an_operator_in_the_group_of_root: person(0, GROUPS.operators),
};
const ADMINS: Readonly<Record<string, Person>> = {
  root: { uid: 0, gid: 0, groups: [] },
  root_without_the_group_of_root: { uid: 0, gid: OWN_GID, groups: [] },
  a_member_of_both_groups: person(GROUPS.admins, GROUPS.operators),
  an_operator_whose_first_group_is_the_admins: { uid: UID, gid: GROUPS.admins, groups: [GROUPS.operators] },
};
const STRANGERS: Readonly<Record<string, Person>> = {
  a_member_of_neither_group: person(),
  a_member_of_the_admins_alone: person(GROUPS.admins),
  a_member_of_the_group_of_root: person(0),
  a_member_of_300_other_groups: person(...OTHER_GROUPS),
  nobody: { uid: 65_534, gid: 65_534, groups: [] },
};

const verbs = (...names: string[]) => Object.fromEntries(names.map((name) => [name, 'ok']));
const FOR_ALL = verbs('hello', 'list', 'status', 'traffic', 'logs', 'up', 'reconnect', 'down', 'subscribe');
const FOR_ADMINS = verbs('import', 'edit', 'export', 'remove', 'set', 'lockdown', 'reset');
const VERBS = Object.keys({ ...FOR_ALL, ...FOR_ADMINS });

const refusedVerb = (verb: string) =>
  `'${verb}' is for administrators, use sudo, or join the group with 'sudo usermod -aG wayfare-admin $USER' and sign in again`;
const notLetIn = (path: string) =>
  `you may not talk to the helper, at ${path}, use sudo, or join the group with 'sudo usermod -aG wayfare $USER' and sign in again`;

const AS_OPERATOR = {
  ...FOR_ALL,
  ...Object.fromEntries(Object.keys(FOR_ADMINS).map((verb) => [verb, refusedVerb(verb)])),
};
const AS_ADMIN = { ...FOR_ALL, ...FOR_ADMINS };
const asStranger = (path: string) => Object.fromEntries(VERBS.map((verb) => [verb, notLetIn(path)]));

/** @returns what each verb answers to this person */
async function ask(who: Person, path: string, launcher: readonly string[] = []): Promise<unknown> {
  const client = world.start(who, 'ipc-client', [path, 'ask'], launcher);
  const exit = await client.exited;
  expect([exit.code, client.stderr]).toEqual([0, '']);
  return JSON.parse(client.stdout);
}

/** Root in a user namespace of its own, which keeps its groups. */
const AS_ROOT_OF_A_NAMESPACE = ['unshare', '--user', '--map-root-user'];

describe.each([
  ['by_the_mode_of_the_socket', () => world.socketPath],
  ['by_the_credentials_of_the_peer_alone', openPath],
])('%s', (_, path) => {
  it.each(Object.entries(OPERATORS))('%s_connects_and_disconnects_and_edits_nothing', async (_, who) => {
    expect(await ask(who, path())).toEqual(AS_OPERATOR);
  });

  it.each(Object.entries(ADMINS))('%s_may_ask_everything', async (_, who) => {
    expect(await ask(who, path())).toEqual(AS_ADMIN);
  });

  it.each(Object.entries(STRANGERS))('%s_is_not_let_in', async (_, who) => {
    expect(await ask(who, path())).toEqual(asStranger(path()));
  });

  it('root_of_a_user_namespace_is_who_he_was', async () => {
    const [operator, stranger] = [person(GROUPS.operators), person()];
    expect(await ask(operator, path(), AS_ROOT_OF_A_NAMESPACE)).toEqual(AS_OPERATOR);
    expect(await ask(stranger, path(), AS_ROOT_OF_A_NAMESPACE)).toEqual(asStranger(path()));
  });
});

it('one_who_may_open_any_file_is_still_a_stranger', async () => {
  const strangersSeen = () => world.server.stderr.split('a stranger was refused').length - 1;
  expect(strangersSeen()).toBe(0); // the socket's mode has kept them out
  const capable = [
    '--reuid=61001',
    '--clear-groups',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
  ];
  const client = world.start(null, 'ipc-client', [world.socketPath, 'ask'], ['setpriv', ...capable]);
  await client.exited;
  expect(JSON.parse(client.stdout)).toEqual(asStranger(world.socketPath));
  await waitFor(() => strangersSeen() === VERBS.length, { what: 'the helper to have seen them' });
});
