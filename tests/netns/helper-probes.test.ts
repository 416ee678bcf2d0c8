/** What somebody on the local network can find out about the tunnel, and do to it, by sending things. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { linuxFirewall as firewall } from '../../helper/firewall/linux.ts';
import type { ProtectedTunnel } from '../../helper/firewall/policy.ts';
import { linuxFullTunnelRouting as routing } from '../../helper/routes/linux-full-tunnel.ts';
import {
  type Hotel,
  openHotel,
  SITE,
  TRAVELLER,
  TRAVELLER_V6,
  TUNNEL_ADDRESS,
  TUNNEL_ADDRESS_V6,
} from '../support/hotel.ts';
import { inside } from '../support/inside.ts';
import { knock } from '../support/knock.ts';
import { waitFor } from '../support/processes.ts';
import { sniff } from '../support/sniffer.ts';

let world: Hotel;

const apply = (options: Partial<ProtectedTunnel> = {}) =>
  inside(world.traveller, () =>
    firewall.apply({ lockdown: false, tunnels: [world.protectedTunnel(options)] }),
  );

beforeAll(async () => {
  world = await openHotel();
  await world.startEngine('wayfare');
  await world.hotel.ip(`route add ${TUNNEL_ADDRESS} via ${TRAVELLER}`);
  await world.hotel.ip(`route add ${TUNNEL_ADDRESS_V6} via ${TRAVELLER_V6}`);
});
afterEach(() => inside(world.traveller, () => firewall.reset()));
afterAll(() => world?.close());

describe('CVE-2019-14899', () => {
  const ADDRESSES = [TUNNEL_ADDRESS, TUNNEL_ADDRESS_V6];
  const probe = async () => {
    for (const address of ADDRESSES) {
      await world.hotel.ping(address, { count: 1, waitMs: 200 });
      await knock(world.hotel, address, 443, 200);
    }
  };

  it.each([
    ['closed', { killSwitch: true }],
    ['closed_but_for_the_local_network', { killSwitch: true, allowLan: true }],
    ['open', { killSwitch: false }],
  ] as const)('packets_to_the_tunnels_address_are_not_answered_while_%s', async (_, options) => {
    expect(await world.clearDuring(probe)).toHaveLength(4);
    await apply(options);
    expect(await world.clearDuring(probe)).toEqual([]);
    await world.traveller.ip(`route add ${SITE} dev ${world.engine.name}`);
    await world.answersThroughTunnel();
    await world.traveller.ip(`route del ${SITE}`);
  });

  it('the_machine_itself_and_the_tunnel_reach_the_tunnels_address', async () => {
    await apply();
    for (const address of ADDRESSES) {
      expect(await world.traveller.ping(address)).toMatchObject({ received: 3 });
      expect(await world.internet.ping(address)).toMatchObject({ received: 3 });
    }
  });
});

describe('ARP', () => {
  it('for_the_tunnels_address_is_not_answered_and_for_the_cards_it_is', async () => {
    const answers = async () => {
      const sniffer = await sniff(world.hotel, world.socket, { direction: 'in', filter: 'arp[6:2] == 2' });
      for (const address of [TUNNEL_ADDRESS, TRAVELLER]) {
        await world.hotel.ip(`neigh flush dev ${world.socket}`);
        await world.hotel.ping(address, { count: 1, waitMs: 200 });
      }
      return (await sniffer.stop()).map((frame) => [...frame.subarray(28, 32)].join('.'));
    };
    await world.hotel.ip(`route replace ${TUNNEL_ADDRESS} dev ${world.socket}`);
    expect(await answers()).toEqual([TUNNEL_ADDRESS, TRAVELLER]);
    for (const killSwitch of [true, false]) {
      await apply({ killSwitch });
      expect(await answers()).toEqual([TRAVELLER]);
    }
    await world.hotel.ip(`route replace ${TUNNEL_ADDRESS} via ${TRAVELLER}`);
  });
});

describe('rp_filter', () => {
  const setRpFilter = (value: number) =>
    world.traveller.run('sysctl', [
      '-qw',
      ...['all', 'default', world.card].map((name) => `net.ipv4.conf.${name}.rp_filter=${value}`),
    ]);
  const marks = async () =>
    (await world.traveller.run('sysctl', ['-n', 'net.ipv4.conf.all.src_valid_mark'])).stdout.trim();

  /** The router has to ask for the card's address again, and the tunnel for a session. */
  const isAlive = async () => {
    await world.hotel.ip(`neigh flush dev ${world.socket}`);
    await world.renewSession();
    return (await world.traveller.ping(SITE, { count: 3, waitMs: 500 })).received > 0;
  };

  it.each([0, 1, 2])('of_%i_lets_answers_fragments_and_the_routers_questions_in', async (value) => {
    await setRpFilter(value);
    await inside(world.traveller, () => routing.apply(world.fullTunnel()));
    if (value === 1) expect(await isAlive()).toBe(false);
    const settings = await inside(world.traveller, () => routing.settingsToChange());
    expect(settings).toEqual(value === 1 ? [{ name: 'net.ipv4.conf.all.src_valid_mark', before: '0' }] : []);
    await inside(world.traveller, () => routing.changeSettings(settings));
    for (const killSwitch of [false, true]) {
      await apply({ killSwitch });
      expect(await isAlive()).toBe(true);
    }
    // Where nothing tracks connections, fragments come as they are.
    await apply({ killSwitch: false });
    await world.setLinkMtu(1_280);
    const long = () => world.traveller.ping(SITE, { size: 1_380, waitMs: 500 });
    await waitFor(async () => (await long()).received === 3, { what: 'three long answers in a row' });
    await world.setLinkMtu(1_500);
    await inside(world.traveller, () => routing.remove());
    await inside(world.traveller, () => routing.restoreSettings(settings));
    expect(await marks()).toBe('0');
    await setRpFilter(0);
  });

  it('leaves_a_setting_that_somebody_else_has_changed_meanwhile', async () => {
    const name = 'net.ipv4.conf.all.src_valid_mark';
    await world.traveller.run('sysctl', ['-qw', `${name}=0`]);
    await inside(world.traveller, () => routing.restoreSettings([{ name, before: '1' }]));
    expect(await marks()).toBe('0');
  });
});
