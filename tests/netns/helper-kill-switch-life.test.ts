/** The life of the kill switch: rules are swapped, processes die, devices come and go, and `reset` ends it all. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createLinuxFirewall, linuxFirewall as firewall } from '../../helper/firewall/linux.ts';
import { linuxNftCommand as nft } from '../../helper/firewall/nft-command.ts';
import { type ProtectedTunnel, policyFor } from '../../helper/firewall/policy.ts';
import { removalOf, ruleset } from '../../helper/firewall/ruleset.ts';
import { linuxIpCommand } from '../../helper/network/ip-command.ts';
import { readLocalNetworks } from '../../helper/routes/local-networks.ts';
import { Chatter, type Target } from '../support/chatter.ts';
import { type Hotel, openHotel, SITE, SITE_V6, TRAVELLER } from '../support/hotel.ts';
import { udpPacket } from '../support/inner-packets.ts';
import { inside } from '../support/inside.ts';
import { connectNamespaces } from '../support/netns.ts';
import { PacketSocket, sendPackets } from '../support/packet-socket.ts';
import { sniff } from '../support/sniffer.ts';

const SITES: readonly Target[] = [{ address: SITE }, { address: SITE_V6 }];
const PACKET = udpPacket({ source: TRAVELLER, destination: SITE });
const BURST = Array.from({ length: 60 }, () => PACKET);
const FOREIGN = 'table inet somebody { chain theirs { type filter hook input priority 5; }; }';

let world: Hotel;
let chatter: Chatter;

const apply = (...tunnels: readonly ProtectedTunnel[]) =>
  inside(world.traveller, () => firewall.apply({ lockdown: false, tunnels }));
const lockdown = (...tunnels: readonly ProtectedTunnel[]) =>
  inside(world.traveller, () => firewall.apply({ lockdown: true, tunnels }));
const reset = () => inside(world.traveller, () => firewall.reset());
const rules = async () => (await world.traveller.run('nft', ['list', 'ruleset'])).stdout;
const heard = () => world.clearDuring(() => chatter.speak(SITES));

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

describe('a swap of rules', () => {
  const SWAPS = 200;

  interface Heard {
    readonly clear: readonly string[];
    /** How often somebody tried. */
    readonly tried: number;
  }

  /** What is heard of programs and of raw sockets while rules change. */
  async function heardDuring(swaps: number, scripts: readonly string[]): Promise<Heard> {
    const raw = await PacketSocket.open(world.traveller, world.card);
    let tried = 0;
    const clear = await world.clearDuring(async () => {
      const before = chatter.hush();
      const speaking = chatter.keepSpeaking(SITES, () => raw.send(BURST));
      await inside(world.traveller, async () => {
        for (let i = 0; i < swaps; i++) await nft.run(scripts[i % scripts.length]!);
      });
      tried = chatter.hush() - before;
      await speaking;
    });
    raw.close();
    return { clear, tried };
  }

  const scriptFor = (options: Partial<ProtectedTunnel>) =>
    inside(world.traveller, async () => {
      const state = { lockdown: false, tunnels: [world.protectedTunnel(options)] };
      return ruleset(policyFor(state, await readLocalNetworks(linuxIpCommand)), true);
    });

  it('lets_nothing_out_200_times_where_removing_first_does', async () => {
    const [connecting, connected] = [
      await scriptFor({ state: 'connecting', device: null }),
      await scriptFor({ state: 'connected', allowLan: true }),
    ];
    await apply(world.protectedTunnel());
    const removed = await heardDuring(20, [removalOf(['inet wayfare', 'netdev wayfare']), connected]);
    expect(removed.clear.length).toBeGreaterThan(0);
    await apply(world.protectedTunnel());
    const swapped = await heardDuring(SWAPS, [connecting, connected]);
    expect(swapped.tried).toBeGreaterThan(1_000);
    expect(swapped.clear).toEqual([]);
  });
});

describe('the kill switch', () => {
  it('holds_while_the_engine_is_killed_and_until_the_tunnel_is_taken_down', async () => {
    expect((await heard()).length).toBeGreaterThanOrEqual(40);
    await world.traveller.ip(`route add ${SITE} dev ${world.engine.name}`);
    await apply(world.protectedTunnel());
    await world.answersThroughTunnel();
    const clear = await world.clearDuring(async () => {
      const speaking = chatter.keepSpeaking(SITES);
      world.engine.child.signal('SIGKILL');
      await world.engine.child.exited;
      await chatter.speak(SITES);
      chatter.hush();
      await speaking;
    });
    expect(clear).toEqual([]);
    await apply(world.protectedTunnel({ state: 'error', device: null, endpoints: [] }));
    expect(await heard()).toEqual([]);
    await apply(world.protectedTunnel({ state: 'disconnected', device: null, endpoints: [] }));
    expect(await rules()).toBe('');
    expect((await heard()).length).toBeGreaterThanOrEqual(40);
    await world.startEngine('wayfare');
  });

  it('is_open_for_a_split_tunnel_and_for_a_full_one_that_has_it_off', async () => {
    await apply(world.protectedTunnel({ isFull: false, killSwitch: false }));
    expect(await rules()).toBe('');
    await apply(world.protectedTunnel({ killSwitch: false }));
    expect((await heard()).length).toBeGreaterThanOrEqual(40);
    expect(await chatter.speak([{ address: SITE, port: 53 }])).toBe(0);
  });

  it('closes_what_is_plugged_in_later_once_it_is_applied_again', async () => {
    const late = await connectNamespaces(world.traveller, world.hotel);
    const clear = async () => {
      const sniffer = await sniff(world.hotel, late.b.interface, { direction: 'in', filter: `host ${SITE}` });
      await world.traveller.ip(`route replace ${SITE} via ${late.b.v4} dev ${late.a.interface}`);
      await chatter.speak([{ address: SITE }]);
      await sendPackets(world.traveller, late.a.interface, [PACKET]);
      await world.traveller.ip(`route del ${SITE}`);
      return (await sniffer.stop()).length;
    };
    expect(await clear()).toBe(21);
    await world.traveller.ip(`link set ${late.a.interface} down`);
    await apply(world.protectedTunnel());
    await world.traveller.ip(`link set ${late.a.interface} up`);
    expect(await clear()).toBe(0);
    await world.traveller.ip(`link del ${late.a.interface}`);
    await apply(world.protectedTunnel());
    expect(await heard()).toEqual([]);
  });

  it('stands_where_a_device_goes_while_it_is_applied', async () => {
    const fickle = async (words: readonly string[]) => {
      const answer = await linuxIpCommand.query(words);
      if (words.includes('link')) await world.traveller.ip('link del fickle').catch(() => {});
      return answer;
    };
    await world.traveller.ip('link add fickle type veth peer name fickle-peer');
    const racing = createLinuxFirewall(nft, { ...linuxIpCommand, query: fickle });
    await inside(world.traveller, () =>
      racing.apply({ lockdown: false, tunnels: [world.protectedTunnel()] }),
    );
    expect(await rules()).toContain(`"${world.card}"`);
    expect(await heard()).toEqual([]);
  });

  it('leaves_the_rules_of_others_alone', async () => {
    await inside(world.traveller, () => nft.run(FOREIGN));
    const before = await rules();
    await apply(world.protectedTunnel());
    await reset();
    expect(await rules()).toBe(before);
    await inside(world.traveller, () => nft.run('delete table inet somebody'));
  });
});

describe('lockdown', () => {
  it('closes_everything_without_a_tunnel', async () => {
    expect((await heard()).length).toBeGreaterThanOrEqual(40);
    await lockdown();
    expect(await heard()).toEqual([]);
  });

  it('lets_a_tunnel_come_up_whose_kill_switch_is_off', async () => {
    await world.traveller.ip(`route add ${SITE} dev ${world.engine.name}`);
    await lockdown(world.protectedTunnel({ killSwitch: false, isFull: false }));
    await world.answersThroughTunnel();
    await world.traveller.ip(`route del ${SITE} dev ${world.engine.name}`);
    expect(await heard()).toEqual([]);
  });
});

describe('reset', () => {
  it.each([
    ['nothing', ''],
    ['one table of three', 'add table inet wayfare'],
    ['tables that are not as we make them', 'table inet wayfare { set s { type ipv4_addr; }; chain c { }; }'],
    ['an older kernel', 'add table arp wayfare; add table netdev wayfare'],
  ])('from %s', async (_, script) => {
    await inside(world.traveller, () => nft.run(script));
    await reset();
    expect(await rules()).toBe('');
    await apply(world.protectedTunnel());
    await reset();
    await reset();
    expect(await rules()).toBe('');
  });
});
