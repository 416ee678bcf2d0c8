/** Tunnels that take some of the traffic, and have no kill switch: what becomes of their routes when something changes. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DISTANT_ADDRESS, networkOf, newKey, publicKeyOf, SERVER_PORT } from '../support/helper-world.ts';
import { LeakWorld, TARGETS } from '../support/leak-world.ts';
import { waitFor } from '../support/processes.ts';

const DISTANT_V6 = '2001:db8:51::1';
const [OTHER_GATEWAY, OTHER_ADDRESS, OTHER_GATEWAY_V6] = ['10.98.0.1', '10.98.0.2', 'fe80::98'];
/** One that is refused outside of tunnels while a full one is up. */
const DNS_OVER_TLS_PORT = 853;
/** As hosts in a cloud have it: on the link, but in none of its networks. */
const CLOUD_GATEWAY = '172.31.1.1';
const PREFIXES = '10.70.0.0/24, 203.0.113.0/24, 2001:db8:dead::/48';

const world = new LeakWorld();
let isTalking = false;

beforeAll(async () => {
  await world.open();
  const { traveller, server, link } = world;
  await server.ip(`addr add ${DISTANT_V6}/128 dev lo`);
  await server.ip(`addr add ${OTHER_GATEWAY}/24 dev ${link.b.interface}`);
  await server.ip(`addr add ${OTHER_GATEWAY_V6}/64 dev ${link.b.interface} nodad`);
  await traveller.ip(`addr add ${OTHER_ADDRESS}/24 dev ${link.a.interface}`);
  world.untouched = await networkOf(traveller);
});
afterEach(async () => {
  isTalking = false;
  await world.down();
});
afterAll(() => world.close());

/** Slow enough for the eavesdropper to miss nothing, and often enough that a gap of some milliseconds would show. */
async function talk(): Promise<void> {
  isTalking = true;
  while (isTalking) {
    await world.chatter.speak(TARGETS, 1);
    await delay(1);
  }
}

async function untilConnected(name: string): Promise<void> {
  await waitFor(async () => (await world.statusOf(name)).state === 'connected', { what: `${name} to be up` });
}

async function strangersKey(): Promise<string> {
  return publicKeyOf(await newKey());
}

async function expectTalkInClear(): Promise<void> {
  const before = world.sniffer.frames.length;
  await world.chatter.speak(TARGETS);
  await waitFor(() => world.sniffer.frames.length >= before + 40, { what: 'everything in clear' });
}

/** But for the address that the kernel gives to each device anew, and for its word of a TUN device that works. */
async function networkNow(): Promise<string> {
  const ofKernel = / ?fe80::[0-9a-f:]{15,}(\/64)?|( dev \S+ table local proto kernel metric 0.*)/g;
  return (await networkOf(world.traveller)).replace(ofKernel, '').replace(/ (UNKNOWN|UP) +/g, ' ');
}

describe('the way to an endpoint that the tunnel covers', () => {
  const ways = [
    {
      family: '-4',
      endpoint: `${DISTANT_ADDRESS}:${SERVER_PORT}`,
      host: DISTANT_ADDRESS,
      network: '198.51.100.0/24',
      gateway: () => world.link.b.v4,
      other: OTHER_GATEWAY,
    },
    {
      family: '-6',
      endpoint: `[${DISTANT_V6}]:${SERVER_PORT}`,
      host: DISTANT_V6,
      network: '2001:db8:51::/48',
      gateway: () => world.link.b.v6,
      other: OTHER_GATEWAY_V6,
    },
  ];

  it.each(ways)(
    'is_put_back_when_the_network_goes_and_comes_back_by_another_gateway_$family',
    async ({ family, endpoint, host, network, gateway, other }) => {
      const { traveller, link } = world;
      const name = await world.importTunnel({ allowedIps: `${network}, 10.71.0.0/24`, endpoint });
      await world.up(name);
      // What the kernel does to routes when a link goes down.
      await traveller.ip(`${family} route del default`);
      await traveller.ip(`${family} route del ${host}`);
      await traveller.ip(`${family} route add default via ${other} dev ${link.a.interface}`);
      await waitFor(async () => (await traveller.ip(`route get ${host}`)).includes(`via ${other}`), {
        what: 'the way outside',
      });
      expect(await traveller.ping('10.71.0.1')).toMatchObject({ received: 3 });
      await world.down(name);
      await traveller.ip(`${family} route replace default via ${gateway()} dev ${link.a.interface}`);
      await world.expectNothingLeft(name);
    },
  );

  it('leads_by_a_gateway_beyond_the_networks_of_the_link', async () => {
    const { traveller, server, link } = world;
    await server.ip(`addr add ${CLOUD_GATEWAY}/32 dev ${link.b.interface}`);
    await traveller.ip(`route replace default via ${CLOUD_GATEWAY} dev ${link.a.interface} onlink`);
    const name = await world.importTunnel({
      allowedIps: '198.51.100.0/24, 10.71.0.0/24',
      endpoint: `${DISTANT_ADDRESS}:${SERVER_PORT}`,
    });
    await world.up(name);
    expect(await traveller.ping('10.71.0.1')).toMatchObject({ received: 3 });
    await world.down(name);
    await traveller.ip(`route replace default via ${link.b.v4} dev ${link.a.interface}`);
    await world.expectNothingLeft(name);
  });

  it('is_none_while_the_link_is_down_and_found_by_the_next_helper_once_it_is_up', async () => {
    const { traveller, link } = world;
    const name = await world.importTunnel({
      allowedIps: '198.51.100.0/24, 10.71.0.0/24',
      endpoint: `${DISTANT_ADDRESS}:${SERVER_PORT}`,
    });
    await world.up(name);
    // So that it keeps its IPv6 addresses.
    await traveller.run('sysctl', ['-w', `net.ipv6.conf.${link.a.interface}.keep_addr_on_down=1`]);
    await traveller.ip(`link set ${link.a.interface} down`);
    await expect(traveller.ip(`route get ${DISTANT_ADDRESS}`)).rejects.toThrow('No route to host');
    await world.helper.stop('SIGKILL');
    world.helper = await world.startHelper();
    await traveller.ip(`link set ${link.a.interface} up`);
    await traveller.ip(`route add default via ${link.b.v4}`);
    await traveller.ip(`-6 route add default via ${link.b.v6}`);
    await untilConnected(name);
    expect(await traveller.ping('10.71.0.1')).toMatchObject({ received: 3 });
    await world.down(name);
    await world.expectNothingLeft(name);
  });
});

describe('beside a full tunnel without a kill switch', () => {
  it('is_answered_from_whatever_port_and_where_the_way_back_is_asked_for_strictly', async () => {
    const { traveller } = world;
    await traveller.run('sysctl', ['-w', 'net.ipv4.conf.all.rp_filter=1']);
    const peerKey = await world.startServer(DNS_OVER_TLS_PORT, ['fd72::1/64'], 'fd72::2/128');
    const full = await world.importTunnel({ allowedIps: '0.0.0.0/0' });
    const split = await world.importTunnel({
      allowedIps: 'fd72::/64',
      address: 'fd72::2/64',
      endpoint: `${DISTANT_ADDRESS}:${DNS_OVER_TLS_PORT}`,
      peerKey,
    });
    await world.wayfare('set', full, 'kill-switch', 'off');
    await world.up(full);
    await world.up(split);
    expect(await traveller.ping('fd72::1')).toMatchObject({ received: 3 });
    await world.down();
    await traveller.run('sysctl', ['-w', 'net.ipv4.conf.all.rp_filter=0']);
    await world.expectNothingLeft(split);
  });
});

describe('the death of the helper', () => {
  it('lets_nothing_of_the_tunnel_out_in_clear_until_the_next_one_has_it', async () => {
    const name = await world.importTunnel({ allowedIps: PREFIXES });
    await expectTalkInClear();
    await world.up(name);
    const before = await world.sniffer.countSince(0);
    const talking = talk();
    await world.helper.stop('SIGKILL');
    world.helper = await world.startHelper();
    await untilConnected(name);
    isTalking = false;
    await talking;
    expect(await world.sniffer.countSince(0)).toBe(before);
    expect(await world.traveller.ping('10.70.0.1')).toMatchObject({ received: 3 });
    await world.down(name);
    await expectTalkInClear();
    await world.expectNothingLeft(name);
  });

  const distant = `${DISTANT_ADDRESS}:${SERVER_PORT}`;
  const configs = {
    'one that covers its endpoint': {
      allowedIps: `10.70.0.0/24, 198.51.100.0/24, ${PREFIXES}`,
      address: '10.70.0.2/24, 10.70.0.3/24, 10.70.9.2/32, fd70::2/64, fe80::70/64',
      endpoint: distant,
    },
    'one that does not': { allowedIps: '10.70.0.0/24, 203.0.113.0/25', extra: 'MTU = 1300' },
    'one with a table': { allowedIps: '10.70.0.0/24', address: '10.70.0.3/24', extra: 'Table = 4242' },
    'one without routes': { allowedIps: '10.70.0.0/24', extra: 'Table = off' },
    'a full tunnel': { allowedIps: '0.0.0.0/0', endpoint: distant },
  };
  const names = Object.keys(configs) as (keyof typeof configs)[];
  it.each(names.map((from, i) => [from, names[(i + 1) % names.length]!] as const))(
    'where_the_config_changed_meanwhile_from_%s_to_%s_ends_as_the_config_says',
    async (from, to) => {
      const name = await world.importTunnel(configs[to]);
      const former = await world.importTunnel(configs[from]);
      const fileOf = (tunnel: string) => join(world.stateDir, 'tunnels', `${tunnel}.conf`);
      const config = readFileSync(fileOf(name));
      await world.up(name);
      const wanted = { network: await networkNow(), rules: await world.rules() };
      await world.down(name);
      copyFileSync(fileOf(former), fileOf(name));
      await world.up(name);
      await world.helper.stop('SIGKILL');
      writeFileSync(fileOf(name), config);
      world.helper = await world.startHelper();
      await untilConnected(name);
      await waitFor(
        async () => {
          expect(await networkNow()).toEqual(wanted.network);
          // What was guarded stays guarded until down.
          if (from === 'a full tunnel') expect(await world.rules()).toContain('policy drop');
          else expect(await world.rules()).toBe(wanted.rules);
          return true;
        },
        { what: 'the tunnel of the new config alone' },
      );
      await world.down(name);
      await world.expectNothingLeft(name);
    },
  );
});

describe('up --replace', () => {
  const covering = `${PREFIXES}, 198.51.100.0/24`;
  const distant = `${DISTANT_ADDRESS}:${SERVER_PORT}`;

  it.each([
    ['beside_the_tunnels', { allowedIps: PREFIXES }],
    ['in_what_they_take', { allowedIps: covering, endpoint: distant }],
  ])('with_endpoints_%s_lets_nothing_out_in_clear_between_the_two', async (_, options) => {
    const [first, second] = [await world.importTunnel(options), await world.importTunnel(options)];
    await expectTalkInClear();
    await world.up(first);
    const before = await world.sniffer.countSince(0);
    const talking = talk();
    expect(await world.wayfare('up', second, '--replace')).toMatchObject({ code: 0, stderr: '' });
    isTalking = false;
    await talking;
    expect(await world.sniffer.countSince(0)).toBe(before);
    expect(await world.traveller.ip('route show table all')).not.toContain('unreachable 203.0.113.0/24');
    expect(await world.traveller.ping('10.70.0.1')).toMatchObject({ received: 3 });
    await world.down();
    await expectTalkInClear();
    await world.expectNothingLeft(second);
  });

  it('leaves_nothing_where_the_second_fails', async () => {
    const first = await world.importTunnel({ allowedIps: PREFIXES });
    const stranger = await world.importTunnel({ allowedIps: PREFIXES, peerKey: await strangersKey() });
    await world.up(first);
    expect(await world.wayfare('up', stranger, '--replace', '--timeout', '1')).toMatchObject({ code: 1 });
    await expectTalkInClear();
    await world.expectNothingLeft(stranger);
  });

  it('leaves_nothing_where_the_helper_is_killed_meanwhile', async () => {
    const first = await world.importTunnel({ allowedIps: PREFIXES });
    const stranger = await world.importTunnel({ allowedIps: PREFIXES, peerKey: await strangersKey() });
    await world.up(first);
    const replacing = world.startWayfare('up', stranger, '--replace');
    const isHeld = async () => (await world.traveller.ip('route')).includes('unreachable 203.0.113.0/24');
    await waitFor(isHeld, { what: 'what is held' });
    await world.helper.stop('SIGKILL');
    await replacing.exited;
    expect(await isHeld()).toBe(true);
    world.helper = await world.startHelper();
    await world.down();
    await waitFor(async () => !(await isHeld()), { what: 'it to be open' });
    await expectTalkInClear();
    await world.expectNothingLeft(stranger);
  });
});
