/** What an eavesdropper sees of the engine, and what a stranger can do to it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitFor } from '../support/processes.ts';
import { sniff } from '../support/sniffer.ts';
import { transferTcp } from '../support/tcp-transfer.ts';
import { createTunnelPair, type TunnelEnd, type TunnelPair } from '../support/tunnel-pair.ts';
import { sendGarbage } from '../support/udp-datagrams.ts';
import { readDatagrams, type WireDatagram } from '../support/wireguard-frames.ts';

const HANDSHAKE_TRAFFIC_CLASS = 0x88;
const KEEPALIVE_BYTES = 32;
const KEEPALIVE_SECONDS = 1;
const GARBAGE_DATAGRAMS = 20_000;
const MEGABYTE = 2 ** 20;

let pair: TunnelPair;
let ours: TunnelEnd;
let theirs: TunnelEnd;
beforeAll(async () => {
  pair = await createTunnelPair('wayfare', 'wireguard-go');
  ours = pair.left;
  theirs = pair.right;
});
afterAll(() => pair?.close());

/** What our engine sends while `action` runs. */
async function seenOnTheWire(action: () => Promise<unknown>): Promise<WireDatagram[]> {
  // By its port, so that the kernel need not hand over what strangers send.
  const filter = `udp and src port ${await ours.engine.show('listen-port')}`;
  const sniffer = await sniff(theirs.namespace, theirs.link.interface, { direction: 'in', filter });
  await action();
  await sniffer.stop();
  return readDatagrams(sniffer.packets);
}

const pingWith = (target: string, trafficClass: number) =>
  ours.namespace.run('ping', ['-n', '-c', '2', '-i', '0.05', '-Q', String(trafficClass), target]);

function classesOf(seen: readonly WireDatagram[], kind: WireDatagram['kind']): Set<number> {
  return new Set(seen.filter((each) => each.kind === kind).map(({ trafficClass }) => trafficClass));
}

describe('the traffic class', () => {
  it.each([4, 6] as const)('of_handshakes_over_ipv%s_is_AF41_in_both_roles', async (outer) => {
    await pair.configure({ outer });
    const initiating = await seenOnTheWire(() => pair.establish());
    expect(classesOf(initiating, 'initiation')).toEqual(new Set([HANDSHAKE_TRAFFIC_CLASS]));
    await pair.configure({ outer, initiator: 'right' });
    const responding = await seenOnTheWire(() => pair.establish('right'));
    expect(classesOf(responding, 'response')).toEqual(new Set([HANDSHAKE_TRAFFIC_CLASS]));
  });

  it.each([
    [4, 'v4', 0xb8, 0],
    [4, 'v4', 0xb9, 1],
    [4, 'v6', 0x02, 2],
    [6, 'v4', 0x4a, 2],
    [6, 'v6', 0xfc, 0],
  ] as const)('over_ipv%s_of_inner_%s_%i_shows_only_its_ecn', async (outer, inner, trafficClass, ecn) => {
    await pair.configure({ outer });
    await pair.establish();
    const seen = await seenOnTheWire(() => pingWith(theirs[inner], trafficClass));
    expect(classesOf(seen, 'data')).toEqual(new Set([ecn]));
  });

  it('of_a_packet_that_waited_for_the_handshake_shows_only_its_ecn', async () => {
    await pair.configure();
    const seen = await seenOnTheWire(() => pingWith(theirs.v4, 0xb9));
    expect(seen[0]?.kind).toBe('initiation');
    expect(classesOf(seen, 'data')).toEqual(new Set([1]));
  });
});

describe('keepalives', () => {
  it('come_at_their_interval_and_stop_when_switched_off', async () => {
    await pair.configure();
    await pair.establish();
    const filter = `udp and udp[4:2] == ${KEEPALIVE_BYTES + 8}`;
    const { namespace, link } = theirs;
    const sniffer = await sniff(namespace, link.interface, { direction: 'in', filter });
    const started = performance.now();
    await ours.engine.set(`peer ${theirs.keys.public} persistent-keepalive ${KEEPALIVE_SECONDS}`);
    await waitFor(() => sniffer.frames.length >= 4, { what: 'four keepalives', timeoutMs: 10_000 });
    const seconds = (performance.now() - started) / 1_000;
    // The first comes at once, the fourth three intervals later.
    expect(seconds).toBeGreaterThan(3 * KEEPALIVE_SECONDS - 0.2);
    expect(seconds).toBeLessThan(3 * KEEPALIVE_SECONDS + 2);
    await ours.engine.set(`peer ${theirs.keys.public} persistent-keepalive off`);
    const before = sniffer.frames.length;
    await new Promise((resolve) => setTimeout(resolve, 1_500 * KEEPALIVE_SECONDS)); // nothing to wait for
    expect(sniffer.frames.length - before).toBeLessThanOrEqual(1);
    await sniffer.close();
  });

  it('are_sent_at_once_by_a_peer_that_is_set_with_one', async () => {
    const seen = await seenOnTheWire(async () => {
      await pair.configure({ keepaliveSeconds: 25 });
      await waitFor(async () => !/\t0$/.test(await ours.engine.show('latest-handshakes')), {
        what: 'a handshake without traffic',
      });
    });
    expect(seen.map(({ kind }) => kind)).toEqual(['initiation', 'data']);
    expect(seen[1]?.payloadBytes).toBe(KEEPALIVE_BYTES);
  });
});

describe('strangers', () => {
  it('get_no_answer_to_garbage_and_leave_the_tunnel_working', async () => {
    await pair.configure();
    await pair.establish();
    const port = Number(await ours.engine.show('listen-port'));
    const stranger = theirs.namespace;
    await sendGarbage(stranger, ours.link.v4, port, 2_000); // what grows by being used has grown
    const before = ours.engine.residentBytes();
    const endpoint = await ours.engine.show('endpoints');
    const theirPort = Number(await theirs.engine.show('listen-port'));
    const seen = await seenOnTheWire(async () => {
      await sendGarbage(stranger, ours.link.v4, port, GARBAGE_DATAGRAMS);
      await sendGarbage(stranger, ours.link.v6, port, GARBAGE_DATAGRAMS / 10);
    });
    expect(seen.filter(({ destinationPort }) => destinationPort !== theirPort)).toEqual([]);
    const grown = (ours.engine.residentBytes() - before) / MEGABYTE;
    console.log(`${GARBAGE_DATAGRAMS * 1.1} datagrams of garbage: the engine grew by ${grown.toFixed(1)} MB`);
    expect(grown).toBeLessThan(32);
    expect(await ours.engine.show('endpoints')).toBe(endpoint);
    expect(await ours.namespace.ping(theirs.v4)).toMatchObject({ sent: 3, received: 3 });
    const ends = { from: stranger, to: ours.namespace, address: ours.v4 };
    expect(await transferTcp(ends)).toMatchObject({ intactStreams: 1 });
  });

  it('cannot_stop_a_handshake_with_garbage', async () => {
    await pair.configure({ initiator: 'right' });
    const port = Number(await ours.engine.show('listen-port'));
    const flood = sendGarbage(theirs.namespace, ours.link.v4, port, GARBAGE_DATAGRAMS / 4);
    await pair.establish('right');
    await flood;
    expect(await ours.namespace.ping(theirs.v4)).toMatchObject({ sent: 3, received: 3 });
  });
});

describe('the firewall mark', () => {
  const RULES = `table inet t { chain out { type filter hook output priority 0;
    meta mark 0x5e1 udp dport > 0 counter comment "marked"; }; }`;

  async function marked(): Promise<number> {
    const { stdout } = await ours.namespace.run('nft', ['list', 'ruleset']);
    return Number(/packets (\d+)/.exec(stdout)?.[1]);
  }

  it.each([4, 6] as const)('is_on_datagrams_over_ipv%s_while_it_is_set', async (outer) => {
    await pair.configure({ outer });
    await ours.namespace.run('nft', [RULES]);
    await pair.establish();
    expect(await marked()).toBe(0);
    await ours.engine.set('fwmark 0x5e1');
    await ours.namespace.ping(theirs.v4);
    const whileSet = await marked();
    expect(whileSet).toBeGreaterThanOrEqual(3);
    await ours.engine.set('listen-port 0'); // other sockets are marked as well
    await ours.namespace.ping(theirs.v4);
    const afterMove = await marked();
    expect(afterMove).toBeGreaterThanOrEqual(whileSet + 3);
    await ours.engine.set('fwmark off');
    await ours.namespace.ping(theirs.v4);
    expect(await marked()).toBe(afterMove);
    await ours.namespace.run('nft', ['flush', 'ruleset']);
  });
});
