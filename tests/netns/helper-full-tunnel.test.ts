/** Full-tunnel routing by itself, without a firewall, in the network of somebody hostile. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { linuxFullTunnelRouting as routing } from '../../helper/routes/linux-full-tunnel.ts';
import { Chatter, type Target } from '../support/chatter.ts';
import { networkOf } from '../support/helper-world.ts';
import {
  HOTEL,
  HOTEL_V6,
  type Hotel,
  MARK,
  openHotel,
  PORT,
  SERVER,
  SITE,
  SITE_V6,
} from '../support/hotel.ts';
import { inside } from '../support/inside.ts';
import { sniff } from '../support/sniffer.ts';

const SITES: readonly Target[] = [{ address: SITE }, { address: SITE_V6 }];

let world: Hotel;
let chatter: Chatter;
/** The traveller's network without a tunnel's rules. */
let untouched: string;

const apply = (options: Parameters<Hotel['fullTunnel']>[0] = {}) =>
  inside(world.traveller, () => routing.apply(world.fullTunnel(options)));
const remove = () => inside(world.traveller, () => routing.remove());

beforeAll(async () => {
  world = await openHotel();
  await world.startEngine('wayfare');
  chatter = await Chatter.open(world.traveller);
  untouched = await networkOf(world.traveller);
});
afterEach(async () => {
  await remove();
  expect(await networkOf(world.traveller)).toBe(untouched);
});
afterAll(async () => {
  chatter?.close();
  await world?.close();
});

/** Adds what a hostile network asks for, and takes it back. @param changes each an `ip … add …` */
async function underAttack(changes: readonly string[], work: () => Promise<unknown>): Promise<void> {
  for (const change of changes) await world.traveller.ip(change);
  try {
    await work();
  } finally {
    for (const change of [...changes].reverse()) await world.traveller.ip(change.replace(' add ', ' del '));
  }
}

/** The same words in the same network, with wg-quick's rules and with ours. */
async function expectOnlyOursToHold(targets: readonly Target[]): Promise<void> {
  await world.startUsualRouting();
  const usual = await world.clearDuring(() => chatter.speak(targets));
  await world.stopUsualRouting();
  expect(usual.length).toBeGreaterThan(10 * targets.length);
  await apply();
  expect(await world.clearDuring(() => chatter.speak(targets))).toEqual([]);
}

describe('in a hostile network', () => {
  it('TunnelVision: routes_of_dhcp_option_121_and_of_router_advertisements_pull_nothing_out', () =>
    underAttack(
      [
        `route add 0.0.0.0/1 via ${HOTEL}`,
        `route add 128.0.0.0/1 via ${HOTEL}`,
        `route add 203.0.113.0/24 via ${HOTEL}`,
        `route add 2001:db8:7::/48 via ${HOTEL_V6}`,
      ],
      async () => {
        await expectOnlyOursToHold(SITES);
        await world.answersThroughTunnel(SITE);
        await world.answersThroughTunnel(SITE_V6);
      },
    ));

  it('LocalNet: a_public_subnet_on_the_link_pulls_nothing_out', () =>
    underAttack(
      [
        `addr add 203.0.113.200/24 dev ${world.card}`,
        `addr add 2001:db8:7::200/64 dev ${world.card} nodad`,
        `neigh add ${SITE} lladdr 02:00:00:00:00:01 dev ${world.card}`,
        `neigh add ${SITE_V6} lladdr 02:00:00:00:00:01 dev ${world.card}`,
      ],
      async () => {
        await expectOnlyOursToHold(SITES);
        await apply({ allowLan: true });
        expect(await world.clearDuring(() => chatter.speak(SITES))).toEqual([]);
      },
    ));

  it('ServerIP: what_programs_send_to_the_servers_address_goes_into_the_tunnel', async () => {
    const targets = [
      { address: SERVER, port: 80 },
      { address: SERVER, port: PORT },
    ];
    const pinned = `rule add to ${SERVER} lookup main priority 32000`;
    await apply();
    await underAttack([pinned], async () => {
      expect((await world.clearDuring(() => chatter.speak(targets))).length).toBeGreaterThan(0);
    });
    expect(await world.clearDuring(() => chatter.speak(targets))).toEqual([]);
    await world.answersThroughTunnel(SERVER);
  });

  it('a_socket_bound_to_the_card_does_not_pass_the_tunnel', async () => {
    // NOTE: of IPv6. For IPv4 the kernel takes every address for a neighbour that such a socket has no route to: that is
    // for the kill switch.
    const ping = () => world.traveller.run('ping', ['-c1', '-W1', '-I', world.card, SITE_V6]).catch(() => {});
    await world.startUsualRouting();
    expect(await world.clearDuring(ping)).toEqual([`58 to ${SITE_V6}`]);
    await world.stopUsualRouting();
    await apply();
    expect(await world.clearDuring(ping)).toEqual([]);
  });

  it.each([
    ['IPv6', '0.0.0.0/0', 4, SITE_V6],
    ['IPv4', '::/0', 6, SITE],
  ] as const)('%s_of_a_config_that_has_only_%s_is_closed', async (_, prefix, family, target) => {
    await world.startUsualRouting([family]);
    const usual = await world.clearDuring(() => chatter.speak([{ address: target }]));
    await world.stopUsualRouting([family]);
    expect(usual.length).toBeGreaterThanOrEqual(20);
    await apply({ prefixes: [prefix] });
    expect(await world.clearDuring(() => chatter.speak([{ address: target }]))).toEqual([]);
    expect(await chatter.speak([{ address: target }])).toBe(0);
  });
});

describe('the tunnel', () => {
  it.each([
    ['0.0.0.0/0', '::/0'],
    ['0.0.0.0/1', '128.0.0.0/1'],
  ])('of %s, %s does_not_swallow_its_endpoint', async (...prefixes) => {
    const swallowed = async (work: () => Promise<unknown>) => {
      const inner = await sniff(world.traveller, world.engine.name, { filter: `udp port ${PORT}` });
      await work();
      return inner.stop();
    };
    const handshake = async () => {
      await world.renewSession();
      await world.answersThroughTunnel();
    };
    await apply({ prefixes });
    expect(await swallowed(handshake)).toEqual([]);
    const looping = `rule add fwmark ${MARK} lookup 51820 priority 32000`;
    await underAttack([looping], async () => {
      expect(await swallowed(() => world.renewSession())).not.toEqual([]);
    });
  });

  it('does_not_swallow_its_endpoint_when_the_way_to_it_is_lost', async () => {
    await apply();
    await world.traveller.ip(`route del default via ${HOTEL}`);
    const inner = await sniff(world.traveller, world.engine.name, { filter: `udp port ${PORT}` });
    await world.renewSession();
    expect(await inner.stop()).toEqual([]);
    await world.traveller.ip(`route add default via ${HOTEL}`);
    await world.answersThroughTunnel();
  });

  it('lets_a_new_network_find_its_gateway', async () => {
    await apply();
    for (const [family, gateway] of [
      ['-4', HOTEL],
      ['-6', HOTEL_V6],
    ]) {
      await world.traveller.ip(`${family} route del default`);
      await world.traveller.ip(`${family} route add default via ${gateway}`);
      expect(await world.traveller.ip(`${family} route show default`)).toContain(`dev ${world.card}`);
    }
    await world.answersThroughTunnel();
  });

  it('whose_engine_is_killed_leaves_the_way_out_unreachable', async () => {
    const others = await openHotel();
    const words = await Chatter.open(others.traveller);
    const killed = () =>
      others.clearDuring(async () => {
        const speaking = words.keepSpeaking(SITES);
        others.engine.child.signal('SIGKILL');
        await others.engine.child.exited;
        await words.speak(SITES);
        words.hush();
        await speaking;
      });
    try {
      await others.startEngine('wayfare');
      await others.startUsualRouting();
      expect((await killed()).length).toBeGreaterThan(20);
      await others.stopUsualRouting();
      await others.startEngine('wayfare');
      await inside(others.traveller, () => routing.apply(others.fullTunnel()));
      await others.answersThroughTunnel();
      expect(await killed()).toEqual([]);
      await inside(others.traveller, () => routing.remove());
    } finally {
      words.close();
      await others.close();
    }
  });
});
