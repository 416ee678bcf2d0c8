/** Lockdown: nothing leaves the machine without a tunnel, from its start on, whoever dies. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DISTANT_ADDRESS, SERVER_PORT } from '../support/helper-world.ts';
import { LeakWorld, TARGETS } from '../support/leak-world.ts';
import { waitFor } from '../support/processes.ts';

const LISTEN_MS = 300;

const world = new LeakWorld();

beforeAll(() => world.open());
afterAll(() => world.close());

/** @returns how many frames of what programs try to send are on the wire */
async function heard(): Promise<number> {
  const since = Date.now();
  for (const end = since + LISTEN_MS; Date.now() < end; await delay(2)) await world.chatter.speak(TARGETS, 1);
  return world.sniffer.countSince(since);
}

it('holds_from_before_the_helper_starts_until_a_person_ends_it', async () => {
  expect(await heard()).toBeGreaterThan(0);
  expect(await world.wayfare('lockdown', 'on')).toMatchObject({ code: 0 });
  expect(await heard()).toBe(0);

  // A boot: the kernel knows nothing of us, and the settings are all that is left.
  await world.helper.stop('SIGKILL');
  expect(await heard()).toBe(0);
  await world.traveller.run('nft', ['flush', 'ruleset']);
  expect(await heard()).toBeGreaterThan(0);
  const atBoot = [world.program, 'helper', '--lockdown-at-boot', '--state-dir', world.stateDir];
  await world.traveller.run(process.execPath, atBoot);
  expect(await heard()).toBe(0);
  world.helper = await world.startHelper();
  expect(await heard()).toBe(0);
  expect((await world.wayfare('status')).stdout).toMatch(/^Lockdown is on/);

  const endpoint = `${DISTANT_ADDRESS}:${SERVER_PORT}`;
  const name = await world.importTunnel({ allowedIps: '10.70.0.0/24, 10.71.0.0/24', endpoint });
  await world.up(name);
  expect(await world.traveller.ping('10.71.0.1')).toMatchObject({ received: 3 });
  expect(await heard()).toBe(0);
  await world.down(name);
  expect(await heard()).toBe(0);

  expect(await world.wayfare('lockdown', 'off')).toMatchObject({ code: 0 });
  expect(await heard()).toBeGreaterThan(0);
  expect(await world.rules()).toBe('');
});

it('at_boot_leaves_a_machine_alone_that_is_not_locked_down', async () => {
  const atBoot = [world.program, 'helper', '--lockdown-at-boot', '--state-dir', world.stateDir];
  await world.traveller.run(process.execPath, atBoot);
  expect(await world.rules()).toBe('');
});

it('stands_again_by_itself_after_somebody_has_flushed_all_rules', async () => {
  await world.wayfare('lockdown', 'on');
  const rules = await world.rules();
  await world.traveller.run('nft', ['flush', 'ruleset']);
  await waitFor(async () => (await world.rules()) === rules, { what: 'the rules' });
  expect(await heard()).toBe(0);
  await world.wayfare('lockdown', 'off');
  expect(await world.rules()).toBe('');
});
