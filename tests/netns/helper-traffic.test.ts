/** What has gone through a real tunnel, as the helper counts it and keeps it; and its config edited. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { ResultOf, TrafficSpan } from '../../helper/ipc/contract.ts';
import { HelperWorld } from '../support/helper-world.ts';
import { uniqueInterface } from '../support/netns.ts';
import { waitFor } from '../support/processes.ts';
import { transferTcp } from '../support/tcp-transfer.ts';

const SENT = 20_000_000;
/** Below what would be counted twice: headers, keepalives, and what TCP sends again on a busy machine. */
const OVERHEAD = 1.6;
/** More than a few handshakes and keepalives take. */
const HANDSHAKES = 10_000;

const world = new HelperWorld();

beforeAll(() => world.open());
afterEach(() => world.down());
afterAll(() => world.close());

const file = (name: string) => join(world.stateDir, 'traffic', `${name}.json`);

async function trafficOf(name: string, span: TrafficSpan = '5m'): Promise<ResultOf<'traffic'>> {
  return JSON.parse((await world.wayfare('traffic', name, '--span', span, '--json')).stdout);
}

async function monthOf(name: string): Promise<number> {
  return (await trafficOf(name)).months[0]?.txBytes ?? 0;
}

async function send(): Promise<void> {
  const { traveller: from, server: to } = world;
  const { intactStreams } = await transferTcp({ from, to, address: '10.70.0.1', bytesPerStream: SENT });
  expect(intactStreams).toBe(1);
}

function expectSent(bytes: number, times = 1): void {
  expect(bytes).toBeGreaterThanOrEqual(SENT * times);
  expect(bytes).toBeLessThan(SENT * OVERHEAD * times);
}

const sumOf = (values: readonly (number | null)[]) =>
  values.reduce<number>((sum, each) => sum + (each ?? 0), 0);

describe('the traffic of a tunnel', () => {
  it('is_in_its_steps_its_session_and_its_month_and_outlives_helpers_that_are_killed', async () => {
    const name = await world.importTunnel();
    await world.up(name);
    await send();
    // Once nothing flows any more, what the steps, the session, the month and the engine have is the same.
    const { rxBytes, txBytes, session, endsAt } = await waitFor(
      async () => {
        const [traffic, status] = [await trafficOf(name), await world.statusOf(name)];
        const [{ session, months }, steps] = [traffic, sumOf(traffic.txBytes)];
        const counts = [steps, session?.txBytes, months[0]?.txBytes, status.txBytes];
        return counts.every((each) => each === counts[0]) && steps >= SENT ? traffic : null;
      },
      { what: 'the steps, the session and the month to be what the engine has counted' },
    );
    expect([rxBytes.length, txBytes.length]).toEqual([300, 300]);
    expect(endsAt).toBeGreaterThan(Date.now() / 1_000 - 5);
    expect(txBytes.at(-200)).toBeNull();
    expectSent(session!.txBytes);
    expect(session!.rxBytes).toBeLessThan(SENT);

    await world.down(name);
    await waitFor(() => statSync(file(name)).size > 0, { what: 'the file' });
    expect(statSync(file(name)).mode & 0o777).toBe(0o600);
    const counted = await monthOf(name);
    await world.up(name);
    await world.helper.stop('SIGKILL');
    world.helper = await world.startHelper();
    // It brings the tunnel up again: handshakes are all that can have come to it.
    const isThatMuch = (bytes: number) => bytes >= counted && bytes < counted + HANDSHAKES;
    expect(await monthOf(name)).toSatisfy(isThatMuch);
    await waitFor(async () => isThatMuch(sumOf((await trafficOf(name, '1h')).txBytes)), {
      what: 'the step of ten seconds to end',
      timeoutMs: 20_000,
    });

    await world.up(name);
    await send();
    await world.down(name);
    expectSent((await trafficOf(name)).session!.txBytes);
    expectSent(await monthOf(name), 2);
    expect((await world.wayfare('traffic', name)).stdout).toMatch(
      /\n {2}last connection {3}.* received, .* sent\n/,
    );
  });

  it('of_the_last_moment_is_counted_when_its_helper_is_stopped', async () => {
    const name = await world.importTunnel();
    await world.up(name);
    await send();
    await world.helper.stop('SIGTERM'); // within the second of the last reading
    const { session } = JSON.parse(readFileSync(file(name), 'utf8'));
    expectSent(session.txBytes);
    world.helper = await world.startHelper();
    expect((await trafficOf(name)).session).toEqual(session);
  });

  it('goes_on_through_the_death_of_its_engine_without_a_byte_twice', async () => {
    const name = await world.importTunnel();
    await world.up(name);
    const sessionBytes = async () => (await trafficOf(name)).session!.txBytes;
    await send();
    await waitFor(async () => (await sessionBytes()) >= SENT, { what: 'the reading of the first engine' });
    const { since } = (await trafficOf(name)).session!;
    process.kill((await world.engineOf(name))!, 'SIGKILL');
    await waitFor(async () => (await world.statusOf(name)).txBytes < SENT, { what: 'the next engine' });
    await waitFor(async () => (await world.statusOf(name)).state === 'connected', { what: 'its session' });
    await send();
    await waitFor(async () => (await sessionBytes()) >= 2 * SENT, { what: 'the reading of the next engine' });
    expectSent(await sessionBytes(), 2);
    expect((await trafficOf(name)).session).toMatchObject({ since });
  });

  it('goes_with_its_tunnel', async () => {
    const name = await world.importTunnel();
    await world.up(name);
    await world.down(name);
    await waitFor(() => statSync(file(name)), { what: 'the file' });
    await world.wayfare('remove', name);
    expect(() => statSync(file(name))).toThrow('ENOENT');
    expect(await world.wayfare('traffic', name)).toMatchObject({
      code: 1,
      stderr: `wayfare: there is no such tunnel, named ${name}, see 'wayfare list'\n`,
    });
  });

  it('that_is_damaged_on_disk_keeps_no_tunnel_down', async () => {
    const name = await world.importTunnel();
    writeFileSync(file(name), 'x', { mode: 0o600 });
    await world.up(name);
    await world.down(name);
    expect((await trafficOf(name)).months).toHaveLength(1);
    expect(readFileSync(`${file(name)}.damaged`, 'utf8')).toBe('x');
    expect(world.helper.stderr).toContain('the traffic so far cannot be read, and is counted anew');
  });
});

describe('an edited tunnel', () => {
  it('takes_its_traffic_and_its_settings_to_its_new_name_and_connects_as_it_is_now', async () => {
    const name = await world.importTunnel();
    const newName = uniqueInterface('wf');
    const conf = join(world.folder, 'edited.conf');
    await world.wayfare('set', name, 'kill-switch', 'on');
    await world.up(name);
    const { stdout } = await world.wayfare('export', name);
    writeFileSync(conf, stdout.replace(/AllowedIPs = .*/, 'AllowedIPs = 10.70.0.0/24, 10.71.0.1/32'));
    expect(await world.wayfare('edit', name, conf, '--name', newName)).toMatchObject({
      code: 1,
      stderr: `wayfare: the tunnel is connected, named ${name}, take it down first: wayfare down ${name}\n`,
    });
    await world.down(name);
    const counted = await monthOf(name);
    expect(counted).toBeGreaterThan(0);
    expect(await world.wayfare('edit', name, conf, '--name', newName)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`Changed ${newName}.`),
    });
    expect(await monthOf(newName)).toBe(counted);
    expect(await world.statusOf(newName)).toMatchObject({ killSwitch: 'on' });
    await world.up(newName);
    expect(await world.traveller.ping('10.71.0.1')).toMatchObject({ received: 3 });
    rmSync(conf);
  });

  it('whose_new_config_is_wrong_stays_as_it_was_and_the_line_is_named', async () => {
    const name = await world.importTunnel();
    const conf = join(world.folder, 'wrong.conf');
    const { stdout } = await world.wayfare('export', name);
    writeFileSync(conf, stdout.replace(/Address = .*/, 'Address = 10.70.0.2/99'));
    const { code, stderr } = await world.wayfare('edit', name, conf);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^wayfare: line 3: .*\n$/)]);
    expect(await world.wayfare('export', name)).toMatchObject({ stdout });
  });
});
