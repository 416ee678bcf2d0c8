/** How long a tunnel is silent when the local address that it spoke from is taken away, while another is there. */
import { ContinuousPing } from './continuous-ping.ts';
import type { EngineKind } from './engine-process.ts';
import { sniff } from './sniffer.ts';
import { createTunnelPair, type TunnelEnd } from './tunnel-pair.ts';
import { readDatagrams } from './wireguard-frames.ts';

export interface SourceRemoval {
  /** Between the last answer before and the first after. */
  gapMs: number;
  lostPings: number;
  /** The outer source addresses that the other end saw, in the order of their first datagram. */
  sources: string[];
  first: string;
  second: string;
}

/** @param kind the engine that loses its address; the other end has begun, and so has chosen that address */
export async function measureSourceRemoval(kind: EngineKind): Promise<SourceRemoval> {
  const pair = await createTunnelPair(kind, 'wireguard-go');
  try {
    const { left, right } = pair;
    const first = left.link.v4;
    const second = await addSecondAddress(left);
    await pair.configure({ initiator: 'right' });
    await pair.establish('right');
    const sniffer = await sniff(right.namespace, right.link.interface, { direction: 'in', filter: 'udp' });
    const ping = new ContinuousPing(left.namespace, right.v4, { intervalMs: 10 });
    await ping.answers(20);
    await left.namespace.ip(`addr del ${first}/24 dev ${left.link.interface}`);
    await ping.answers(20, 40_000);
    const { longestGapMs, lost } = await ping.stop();
    await sniffer.stop();
    const sources = [...new Set(readDatagrams(sniffer.packets).map(({ source }) => source))];
    return { gapMs: longestGapMs, lostPings: lost, sources, first, second };
  } finally {
    await pair.close();
  }
}

/** On the same link as the first, which it outlives. */
export async function addSecondAddress({ namespace, link }: TunnelEnd): Promise<string> {
  const second = link.v4.replace(/\d+$/, '101');
  await namespace.run('sysctl', ['-q', '-w', `net.ipv4.conf.${link.interface}.promote_secondaries=1`]);
  await namespace.ip(`addr add ${second}/24 dev ${link.interface}`);
  return second;
}
