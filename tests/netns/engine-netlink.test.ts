/** More changes of links and routes than the engine's netlink sockets hold: some are lost (ENOBUFS), and none is missed. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cpuShare } from '../support/cpu-time.ts';
import { waitFor } from '../support/processes.ts';
import { sniff } from '../support/sniffer.ts';
import { createTunnelPair, type TunnelEnd, type TunnelPair } from '../support/tunnel-pair.ts';
import { readDatagrams, type WireDatagram } from '../support/wireguard-frames.ts';

const CHANGES = 3_000;
const TRANSPORT_OVERHEAD = 32;
const ICMP_OVER_IPV4 = 28;

let pair: TunnelPair;
/** The engine under test. */
let ours: TunnelEnd;
let theirs: TunnelEnd;
beforeEach(async () => {
  pair = await createTunnelPair('wayfare', 'wireguard-go');
  ours = pair.left;
  theirs = pair.right;
  await pair.configure();
  await pair.establish();
  await overrun();
});
afterEach(() => pair?.close());

/** The engine sleeps through thousands of changes of everything that it listens to. */
async function overrun(): Promise<void> {
  const { namespace, engine, link } = ours;
  const dropsBefore = await netlinkDrops();
  engine.child.signal('SIGSTOP');
  const changes = Array.from({ length: CHANGES }, (_, i) => {
    const route = `198.18.${(i >> 1) & 0xff}.0/24 dev ${link.interface} metric ${(i >> 9) + 1}`;
    return [`link set lo alias change${i}`, `route ${i % 2 === 0 ? 'add' : 'del'} ${route}`];
  });
  await namespace.run('ip', ['-batch', '-'], { input: `${changes.flat().join('\n')}\n` });
  expect(await netlinkDrops()).toBeGreaterThan(dropsBefore);
  engine.child.signal('SIGCONT');
  await engine.show('listen-port'); // once it answers, it has read what was left
}

/** Messages that the sockets of the engine's namespace had no room for (/proc/net/netlink). */
async function netlinkDrops(): Promise<number> {
  const lines = (await ours.namespace.run('cat', ['/proc/net/netlink'])).stdout.trim().split('\n').slice(1);
  return lines.reduce((total, line) => total + Number(line.trim().split(/\s+/)[8]), 0);
}

async function seenOnTheWire(action: () => Promise<unknown>): Promise<WireDatagram[]> {
  const { namespace, link } = theirs;
  const sniffer = await sniff(namespace, link.interface, { direction: 'in', filter: 'udp' });
  await action();
  await sniffer.stop();
  return readDatagrams(sniffer.packets);
}

async function expectAnswers(): Promise<void> {
  expect(await ours.namespace.ping(theirs.v4)).toMatchObject({ sent: 3, received: 3 });
}

describe('after an overrun', () => {
  it('a_change_of_the_mtu_is_followed', async () => {
    await ours.namespace.ip(`link set ${ours.engine.name} mtu 1277`);
    const seen = await seenOnTheWire(() =>
      ours.namespace.ping(theirs.v4, { size: 1_270 - ICMP_OVER_IPV4, count: 2 }),
    );
    // Padded to a multiple of 16, but never past the MTU.
    const longest = Math.max(...seen.map(({ payloadBytes }) => payloadBytes));
    expect(longest).toBe(1_277 + TRANSPORT_OVERHEAD);
  });

  it('switched_off_it_forgets_its_keys_and_closes_its_port', async () => {
    const { namespace, engine } = ours;
    const port = await engine.show('listen-port');
    const sockets = async () => (await namespace.run('ss', ['-Hlun', 'sport', '=', port])).stdout;
    expect(await sockets()).not.toBe('');
    await namespace.ip(`link set ${engine.name} down`);
    await waitFor(async () => (await sockets()) === '', { what: 'the end of its sockets' });
    const seen = await seenOnTheWire(async () => {
      await namespace.ip(`link set ${engine.name} up`);
      await expectAnswers();
    });
    expect(seen[0]?.kind).toBe('initiation');
  });

  it('another_overrun_is_survived_and_deletion_ends_the_engine', async () => {
    await overrun();
    await overrun();
    await expectAnswers();
    await ours.namespace.ip(`link del ${ours.engine.name}`);
    await waitFor(() => ours.engine.child.exit, { what: 'the end of the engine' });
    expect(ours.engine.child.exit).toEqual({ code: 0, signal: null });
  });

  it('a_removed_source_address_is_left', async () => {
    const second = ours.link.v4.replace(/\d+$/, '101');
    const { namespace, link } = ours;
    await namespace.run('sysctl', ['-q', '-w', `net.ipv4.conf.${link.interface}.promote_secondaries=1`]);
    await namespace.ip(`addr add ${second}/24 dev ${link.interface}`);
    await namespace.ip(`addr del ${link.v4}/24 dev ${link.interface}`);
    const seen = await seenOnTheWire(expectAnswers);
    expect(new Set(seen.map(({ source }) => source))).toEqual(new Set([second]));
  });

  it('it_is_idle_again', async () => {
    await ours.engine.show('listen-port');
    expect(await cpuShare(ours.engine.child.pid, 500)).toBeLessThan(0.1);
  });
});
