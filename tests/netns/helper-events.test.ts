/** What a subscriber hears of a real tunnel, and that the helper listens on nothing but its socket. */
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { connectToHelper, type HelperClient } from '../../helper/ipc/client.ts';
import type { HelperEvent, Topic, TrafficEvent } from '../../helper/ipc/contract.ts';
import { HelperWorld, newKey, publicKeyOf } from '../support/helper-world.ts';
import { waitFor } from '../support/processes.ts';

const world = new HelperWorld();
const clients: HelperClient[] = [];

beforeAll(() => world.open());
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await world.down();
});
afterAll(() => world.close());

async function subscribe(...topics: Topic[]): Promise<HelperEvent[]> {
  const client = await connectToHelper(world.socketPath);
  clients.push(client);
  const heard: HelperEvent[] = [];
  await client.subscribe(topics, (event) => heard.push(event));
  return heard;
}

/** What was heard of one tunnel, as words. */
function statesOf(name: string, heard: readonly HelperEvent[]): string[] {
  return heard.flatMap((event) => {
    if (!('name' in event) || event.name !== name) return [];
    if (event.event === 'tunnel-removed') return ['removed'];
    return [event.error === null ? event.state : `${event.state}: ${event.error.cause}`];
  });
}

it('tells_the_whole_life_of_a_tunnel_without_being_asked', async () => {
  const heard = await subscribe('tunnels');
  const name = await world.importTunnel();
  await world.up(name);
  await world.down(name);
  await world.wayfare('remove', name);
  await waitFor(() => statesOf(name, heard).includes('removed'), { what: 'the removal to be told' });
  expect(statesOf(name, heard)).toEqual([
    'disconnected',
    'connecting',
    'connected',
    'disconnecting',
    'disconnected',
    'removed',
  ]);
});

it('tells_what_a_tunnel_has_failed_of', async () => {
  const heard = await subscribe('tunnels');
  const name = await world.importTunnel({ peerKey: await publicKeyOf(await newKey()) });
  await world.wayfare('up', name, '--timeout', '1');
  await waitFor(() => statesOf(name, heard).length === 4, { what: 'the failure to be told' });
  expect(statesOf(name, heard)).toEqual(['disconnected', 'connecting', 'disconnecting', 'error: handshake']);
});

it('tells_a_late_subscriber_the_present_state_at_once', async () => {
  const [up, down] = [await world.importTunnel(), await world.importTunnel()];
  await world.up(up);
  const heard = await subscribe('tunnels', 'traffic');
  expect([statesOf(up, heard), statesOf(down, heard)]).toEqual([['connected'], ['disconnected']]);
  const [traffic] = heard.filter((event) => event.event === 'traffic');
  expect(traffic).toMatchObject({ tunnels: [{ name: up }] });
});

it('tells_the_traffic_once_a_second_as_the_status_has_it', async () => {
  const name = await world.importTunnel();
  await world.up(name);
  const heard = await subscribe('traffic');
  await world.traveller.ping('10.70.0.1', { count: 5 });
  const { rxBytes, txBytes } = await world.statusOf(name);
  const samples = () => heard as TrafficEvent[];
  const latest = () =>
    samples()
      .at(-1)
      ?.tunnels.find((each) => each.name === name);
  await waitFor(() => latest()?.rxBytes === rxBytes && samples().length >= 4, {
    what: 'what has come so far',
  });
  expect(latest()).toEqual({
    name,
    rxBytes,
    txBytes,
    latestHandshake: expect.closeTo(Date.now() / 1_000, -1.5),
  });
  expect(samples()[0]!.tunnels[0]!.rxBytes).toBeLessThan(rxBytes);
  const gaps = samples().map(({ atMs }, i) => atMs - (samples()[i - 1]?.atMs ?? Number.NaN));
  for (const gap of gaps.slice(1)) expect(gap).toBeGreaterThan(950);
});

it('listens_on_no_network_port', async () => {
  const name = await world.importTunnel();
  await world.up(name);
  await subscribe('tunnels', 'traffic');
  for (const table of ['tcp', 'tcp6', 'raw', 'raw6']) {
    const [, ...sockets] = readFileSync(`/proc/${world.helper.pid}/net/${table}`, 'utf8').trim().split('\n');
    expect([table, sockets]).toEqual([table, []]);
  }
});
