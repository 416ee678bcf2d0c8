/** The engine where the kernel, or the processor, refuses what makes it fast: everything gets through all the same. */
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { echoDatagrams, echoStreams, serveEchoes } from '../support/echoes.ts';
import type { EngineKind } from '../support/engine-process.ts';
import { CAN_BE_WITHOUT_SIMD, HinderedEngines, type Hindrance } from '../support/hindered-engine.ts';
import { faultOf } from '../support/inner-packets.ts';
import { type PacketSizes, packetSizesWhile } from '../support/packet-sizes.ts';
import { waitFor } from '../support/processes.ts';
import { sniff } from '../support/sniffer.ts';
import { createTunnelPair, TUNNEL_MTU, type TunnelPair } from '../support/tunnel-pair.ts';

/** UDP payload of the largest packets inside the tunnel. */
const LARGEST = { v4: 1_392, v6: 1_372 };
const FLOOD = fileURLToPath(new URL('../support/udp-flood.mjs', import.meta.url));
const DISCARD_PORT = 9;
/** The largest packet inside the tunnel; on the wire it has WireGuard's, UDP's, IPv6's and Ethernet's headers. */
const PACKET = TUNNEL_MTU;
const FRAME = PACKET + 32 + 48 + 14;
/** The mean of pieces above which some are of many packets; a first one may be, before the engine learns that it may not. */
const MANY = 1.2;

const hindered = new HinderedEngines();
afterAll(() => hindered.close());

/** At the left end. */
interface Passed {
  readonly streams: PacketSizes;
  readonly datagrams: PacketSizes;
}

/** Both ways, and in both families. */
async function expectEverythingToPass({ left, right }: TunnelPair): Promise<Passed> {
  await serveEchoes(right.namespace);
  const streams = await packetSizesWhile(left, async () => {
    expect(await echoStreams(left.namespace, [right.v4, right.v6])).toBe(2);
  });
  const datagrams = await packetSizesWhile(left, async () => {
    const targets = (['v4', 'v6'] as const).map((each) => ({ address: right[each], size: LARGEST[each] }));
    const { sent, spoiled } = await echoDatagrams(left.namespace, targets);
    expect(spoiled).toBe(0);
    expect(sent).toBeGreaterThan(LARGEST.v4);
  });
  return { streams, datagrams };
}

/** What shows from outside that an offload is at work. */
const OFFLOADS = {
  tso: ({ streams }: Passed) => streams.tunRead > MANY * PACKET,
  uso: ({ datagrams }: Passed) => datagrams.tunRead > MANY * PACKET,
  gso: ({ streams }: Passed) => streams.sent > MANY * FRAME,
  gro: ({ streams }: Passed) => streams.received > MANY * FRAME,
  superPackets: ({ streams }: Passed) => streams.tunWritten > MANY * PACKET,
};
type Offload = keyof typeof OFFLOADS;

function offloadsIn(passed: Passed): Offload[] {
  return (Object.keys(OFFLOADS) as Offload[]).filter((name) => OFFLOADS[name](passed));
}

let pair: TunnelPair | undefined;
afterEach(() => pair?.close());

async function establish(left: EngineKind, right: EngineKind, outer: 4 | 6): Promise<TunnelPair> {
  pair = await createTunnelPair(left, right);
  await pair.configure({ outer });
  await pair.establish();
  return pair;
}

describe('nothing refused', () => {
  it('every_offload_is_at_work', async () => {
    const passed = await expectEverythingToPass(await establish('wayfare', 'wayfare', 4));
    expect(offloadsIn(passed)).toEqual(['tso', 'uso', 'gso', 'gro', 'superPackets']);
  });
});

const TUN_OFFLOADS = ['tun=0x67', 'tun=0x07', 'tun=0x01', 'tun=0x00'] as const;

interface Case extends Hindrance {
  readonly what: string;
  readonly lost: readonly Offload[];
  /** What is left where the other end lacks the same. */
  readonly kept: readonly Offload[];
}

const CASES: readonly Case[] = [
  { what: 'uso', refused: TUN_OFFLOADS.slice(0, 1), lost: ['uso'], kept: ['tso', 'gso', 'gro'] },
  { what: 'tso', refused: TUN_OFFLOADS.slice(0, 2), lost: ['tso', 'uso'], kept: ['gso', 'gro'] },
  { what: 'tun_offloads', refused: TUN_OFFLOADS, lost: ['tso', 'uso'], kept: ['gso', 'gro'] },
  { what: 'udp_segment', refused: ['udp-segment'], lost: ['gso'], kept: ['tso', 'uso'] },
  { what: 'gso_sends', refused: ['gso-send'], lost: ['gso'], kept: ['tso', 'uso'] },
  { what: 'udp_gro', refused: ['udp-gro'], lost: ['gro'], kept: ['tso', 'uso', 'gso'] },
];
const WITHOUT_SIMD: readonly Case[] = [
  { what: 'simd', hasSimd: false, lost: ['superPackets'], kept: ['tso', 'uso', 'gso', 'gro'] },
  {
    what: 'any_of_them',
    refused: [...TUN_OFFLOADS, 'udp-segment', 'udp-gro'],
    hasSimd: false,
    lost: ['tso', 'uso', 'gso', 'gro', 'superPackets'],
    kept: [],
  },
];

const POSSIBLE = CAN_BE_WITHOUT_SIMD ? [...CASES, ...WITHOUT_SIMD] : CASES;

describe.each(POSSIBLE.map((each) => [each.what, each] as const))('without_%s', (_, each) => {
  const engine = hindered.by(each);

  it('everything_gets_to_and_from_wireguard_go_over_ipv4', async () => {
    const offloads = offloadsIn(await expectEverythingToPass(await establish(engine, 'wireguard-go', 4)));
    expect(offloads.filter((name) => each.lost.includes(name))).toEqual([]);
  });

  it('everything_gets_to_and_from_its_like_over_ipv6', async () => {
    const offloads = offloadsIn(await expectEverythingToPass(await establish(engine, engine, 6)));
    expect(offloads.filter((name) => each.lost.includes(name))).toEqual([]);
    expect(offloads).toEqual(expect.arrayContaining([...each.kept]));
  });
});

/** What is wrong with a datagram as the kernel leaves it to the engine. */
async function faultOfDatagramToTun(kind: EngineKind): Promise<string | null> {
  const { left, right } = await establish(kind, 'wireguard-go', 4);
  const filter = `udp port ${DISCARD_PORT}`;
  const sniffer = await sniff(left.namespace, left.engine.name, { direction: 'out', filter });
  const flood = left.namespace.spawn(process.execPath, [FLOOD, right.v4, String(DISCARD_PORT), '100']);
  await waitFor(() => sniffer.packets.length > 0, { what: 'a datagram' });
  await flood.stop();
  await sniffer.close();
  return faultOf(sniffer.packets[0]!);
}

describe('checksums', () => {
  it.each([
    ['are_left_to_the_engine', [], 'upper checksum'],
    ['are_left_to_it_without_other_offloads', TUN_OFFLOADS.slice(0, 2), 'upper checksum'],
    ['are_finished_by_the_kernel_where_it_refuses', TUN_OFFLOADS, null],
  ] as const)('%s', async (_, refused, fault) => {
    expect(await faultOfDatagramToTun(hindered.by({ refused }))).toBe(fault);
  });
});
