// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { rivalsOf } from '../../../renderer/store/connection.ts';
import { CONF, staying } from '../helper/fake-world.ts';
import { TunnelsWorld } from '../helper/tunnels-world.ts';

const world = new TunnelsWorld();

const confOf = (allowedIps: string, table = '') =>
  CONF.replace(/AllowedIPs.*/, `AllowedIPs = ${allowedIps}`).replace('[Peer]', `${table}\n[Peer]`);

const CONFS = {
  part: confOf('10.8.0.0/16, 10.9.0.0/16'),
  'part of it': confOf('10.8.4.0/24'),
  'another part': confOf('10.10.0.0/16'),
  nothing: CONF.replace(/AllowedIPs.*\n/, ''),
  'all of IPv4': confOf('0.0.0.0/0'),
  'all of IPv6': confOf('::/0'),
  'all in halves': confOf('0.0.0.0/1, 128.0.0.0/1'),
  'a part without routes': confOf('10.8.0.0/16', 'Table = off'),
  'all without routes': confOf('0.0.0.0/0', 'Table = off'),
  'a part in a table': confOf('10.8.0.0/16', 'Table = 4242'),
  'all in a table': confOf('0.0.0.0/0', 'Table = 4242'),
};
const PAIRS = Object.keys(CONFS).flatMap((mine) =>
  Object.keys(CONFS).map((theirs) => [mine, theirs] as const),
);

it('a tunnel is in the way of another where the helper says so', async () => {
  const names = new Map(Object.keys(CONFS).map((what, i) => [what, `t${i}`]));
  for (const [what, name] of names) {
    await world.import(CONFS[what as keyof typeof CONFS], 'x.conf', `${name}`);
    await world.import(CONFS[what as keyof typeof CONFS], 'x.conf', `${name}-up`);
  }
  const { tunnels } = await world.tunnels.handlers.status({ name: null }, staying);
  const statusOf = (name: string) => tunnels.find((each) => each.name === name)!;
  let refusals = 0;
  for (const [mine, theirs] of PAIRS) {
    const [name, other] = [names.get(mine)!, `${names.get(theirs)!}-up`];
    const up = { ...statusOf(other), state: 'connected' as const }; // the engine of the fake world tells no allowed IPs
    const rivals = rivalsOf(statusOf(name), [statusOf(name), up]).map((each) => each.name);
    await world.up(other);
    const isRefused = await world.up(name).then(
      () => false,
      () => true,
    );
    expect([mine, theirs, rivals]).toEqual([mine, theirs, isRefused ? [other] : []]);
    refusals += Number(isRefused);
    await world.down(null);
  }
  expect(refusals).toBeGreaterThan(PAIRS.length / 4);
  expect(refusals).toBeLessThan(PAIRS.length);
});
