/** A running tunnel whose config was edited: what leaves in clear while it is reconnected. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ConfOptions, DISTANT_ADDRESS, SERVER_PORT } from '../support/helper-world.ts';
import { LeakWorld, TARGETS } from '../support/leak-world.ts';

const endpoint = `${DISTANT_ADDRESS}:${SERVER_PORT}`;
const FULL = { allowedIps: '0.0.0.0/0, ::/0', endpoint };
/** Its endpoint is in what it takes. */
const SPLIT = { allowedIps: '10.70.0.0/24, 203.0.113.0/24, 2001:db8:dead::/48, 198.51.100.0/24', endpoint };

const world = new LeakWorld();

beforeAll(() => world.open());
afterAll(() => world.close());

/** @returns how many frames of a program that sends all the while are on the wire in clear */
async function clearDuring(work: () => Promise<unknown>): Promise<number> {
  const before = await world.sniffer.countSince(0);
  const tried = world.chatter.hush();
  const speaking = world.chatter.keepSpeaking(TARGETS);
  await work();
  expect(world.chatter.hush() - tried).toBeGreaterThan(100);
  await speaking;
  return (await world.sniffer.countSince(0)) - before;
}

async function expectDone(...args: string[]): Promise<void> {
  expect(await world.wayfare(...args)).toMatchObject({ code: 0, stderr: '' });
}

/** As a person does who looks at it first. */
async function editMtu(name: string, mtu: number): Promise<void> {
  const read = join(world.folder, 'read.conf');
  const edited = join(world.folder, 'edited.conf');
  await world.wayfareInto(read, 'export', name);
  const text = readFileSync(read, 'utf8').replace(/^MTU.*\n/m, '');
  writeFileSync(edited, text.replace('[Interface]\n', `[Interface]\nMTU = ${mtu}\n`));
  await expectDone('edit', name, edited, '--base', read);
  expect(await world.wayfare('edit', name, edited, '--base', read)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('the tunnel was changed meanwhile'),
  });
}

it.each<[string, ConfOptions]>([
  ['with_its_kill_switch_closed', FULL],
  ['that_takes_some_of_the_traffic_and_has_no_kill_switch', SPLIT],
])('a_tunnel_%s_lets_nothing_out_in_clear', async (_, options) => {
  const name = await world.importTunnel(options);
  await expectDone('up', name);
  await editMtu(name, 1_300);
  expect(await clearDuring(() => expectDone('reconnect', name))).toBe(0);
  expect(await world.statusOf(name)).toMatchObject({ state: 'connected', mtu: 1_300 });
  expect(await world.traveller.ping('10.70.0.1')).toMatchObject({ received: 3 });
  expect(
    await clearDuring(async () => {
      await expectDone('down', name);
      await expectDone('up', name);
    }),
  ).toBeGreaterThan(0);
  await expectDone('down', name);
  await world.expectNothingLeft(name);
});
