/** The engine on a network that changes under it: roaming, source addresses, routes, ports and obstacles. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ContinuousPing } from '../support/continuous-ping.ts';
import { connectNamespaces } from '../support/netns.ts';
import { type Sniffer, sniff } from '../support/sniffer.ts';
import { addSecondAddress, measureSourceRemoval, type SourceRemoval } from '../support/source-removal.ts';
import { transferTcp } from '../support/tcp-transfer.ts';
import { createTunnelPair, type TunnelEnd, type TunnelPair } from '../support/tunnel-pair.ts';
import { packetOfCookedFrame, readDatagrams, sourceAddress } from '../support/wireguard-frames.ts';

let pair: TunnelPair;
/** The engine under test. */
let ours: TunnelEnd;
let theirs: TunnelEnd;
beforeEach(async () => {
  pair = await createTunnelPair('wayfare', 'wireguard-go');
  ours = pair.left;
  theirs = pair.right;
});
afterEach(() => pair?.close());

async function expectAnswers(): Promise<void> {
  expect(await ours.namespace.ping(theirs.v4)).toMatchObject({ sent: 3, received: 3 });
  expect(await theirs.namespace.ping(ours.v6)).toMatchObject({ sent: 3, received: 3 });
}

async function endpointAt({ engine }: TunnelEnd): Promise<string | undefined> {
  return (await engine.show('endpoints')).split('\t')[1];
}

/** What our engine puts on the wire, as the other end sees it. */
function sniffOurs(): Promise<Sniffer> {
  return sniff(theirs.namespace, theirs.link.interface, { direction: 'in', filter: 'udp' });
}

describe('roaming', () => {
  it('the_responder_learns_the_endpoint', async () => {
    await pair.configure({ initiator: 'right' });
    expect(await endpointAt(ours)).toBe('(none)');
    await pair.establish('right');
    expect(await endpointAt(ours)).toBe(await pair.endpointOf(theirs));
  });

  it('we_follow_an_end_that_has_moved', async () => {
    await pair.configure();
    await pair.establish();
    const moved = await addSecondAddress(theirs);
    const ping = new ContinuousPing(theirs.namespace, ours.v4);
    await ping.answers();
    // wireguard-go would hold on to the old address for 15 s: it lets go of it here.
    await theirs.namespace.ip(`link set ${theirs.engine.name} down`);
    await theirs.namespace.ip(`addr del ${theirs.link.v4}/24 dev ${theirs.link.interface}`);
    await theirs.namespace.ip(`link set ${theirs.engine.name} up`);
    await theirs.engine.set(`peer ${ours.keys.public} endpoint ${await pair.endpointOf(ours)}`);
    await ping.answers();
    await ping.stop();
    expect(await endpointAt(ours)).toContain(`${moved}:`);
  });

  it('they_follow_us_at_once_when_we_have_moved', async () => {
    await pair.configure();
    await pair.establish();
    const moved = await addSecondAddress(ours);
    const ping = new ContinuousPing(ours.namespace, theirs.v4);
    await ping.answers();
    await ours.namespace.ip(`addr del ${ours.link.v4}/24 dev ${ours.link.interface}`);
    await ping.answers();
    expect((await ping.stop()).longestGapMs).toBeLessThan(1_000);
    expect(await endpointAt(theirs)).toContain(`${moved}:`);
    await expectAnswers();
  });

  it('a_listen_port_that_changes_under_traffic_loses_next_to_nothing', async () => {
    await pair.configure();
    await pair.establish();
    const ping = new ContinuousPing(ours.namespace, theirs.v4);
    await ping.answers();
    for (const port of [40_201, 40_202, 40_203]) {
      await ours.engine.set(`listen-port ${port}`);
      await ping.answers();
      expect(await endpointAt(theirs)).toBe(`${ours.link.v4}:${port}`);
    }
    expect((await ping.stop()).lost).toBeLessThanOrEqual(6);
  });
});

describe('a removed source address', () => {
  let wireguardGo: Promise<SourceRemoval>;
  // It takes 15 s: the other tests of this file run meanwhile.
  beforeAll(() => {
    wireguardGo = measureSourceRemoval('wireguard-go');
    wireguardGo.catch(() => {}); // the test that awaits it reports it
  });
  afterAll(() => wireguardGo?.catch(() => {}));

  it('is_replaced_with_the_next_packet', async () => {
    const wayfare = await measureSourceRemoval('wayfare');
    expect(wayfare.sources).toEqual([wayfare.first, wayfare.second]);
    expect(wayfare.gapMs).toBeLessThan(1_000);
    const { gapMs } = await wireguardGo;
    console.log(
      `removed source address: ${wayfare.gapMs.toFixed(0)} ms, wireguard-go ${gapMs.toFixed(0)} ms`,
    );
    expect(wayfare.gapMs).toBeLessThan(gapMs);
  });
});

describe('a reply leaves from the address that was addressed', () => {
  async function expectSource(address: string): Promise<void> {
    const port = await ours.engine.show('listen-port');
    const host = address.includes(':') ? `[${address}]` : address;
    await theirs.engine.set(`peer ${ours.keys.public} endpoint ${host}:${port}`);
    // Outer datagrams, whole or in fragments, and nothing from inside the tunnel.
    const filter = 'not net 10.7.0.0/24 and (udp or ip[6:2] & 0x1fff != 0 or ip6 proto 44)';
    const sniffer = await sniff(theirs.namespace, 'any', { direction: 'in', filter });
    await pair.establish('right');
    const ends = { from: ours.namespace, to: theirs.namespace, address: theirs.v4 };
    expect(await transferTcp(ends)).toMatchObject({ intactStreams: 1 });
    await sniffer.close();
    const packets = sniffer.frames.map(packetOfCookedFrame).filter((packet) => packet !== null);
    expect(new Set(packets.map(sourceAddress))).toEqual(new Set([address]));
  }

  beforeEach(() => pair.configure({ initiator: 'right' }));

  it('of_two_on_one_interface', async () => {
    const second = await addSecondAddress(ours);
    await expectSource(second);
    await expectSource(ours.link.v4);
  });

  it('of_two_ipv6_addresses_on_one_interface', async () => {
    const second = ours.link.v6.replace(/1$/, '101');
    await ours.namespace.ip(`addr add ${second}/64 dev ${ours.link.interface} nodad`);
    await expectSource(second);
    await expectSource(ours.link.v6);
  });

  it('of_two_on_two_interfaces', async () => {
    const link = await connectNamespaces(ours.namespace, theirs.namespace);
    await expectSource(link.a.v4);
    await expectSource(link.a.v6);
    await expectSource(ours.link.v4);
  });

  it('also_when_the_link_is_too_small_for_its_datagrams', async () => {
    const second = await addSecondAddress(ours);
    await ours.namespace.ip(`link set ${ours.link.interface} mtu 1300`);
    await expectSource(second);
  });

  it('also_after_the_firewall_has_refused_one', async () => {
    const second = await addSecondAddress(ours);
    await expectSource(second);
    await dropOutput();
    await ours.namespace.ping(theirs.v4, { count: 2, waitMs: 50 });
    await ours.namespace.run('nft', ['flush', 'ruleset']);
    await expectSource(second);
  });

  it('of_one_that_is_not_the_first_on_loopback', async () => {
    await ours.namespace.ip('addr add 192.0.2.77/32 dev lo');
    await theirs.namespace.ip(`route add 192.0.2.77/32 via ${ours.link.v4} dev ${theirs.link.interface}`);
    await expectSource('192.0.2.77');
  });
});

async function dropOutput(): Promise<void> {
  const input = 'table inet t { chain out { type filter hook output priority 0; meta l4proto udp drop; }; }';
  await ours.namespace.run('nft', [input]);
}

describe('obstacles', () => {
  beforeEach(async () => {
    await pair.configure();
    await pair.establish();
  });

  it('a_route_that_changes_is_taken', async () => {
    const link = await connectNamespaces(ours.namespace, theirs.namespace);
    const ping = new ContinuousPing(ours.namespace, theirs.v4);
    await ping.answers();
    await ours.namespace.ip(`route add ${theirs.link.v4}/32 via ${link.b.v4} dev ${link.a.interface}`);
    await ping.answers();
    const sniffer = await sniff(theirs.namespace, link.b.interface, { direction: 'in', filter: 'udp' });
    await ping.answers();
    expect((await ping.stop()).longestGapMs).toBeLessThan(2_000);
    await sniffer.stop();
    const sources = readDatagrams(sniffer.packets).map(({ source }) => source);
    expect(new Set(sources)).toEqual(new Set([link.a.v4]));
  });

  it('a_firewall_that_refuses_datagrams_is_outlived', async () => {
    await dropOutput();
    const refused = await ours.namespace.ping(theirs.v4, { count: 3, waitMs: 50 });
    expect(refused.received).toBe(0);
    await ours.namespace.run('nft', ['flush', 'ruleset']);
    await expectAnswers();
  });

  it('a_missing_route_is_outlived', async () => {
    const { namespace, link } = ours;
    await namespace.ip(`link set ${link.interface} down`);
    const lost = await namespace.ping(theirs.v4, { count: 3, waitMs: 50 });
    expect(lost.received).toBe(0);
    await namespace.ip(`link set ${link.interface} up`);
    await expectAnswers();
  });

  it('an_unreachable_route_is_outlived', async () => {
    await ours.namespace.ip(`route add unreachable ${theirs.link.v4}/32`);
    await ours.namespace.ping(theirs.v4, { count: 3, waitMs: 50 });
    await ours.namespace.ip(`route del unreachable ${theirs.link.v4}/32`);
    await expectAnswers();
  });

  it.each([4, 6] as const)('a_link_too_small_for_our_datagrams_over_ipv%s_fragments_them', async (outer) => {
    await pair.configure({ outer });
    for (const { namespace, link } of [ours, theirs])
      await namespace.ip(`link set ${link.interface} mtu 1300`);
    for (const size of [1_392, 1_200, 64]) {
      expect(await ours.namespace.ping(theirs.v4, { size })).toMatchObject({ received: 3 });
    }
    const streams = { streams: 4, bytesPerStream: 500_000 };
    const ends = { from: ours.namespace, to: theirs.namespace, address: theirs.v6 };
    expect(await transferTcp({ ...ends, ...streams })).toMatchObject({ intactStreams: 4 });
    const sniffer = await sniffOurs();
    await ours.namespace.ping(theirs.v4);
    await sniffer.stop();
    expect(readDatagrams(sniffer.packets).some(({ kind }) => kind === 'data')).toBe(true);
  });
});
