/** Containers behind a bridge, as Docker and libvirt make them: they stay reachable, and leave by the tunnel alone. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { linuxFirewall as firewall } from '../../helper/firewall/linux.ts';
import type { ProtectedTunnel } from '../../helper/firewall/policy.ts';
import { linuxFullTunnelRouting as routing } from '../../helper/routes/linux-full-tunnel.ts';
import { Chatter } from '../support/chatter.ts';
import { HOTEL, HOTEL_V6, type Hotel, openHotel, SITE, SITE_V6, TRAVELLER } from '../support/hotel.ts';
import { inside } from '../support/inside.ts';
import { knock } from '../support/knock.ts';
import { createNamespace, type Namespace } from '../support/netns.ts';

const BRIDGE = 'docker0';
const HOST = { v4: '172.17.0.1', v6: 'fd17::1' };
const FIRST = { v4: '172.17.0.2', v6: 'fd17::2' };
const SECOND = { v4: '172.17.0.3', v6: 'fd17::3' };
/** What Docker itself sets up. */
const MASQUERADE = `table inet docker {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    ip saddr 172.17.0.0/16 oifname != "${BRIDGE}" masquerade
    ip6 saddr fd17::/64 oifname != "${BRIDGE}" masquerade
  }
}`;

let world: Hotel;
let containers: Namespace[];
let chatter: Chatter;

const close = (options: Partial<ProtectedTunnel> = {}) =>
  inside(world.traveller, () =>
    firewall.apply({ lockdown: false, tunnels: [world.protectedTunnel(options)] }),
  );
const route = (allowLan = false) =>
  inside(world.traveller, () => routing.apply(world.fullTunnel({ allowLan })));

async function startContainer(label: string, { v4, v6 }: typeof FIRST): Promise<Namespace> {
  const container = await createNamespace(label);
  await world.traveller.ip(`link add ${label} type veth peer name eth0 netns ${container.name}`);
  await world.traveller.ip(`link set ${label} master ${BRIDGE} up`);
  await container.ip(`addr add ${v4}/16 dev eth0`);
  await container.ip(`addr add ${v6}/64 dev eth0 nodad`);
  await container.ip('link set eth0 up');
  for (const gateway of [HOST.v4, HOST.v6]) await container.ip(`route add default via ${gateway}`);
  return container;
}

beforeAll(async () => {
  world = await openHotel();
  await world.startEngine('wayfare');
  const { traveller } = world;
  await traveller.run('sysctl', ['-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']);
  await traveller.ip(`link add ${BRIDGE} type bridge mcast_snooping 0`);
  await traveller.ip(`link set ${BRIDGE} up`);
  await traveller.ip(`addr add ${HOST.v4}/16 dev ${BRIDGE}`);
  await traveller.ip(`addr add ${HOST.v6}/64 dev ${BRIDGE} nodad`);
  await traveller.run('nft', ['-f', '-'], { input: MASQUERADE });
  containers = [await startContainer('first', FIRST), await startContainer('second', SECOND)];
  chatter = await Chatter.open(containers[0]!);
});
afterEach(() =>
  inside(world.traveller, async () => {
    await firewall.reset();
    await routing.remove();
  }),
);
afterAll(async () => {
  chatter?.close();
  await Promise.all(containers?.map((container) => container.close()) ?? []);
  await world?.close();
});

describe('containers', () => {
  const SITES = [{ address: SITE }, { address: SITE_V6 }];
  const DNS = [
    { address: HOTEL, port: 53 },
    { address: HOTEL_V6, port: 53 },
  ];

  it('that_speak_to_the_internet_are_heard_without_protection_and_not_with_it', async () => {
    const words = () => chatter.speak([...SITES, ...DNS]);
    expect((await world.clearDuring(words)).length).toBeGreaterThanOrEqual(80);
    await close();
    expect(await world.clearDuring(words)).toEqual([]);
    await close({ allowLan: true });
    expect(await world.clearDuring(words)).toEqual([]);
  });

  it('that_speak_to_the_internet_go_through_the_tunnel_by_routing_alone', async () => {
    await route();
    expect(await world.clearDuring(() => chatter.speak([...SITES, ...DNS]))).toEqual([]);
    for (const { address } of SITES)
      expect(await containers[0]!.ping(address)).toMatchObject({ received: 3 });
  });

  it.each([0, 1, 2])('reach_the_tunnel_the_host_and_each_other_with_rp_filter_%i', async (value) => {
    const names = ['all', 'default', BRIDGE, world.card, world.engine.name];
    const values = names.map((name) => `net.ipv4.conf.${name}.rp_filter=${value}`);
    await world.traveller.run('sysctl', ['-qw', ...values]);
    const settings = await inside(world.traveller, () => routing.settingsToChange());
    await inside(world.traveller, () => routing.changeSettings(settings));
    await close();
    await route();
    const clear = await world.clearDuring(async () => {
      await world.answersThroughTunnel();
      const [first, second] = containers as [Namespace, Namespace];
      for (const [from, target] of [
        [first, SITE],
        [first, SITE_V6],
        [first, HOST.v4],
        [first, HOST.v6],
        [first, SECOND.v4],
        [second, FIRST.v6],
        [world.traveller, FIRST.v4],
        [world.traveller, FIRST.v6],
      ] as const)
        expect([target, await from.ping(target)]).toMatchObject([target, { received: 3 }]);
      // Whether a container serves names is between it and this machine.
      expect(await knock(world.traveller, FIRST.v4, 53)).toBe('ECONNREFUSED');
    });
    expect(clear).toEqual([]);
    await inside(world.traveller, () => routing.restoreSettings(settings));
  });

  it('reach_the_local_network_where_this_machine_may_and_are_reached_from_it', async () => {
    await world.hotel.ip(`route add ${FIRST.v4} via ${TRAVELLER}`);
    const [first] = containers as [Namespace, Namespace];
    await close();
    await route();
    expect(await first.ping(HOTEL, { waitMs: 200 })).toMatchObject({ received: 0 });
    expect(await world.hotel.ping(FIRST.v4, { waitMs: 200 })).toMatchObject({ received: 0 });
    await close({ allowLan: true });
    await route(true);
    expect(await first.ping(HOTEL)).toMatchObject({ received: 3 });
    expect(await world.hotel.ping(FIRST.v4)).toMatchObject({ received: 3 });
    await world.hotel.ip(`route del ${FIRST.v4}`);
  });
});

describe('a bridge with a card in it', () => {
  it('is_no_place_for_containers', async () => {
    const bridged = await openHotel();
    const words = await Chatter.open(bridged.traveller);
    const talk = () => bridged.clearDuring(() => words.speak([{ address: SITE }, { address: HOTEL }]));
    try {
      await bridged.startEngine('wayfare');
      await bridged.traveller.ip('link add br0 type bridge');
      await bridged.traveller.ip('link set br0 up');
      await bridged.traveller.ip(`addr flush dev ${bridged.card}`);
      await bridged.traveller.ip(`link set ${bridged.card} master br0`);
      await bridged.traveller.ip(`addr add ${TRAVELLER}/24 dev br0`);
      await bridged.traveller.ip(`route add default via ${HOTEL}`);
      expect((await talk()).length).toBeGreaterThanOrEqual(40);
      await inside(bridged.traveller, () =>
        firewall.apply({ lockdown: false, tunnels: [bridged.protectedTunnel()] }),
      );
      expect(await talk()).toEqual([]);
      await bridged.traveller.ip(`route add ${SITE} dev ${bridged.engine.name}`);
      await bridged.answersThroughTunnel();
    } finally {
      words.close();
      await bridged.close();
    }
  });
});
