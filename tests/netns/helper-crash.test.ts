/**
 * Whatever is killed at whatever step, nothing leaves in clear once the firewall was told to guard, and `down` takes
 * everything away. Without the kill switch the same kills leak: the eavesdropper would notice.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CAUSES, type Cause } from '../../helper/tunnel/state-machine.ts';
import { DISTANT_ADDRESS, SERVER_PORT } from '../support/helper-world.ts';
import { LeakWorld, TARGETS } from '../support/leak-world.ts';
import { waitFor } from '../support/processes.ts';

const STEPS = CAUSES.slice(0, CAUSES.indexOf('handshake') + 1);
/** Before it there is no promise yet. */
const FIRST_GUARDED = CAUSES.indexOf('open-tun');
const VICTIMS = ['engine', 'helper', 'both'] as const;
type Victim = (typeof VICTIMS)[number];

const world = new LeakWorld();
let isTalking = true;

beforeAll(async () => {
  await world.open();
  void talk();
});
afterEach(async () => {
  await world.down();
});
afterAll(async () => {
  isTalking = false;
  await world.close();
});

/** Brings the tunnel up, kills at a step, and sees to it that a helper runs. @returns the frames that left in clear since it was guarded */
async function killAt(name: string, step: Cause, victim: Victim): Promise<number> {
  const isGuarded = CAUSES.indexOf(step) >= FIRST_GUARDED;
  const { helper } = world;
  const told = helper.stderr.length;
  const hasBegun = (which: string) => helper.stderr.slice(told).includes(`"step ${which}"`);
  const attempt = world.startWayfare('up', name, '--timeout', '5');
  await waitFor(() => hasBegun(step), { what: `the step ${step}`, intervalMs: 1 });
  const engine = victim === 'helper' ? undefined : await world.engineOf(name);
  if (engine !== undefined) process.kill(engine, 'SIGKILL');
  if (victim !== 'engine') await helper.stop('SIGKILL');
  await attempt.exited;
  if (victim !== 'engine') world.helper = await world.startHelper();
  if (!isGuarded) return 0;
  const guarded = /"time":"([^"]+)"[^\n]*"step open-tun"/.exec(helper.stderr.slice(told))![1]!;
  return world.sniffer.countSince(Date.parse(guarded) + 1);
}

/** Slow enough for the eavesdropper to miss nothing, and often enough that a gap of some milliseconds would show. */
async function talk(): Promise<void> {
  while (isTalking) {
    await world.chatter.speak(TARGETS, 1);
    await delay(2);
  }
}

async function expectTalkInClear(): Promise<void> {
  const before = world.sniffer.frames.length;
  await waitFor(() => world.sniffer.frames.length > before, { what: 'something in clear' });
}

describe.each(VICTIMS)('%s killed', (victim) => {
  it.each(STEPS)('at_%s_leaks_nothing_and_leaves_nothing', async (step) => {
    const endpoint = `${DISTANT_ADDRESS}:${SERVER_PORT}`;
    const name = await world.importTunnel({ allowedIps: '0.0.0.0/0', endpoint });
    await expectTalkInClear();
    expect(await killAt(name, step, victim)).toBe(0);
    await world.down(name);
    await world.expectNothingLeft(name);
    await expectTalkInClear();
  });
});

it.each(['helper', 'both'] as const)('without_the_kill_switch_the_death_of_the_%s_leaks', async (victim) => {
  const endpoint = `${DISTANT_ADDRESS}:${SERVER_PORT}`;
  const name = await world.importTunnel({ allowedIps: '0.0.0.0/0', endpoint });
  await world.wayfare('set', name, 'kill-switch', 'off');
  expect(await killAt(name, 'start-engine', victim)).toBeGreaterThan(0);
  await world.down(name);
  await world.expectNothingLeft(name);
});
