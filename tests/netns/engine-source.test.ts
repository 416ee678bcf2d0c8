/** Which of our addresses replies leave from, while routes and addresses change under the engine. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectNamespaces } from '../support/netns.ts';
import { waitFor } from '../support/processes.ts';
import { sniff } from '../support/sniffer.ts';
import { addSecondAddress } from '../support/source-removal.ts';
import { createTunnelPair, type TunnelEnd, type TunnelPair } from '../support/tunnel-pair.ts';
import { readDatagrams } from '../support/wireguard-frames.ts';

let pair: TunnelPair;
/** The engine under test, which the other end has addressed. */
let ours: TunnelEnd;
let theirs: TunnelEnd;
beforeEach(async () => {
  pair = await createTunnelPair('wayfare', 'wireguard-go');
  ours = pair.left;
  theirs = pair.right;
  await pair.configure({ initiator: 'right' });
});
afterEach(() => pair?.close());

async function addSecondV6Address({ namespace, link }: TunnelEnd): Promise<string> {
  const second = link.v6.replace(/1$/, '101');
  await namespace.ip(`addr add ${second}/64 dev ${link.interface} nodad`);
  return second;
}

/** The other end begins a session with us at `address`. */
async function reachUsAt(address: string): Promise<void> {
  const host = address.includes(':') ? `[${address}]` : address;
  const port = await ours.engine.show('listen-port');
  await theirs.engine.set(`peer ${ours.keys.public} endpoint ${host}:${port}`);
  await pair.establish('right');
}

/** Where our datagrams come from while we, and not the other end, have something to say. */
async function sourcesOfOurs(): Promise<string[]> {
  const sniffer = await sniff(theirs.namespace, 'any', {
    direction: 'in',
    filter: 'udp and not net 10.7.0.0/24',
  });
  expect(await ours.namespace.ping(theirs.v4)).toMatchObject({ sent: 3, received: 3 });
  await sniffer.stop();
  // "Cooked" frames (LINUX_SLL2) have 20 bytes of link header.
  const datagrams = readDatagrams(sniffer.frames.map((frame) => frame.subarray(20)));
  return [...new Set(datagrams.map(({ source }) => source))];
}

/** Resolves once the engine has handled what happened to its namespace: it serves one thing after another. */
async function settled(): Promise<void> {
  await ours.engine.show('listen-port');
}

async function makeUnrelatedChanges(): Promise<void> {
  const { namespace, link } = ours;
  for (const change of [
    `route add 198.51.100.0/24 dev ${link.interface}`,
    'addr add 203.0.113.5/32 dev lo',
    `-6 route add 2001:db8:5::/48 dev ${link.interface}`,
    'addr del 203.0.113.5/32 dev lo',
    'rule add to 198.51.100.0/24 lookup 77',
  ]) {
    await namespace.ip(change);
    await settled();
  }
}

describe('an unrelated change of routes and addresses leaves alone', () => {
  it.each([
    ['ipv4', addSecondAddress],
    ['ipv6', addSecondV6Address],
  ])('the_second_%s_address_of_a_link_that_the_peer_reached', async (_, addSecond) => {
    const second = await addSecond(ours);
    await reachUsAt(second);
    await makeUnrelatedChanges();
    expect(await sourcesOfOurs()).toEqual([second]);
    expect(await theirs.engine.show('endpoints')).toContain(second);
  });

  it.each([
    ['192.0.2.77', '32'],
    ['2001:db8::77', '128'],
  ])('the_address_%s_on_loopback_that_the_peer_reached', async (address, length) => {
    await ours.namespace.ip(`addr add ${address}/${length} dev lo`);
    const via = length === '32' ? ours.link.v4 : ours.link.v6;
    await theirs.namespace.ip(`route add ${address}/${length} via ${via} dev ${theirs.link.interface}`);
    await reachUsAt(address);
    await makeUnrelatedChanges();
    expect(await sourcesOfOurs()).toEqual([address]);
  });

  it.each(['v4', 'v6'] as const)(
    'the_uplink_that_a_rule_chooses_by_the_%s_address_the_peer_reached',
    async (family) => {
      const { namespace, link } = ours;
      const uplink = await connectNamespaces(namespace, theirs.namespace);
      const [flag, target, length] =
        family === 'v4' ? (['-4', '192.0.2.1', '32'] as const) : (['-6', '2001:db8::1', '128'] as const);
      await theirs.namespace.ip(`addr add ${target}/${length} dev lo`);
      await namespace.ip(`${flag} route add ${target} via ${pair.right.link[family]} dev ${link.interface}`);
      await namespace.ip(
        `${flag} route add ${target} via ${uplink.b[family]} dev ${uplink.a.interface} table 55`,
      );
      await namespace.ip(`${flag} rule add from ${uplink.a[family]} lookup 55`);
      await theirs.namespace.ip(
        `${flag} route replace ${uplink.a[family]} dev ${uplink.b.interface} src ${target}`,
      );
      await reachUsAt(uplink.a[family]);
      await makeUnrelatedChanges();
      expect(await sourcesOfOurs()).toEqual([uplink.a[family]]);
    },
  );
});

describe('the source is chosen anew', () => {
  it('with_the_next_packet_once_the_ipv6_address_is_removed', async () => {
    const second = await addSecondV6Address(ours);
    await reachUsAt(second);
    await ours.namespace.ip(`addr del ${second}/64 dev ${ours.link.interface}`);
    expect(await sourcesOfOurs()).toEqual([ours.link.v6]);
  });

  it.each(['v4', 'v6'] as const)('once_the_%s_route_goes_by_another_interface', async (family) => {
    const { namespace } = ours;
    const other = await connectNamespaces(namespace, theirs.namespace);
    await reachUsAt(ours.link[family]);
    await namespace.ip(
      `route add ${theirs.link[family]} via ${other.b[family]} dev ${other.a.interface} src ${other.a[family]}`,
    );
    await settled();
    expect(await sourcesOfOurs()).toEqual([other.a[family]]);
  });

  it('after_the_listen_port_has_changed', async () => {
    await reachUsAt(await addSecondAddress(ours));
    await ours.engine.set('listen-port 40301');
    expect(await sourcesOfOurs()).toEqual([ours.link.v4]);
    expect(await theirs.engine.show('endpoints')).toContain(`${ours.link.v4}:40301`);
  });

  it('after_the_mark_has_changed_and_by_the_route_of_that_mark', async () => {
    const { namespace } = ours;
    const other = await connectNamespaces(namespace, theirs.namespace);
    await reachUsAt(ours.link.v4);
    await namespace.ip(
      `route add ${theirs.link.v4} via ${other.b.v4} dev ${other.a.interface} src ${other.a.v4} table 56`,
    );
    await namespace.ip('rule add fwmark 5 lookup 56');
    await waitFor(async () => (await sourcesOfOurs())[0] === ours.link.v4, { what: 'the unmarked route' });
    await ours.engine.set('fwmark 5');
    expect(await sourcesOfOurs()).toEqual([other.a.v4]);
    await makeUnrelatedChanges();
    expect(await sourcesOfOurs()).toEqual([other.a.v4]);
  });

  it('after_the_mark_alone_has_changed', async () => {
    await reachUsAt(await addSecondAddress(ours));
    await ours.engine.set('fwmark 6');
    expect(await sourcesOfOurs()).toEqual([ours.link.v4]);
  });
});
