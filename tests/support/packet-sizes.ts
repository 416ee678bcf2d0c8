/** How large the pieces are in which packets pass between an engine and the kernel: whether offloads are at work. */
import type { TunnelEnd } from './tunnel-pair.ts';

/** Mean bytes of each piece. */
export interface PacketSizes {
  /** What the engine reads from TUN and writes to it, without virtio headers. */
  readonly tunRead: number;
  readonly tunWritten: number;
  /** What it sends as one, with headers as on the wire. */
  readonly sent: number;
  /** What its UDP sockets are given as one, with headers as on the wire. */
  readonly received: number;
}

interface Counters {
  readonly bytes: number;
  readonly packets: number;
}

interface EngineCounters {
  readonly tunRead: Counters;
  readonly tunWritten: Counters;
  readonly sent: Counters;
  readonly received: Counters;
}

/** While `action` runs; the kernel counts a super-packet as one. */
export async function packetSizesWhile(end: TunnelEnd, action: () => Promise<unknown>): Promise<PacketSizes> {
  const before = await readCounters(end);
  await action();
  const after = await readCounters(end);
  const mean = (of: keyof EngineCounters) =>
    (after[of].bytes - before[of].bytes) / (after[of].packets - before[of].packets);
  return {
    tunRead: mean('tunRead'),
    tunWritten: mean('tunWritten'),
    sent: mean('sent'),
    received: mean('received'),
  };
}

async function readCounters({ namespace, engine, link }: TunnelEnd): Promise<EngineCounters> {
  const [tun, wire, udp] = await Promise.all([
    linkCounters(namespace, engine.name),
    linkCounters(namespace, link.interface),
    datagramsTaken(namespace),
  ]);
  return {
    tunRead: tun.tx,
    tunWritten: tun.rx,
    sent: wire.tx,
    received: { bytes: wire.rx.bytes, packets: udp },
  };
}

type Namespace = TunnelEnd['namespace'];

async function linkCounters(namespace: Namespace, name: string): Promise<{ tx: Counters; rx: Counters }> {
  const [link] = JSON.parse(await namespace.ip(`-j -s link show dev ${name}`)) as [
    { stats64: { tx: Counters; rx: Counters } },
  ];
  return link.stats64;
}

/** UDP's InDatagrams in both families: what programs have received from their sockets. */
async function datagramsTaken(namespace: Namespace): Promise<number> {
  const { stdout } = await namespace.run('cat', ['/proc/net/snmp', '/proc/net/snmp6']);
  return Number(/^Udp: (\d+)/m.exec(stdout)?.[1]) + Number(/^Udp6InDatagrams\s+(\d+)/m.exec(stdout)?.[1]);
}
