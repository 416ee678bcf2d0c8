/** What the kernel has waiting, and has dropped, between an engine and the wire. */
import type { TunnelEnd } from './tunnel-pair.ts';

/** Whether the kernel would take nothing more from either of the engine's sockets: a send says EAGAIN. */
export async function isSocketFull({ namespace, engine }: TunnelEnd): Promise<boolean> {
  const port = await engine.show('listen-port');
  const { stdout } = await namespace.run('ss', ['-Hunma', 'sport', '=', port]);
  // Datagrams are taken until their memory passes the limit: fullness swings by one long send.
  return [...stdout.matchAll(/,t(\d+),tb(\d+),/g)].some(
    ([, used, limit]) => Number(used) > 0.9 * Number(limit),
  );
}

/** A counter of UDP over IPv4 in a namespace, as /proc/net/snmp names it. */
export async function udpCounter({ namespace }: TunnelEnd, name: string): Promise<number> {
  const { stdout } = await namespace.run('cat', ['/proc/net/snmp']);
  const [names = [], values = []] = [...stdout.matchAll(/^Udp: (.*)$/gm)].map((line) => line[1]!.split(' '));
  return Number(values[names.indexOf(name)]);
}
