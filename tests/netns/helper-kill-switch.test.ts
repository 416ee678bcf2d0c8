/** The kill switch by itself, without routes of ours: the main table's default route leads out in clear. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { linuxFirewall as firewall } from '../../helper/firewall/linux.ts';
import { linuxNftCommand as nft } from '../../helper/firewall/nft-command.ts';
import { type ProtectedTunnel, policyFor } from '../../helper/firewall/policy.ts';
import { ruleset } from '../../helper/firewall/ruleset.ts';
import { linuxIpCommand } from '../../helper/network/ip-command.ts';
import { readLocalNetworks } from '../../helper/routes/local-networks.ts';
import { Chatter, type Target } from '../support/chatter.ts';
import {
  HOTEL,
  HOTEL_V6,
  type Hotel,
  MARK,
  openHotel,
  PORT,
  SERVER,
  SERVER_V6,
  SITE,
  SITE_V6,
  TRAVELLER,
  TRAVELLER_V6,
} from '../support/hotel.ts';
import { pingPacket, udpPacket } from '../support/inner-packets.ts';
import { inside } from '../support/inside.ts';
import { knock } from '../support/knock.ts';
import { sendPackets } from '../support/packet-socket.ts';
import { waitFor } from '../support/processes.ts';
import { sniff } from '../support/sniffer.ts';

const SITES: readonly Target[] = [{ address: SITE }, { address: SITE_V6 }];
const DNS_PORTS = [53, 137, 853, 5353, 5355];

let world: Hotel;
let chatter: Chatter;

const close = (options: Partial<ProtectedTunnel> = {}) =>
  inside(world.traveller, () =>
    firewall.apply({ lockdown: false, tunnels: [world.protectedTunnel(options)] }),
  );
const reset = () => inside(world.traveller, () => firewall.reset());
const rules = async () => (await world.traveller.run('nft', ['list', 'ruleset'])).stdout;

beforeAll(async () => {
  world = await openHotel();
  await world.startEngine('wayfare');
  chatter = await Chatter.open(world.traveller);
});
afterEach(async () => {
  await reset();
  expect(await rules()).toBe('');
});
afterAll(async () => {
  chatter?.close();
  await world?.close();
});

/** Everything that is said is heard without the kill switch, and nothing with it. */
async function expectSilence(work: () => Promise<unknown>, heardInClear: number): Promise<void> {
  expect(await world.clearDuring(work)).toHaveLength(heardInClear);
  await close();
  expect(await world.clearDuring(work)).toEqual([]);
}

describe('what leaves while it is closed', () => {
  it('not_what_programs_say_to_the_internet_and_the_local_network_in_both_families', async () => {
    const targets = [...SITES, { address: HOTEL }, { address: HOTEL_V6 }, { address: '255.255.255.255' }];
    await expectSilence(() => chatter.speak(targets), 20 * targets.length);
  });

  it('not_questions_for_names_to_the_local_resolver', async () => {
    const targets = DNS_PORTS.flatMap((port) => [
      { address: HOTEL, port },
      { address: HOTEL_V6, port },
    ]);
    await expectSilence(() => chatter.speak(targets, 2), 2 * targets.length);
    await close({ allowLan: true });
    expect(await chatter.speak(targets, 2)).toBe(0);
    const raw = DNS_PORTS.map((destinationPort) =>
      udpPacket({ source: TRAVELLER, destination: HOTEL, destinationPort }),
    );
    const send = () => sendPackets(world.traveller, world.card, raw);
    expect(await world.clearDuring(send)).toEqual([]);
  });

  it('not_what_raw_sockets_send_past_the_ip_stack', async () => {
    const packets = [
      udpPacket({ source: TRAVELLER, destination: SITE }),
      udpPacket({ source: TRAVELLER_V6, destination: SITE_V6 }),
      udpPacket({ source: TRAVELLER, destination: HOTEL, destinationPort: 53 }),
      udpPacket({ source: TRAVELLER, destination: SERVER, destinationPort: PORT }),
    ];
    const send = async () => {
      await sendPackets(world.traveller, world.card, packets);
      await sendPackets(world.traveller, world.card, packets, true);
    };
    await inside(world.traveller, async () => {
      const state = { lockdown: false, tunnels: [world.protectedTunnel()] };
      await nft.run(ruleset(policyFor(state, await readLocalNetworks(linuxIpCommand)), false));
    });
    expect(await world.clearDuring(send)).toHaveLength(2 * packets.length);
    await close();
    expect(await world.clearDuring(send)).toEqual([]);
  });

  it('not_a_socket_bound_to_the_card', () =>
    expectSilence(
      () => world.traveller.run('ping', ['-c1', '-W1', '-I', world.card, SITE]).catch(() => {}),
      1,
    ));

  it('the_tunnels_own_datagrams_alone_to_its_endpoint_and_by_its_mark', async () => {
    await close();
    await world.traveller.ip(`route add ${SITE} dev ${world.engine.name}`);
    await world.answersThroughTunnel();
    await world.traveller.ip(`route del ${SITE} dev ${world.engine.name}`);
    const endpoint = { address: SERVER, port: PORT };
    expect(await chatter.speak([endpoint])).toBe(0);
    const marked = await Chatter.open(world.traveller, MARK);
    expect(await marked.speak([endpoint, { address: SERVER_V6, port: PORT }], 1)).toBe(2);
    expect(await marked.speak([{ address: SERVER, port: PORT + 1 }, ...SITES], 1)).toBe(0);
    marked.close();
  });
});

describe('what passes while it is closed', () => {
  it('what_the_link_needs_dhcp_and_neighbour_discovery', async () => {
    const heard = async (filter: string, work: () => Promise<unknown>) => {
      const sniffer = await sniff(world.hotel, world.socket, { direction: 'in', filter });
      await work();
      return (await sniffer.stop()).length;
    };
    await close();
    for (const [from, address, port] of [
      [68, '255.255.255.255', 67],
      [546, `ff02::1:2%${world.card}`, 547],
    ] as const) {
      const client = await Chatter.open(world.traveller, 0, from);
      expect(await heard(`udp port ${port}`, () => client.speak([{ address, port }], 1))).toBe(1);
      client.close();
    }
    const lease = { source: '0.0.0.0', destination: '255.255.255.255', sourcePort: 68, destinationPort: 67 };
    const raw = [udpPacket(lease), solicitation(255), solicitation(64)];
    expect(await heard('udp port 67', () => sendPackets(world.traveller, world.card, raw))).toBe(1);
    expect(await heard('ip6[40] == 133', () => sendPackets(world.traveller, world.card, raw))).toBe(1);
    await close({ allowLan: true });
    for (const [namespace, device] of [
      [world.traveller, world.card],
      [world.hotel, world.socket],
    ] as const)
      await namespace.ip(`neigh flush dev ${device}`);
    expect(await world.traveller.ping(HOTEL_V6)).toMatchObject({ received: 3 });
  });

  it('the_private_networks_of_the_link_where_they_are_allowed_and_public_ones_never', async () => {
    await world.traveller.ip(`addr add 203.0.113.200/24 dev ${world.card}`);
    await world.traveller.ip(`neigh add ${SITE} lladdr 02:00:00:00:00:01 dev ${world.card}`);
    await close({ allowLan: true });
    expect(await world.clearDuring(() => chatter.speak(SITES))).toEqual([]);
    for (const address of [HOTEL, HOTEL_V6])
      expect(await world.traveller.ping(address)).toMatchObject({ received: 3 });
    expect(await world.hotel.ping(TRAVELLER)).toMatchObject({ received: 3 });
    await close();
    for (const address of [HOTEL, HOTEL_V6])
      expect(await world.traveller.ping(address, { waitMs: 200 })).toMatchObject({ received: 0 });
    expect(await world.hotel.ping(TRAVELLER, { waitMs: 200 })).toMatchObject({ received: 0 });
    await world.traveller.ip(`addr del 203.0.113.200/24 dev ${world.card}`);
  });

  it('nothing_else_and_programs_are_told_so', async () => {
    await close();
    const begun = performance.now();
    expect(await knock(world.traveller, SITE, 80)).toBe('EHOSTUNREACH');
    expect(await knock(world.traveller, SITE_V6, 80)).toBe('EACCES');
    expect(performance.now() - begun).toBeLessThan(3_000); // by the second try of TCP
  });

  it.each([
    ['its_link', 4, SERVER],
    ['its_link', 6, SERVER_V6],
    ['a_link_far_away', 6, SERVER_V6],
  ] as const)('the_tunnels_datagrams_in_fragments_that_fit_%s_over_ipv%i', async (place, _, outer) => {
    const setMtu = (mtu: number) => (place === 'its_link' ? world.setLinkMtu(mtu) : world.setUplinkMtu(mtu));
    await setMtu(1_280);
    await world.setEndpoint(outer);
    await world.traveller.ip(`route add ${SITE} dev ${world.engine.name}`);
    await close();
    // Both sides have to find out first what fits.
    const long = () => world.traveller.ping(SITE, { size: 1_380, waitMs: 500 });
    await waitFor(async () => (await long()).received === 3, { what: 'three long answers in a row' });
    await world.traveller.ip(`route del ${SITE} dev ${world.engine.name}`);
    await world.setEndpoint(SERVER);
    await setMtu(1_500);
    await world.traveller.ip('-6 route flush cache');
  });
});

describe('the tunnel', () => {
  it('never_gets_its_own_datagrams_whatever_the_routes_say', async () => {
    const marked = await Chatter.open(world.traveller, MARK);
    const looping = async () => {
      const inner = await sniff(world.traveller, world.engine.name, { filter: `udp port ${PORT}` });
      await marked.speak([{ address: SERVER, port: PORT }]);
      return (await inner.stop()).length;
    };
    await world.traveller.ip(`route add ${SERVER} dev ${world.engine.name}`);
    expect(await looping()).toBeGreaterThan(0);
    for (const killSwitch of [false, true]) {
      await close({ killSwitch });
      expect(await looping()).toBe(0);
    }
    await world.traveller.ip(`route del ${SERVER} dev ${world.engine.name}`);
    marked.close();
  });
});

/** A router solicitation. */
function solicitation(hopLimit: number): Uint8Array {
  const packet = pingPacket({ source: 'fe80::2', destination: 'ff02::2' });
  packet[7] = hopLimit;
  packet[40] = 133;
  return packet;
}
