/** The engine on a link that takes no more: what a full socket holds up goes on once there is room, and costs nothing. */
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContinuousPing } from '../support/continuous-ping.ts';
import { cpuShare } from '../support/cpu-time.ts';
import { type BackgroundProcess, waitFor } from '../support/processes.ts';
import { isSocketFull } from '../support/queue-counters.ts';
import { createTunnelPair, type TunnelEnd, type TunnelPair } from '../support/tunnel-pair.ts';

const FLOOD = fileURLToPath(new URL('../support/udp-flood.mjs', import.meta.url));
const DISCARD_PORT = '9';
const FULL_PACKET_PAYLOAD = '1372';
/** A queue longer than the socket's buffer, so that it is the socket that fills. */
const SLOW = 'tbf rate 4mbit burst 8kb limit 32mb';
const SLOW_BYTES_PER_SECOND = 4e6 / 8;
const MEASURED_MS = 1_000;

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

async function startFlood(): Promise<BackgroundProcess> {
  const { namespace, link } = ours;
  await namespace.run('tc', ['qdisc', 'add', 'dev', link.interface, 'root', ...SLOW.split(' ')]);
  const args = [FLOOD, theirs.v4, DISCARD_PORT, FULL_PACKET_PAYLOAD];
  return namespace.spawn(process.execPath, args);
}

async function openWide(): Promise<void> {
  await ours.namespace.run('tc', ['qdisc', 'del', 'dev', ours.link.interface, 'root']);
}

const isFull = () => isSocketFull(ours);

async function bytesOnTheWire(): Promise<number> {
  const [link] = JSON.parse(await ours.namespace.ip(`-j -s link show dev ${ours.link.interface}`)) as [
    { stats64: { tx: { bytes: number } } },
  ];
  return link.stats64.tx.bytes;
}

async function expectAnswersWithinASecond(from: TunnelEnd, to: TunnelEnd): Promise<void> {
  const ping = new ContinuousPing(from.namespace, to.v4);
  await ping.answers(1, 1_000);
  await ping.answers(10);
  await ping.stop();
}

describe.each([4, 6] as const)('a full socket of ipv%s', (outer) => {
  beforeEach(async () => {
    await pair.configure({ outer });
    await pair.establish();
  });

  it('keeps_the_wire_busy_costs_next_to_nothing_and_is_used_again_once_there_is_room', async () => {
    const { pid } = ours.engine.child;
    const flood = await startFlood();
    await waitFor(isFull, { what: 'a full socket' });
    const sent: number[] = [];
    const busyShares: number[] = [];
    for (let second = 0; second < 3; second++) {
      const before = await bytesOnTheWire();
      busyShares.push(await cpuShare(pid, MEASURED_MS));
      sent.push((await bytesOnTheWire()) - before);
    }
    await flood.stop();
    expect(await isFull()).toBe(true);
    const blockedShare = await cpuShare(pid, MEASURED_MS);
    await openWide();
    await Promise.all([expectAnswersWithinASecond(ours, theirs), expectAnswersWithinASecond(theirs, ours)]);
    const idleShare = await cpuShare(pid, MEASURED_MS);
    console.log(
      `full ipv${outer} socket: ${sent.map((bytes) => (bytes / 1e3).toFixed(0)).join(', ')} kB a second on the wire; ` +
        `of a core, flooded ${asPercent(Math.max(...busyShares))}, blocked ${asPercent(blockedShare)}, after ${asPercent(idleShare)}`,
    );
    for (const bytes of sent) expect(bytes).toBeGreaterThan(0.7 * SLOW_BYTES_PER_SECOND);
    expect(blockedShare).toBeLessThan(0.5);
    expect(Math.max(...busyShares)).toBeLessThan(0.5);
    expect(idleShare).toBeLessThan(0.05);
  });
});

function asPercent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

describe('a socket that is full again and again', () => {
  it('is_used_again_each_time', async () => {
    await pair.configure();
    await pair.establish();
    for (let round = 0; round < 4; round++) {
      const flood = await startFlood();
      await waitFor(isFull, { what: 'a full socket' });
      await flood.stop();
      await openWide();
      await expectAnswersWithinASecond(ours, theirs);
    }
  });

  it('is_closed_and_opened_while_full', async () => {
    await pair.configure();
    await pair.establish();
    const flood = await startFlood();
    await waitFor(isFull, { what: 'a full socket' });
    await ours.engine.set('listen-port 40401');
    await waitFor(isFull, { what: 'the new socket to be full' });
    await ours.namespace.ip(`link set ${ours.engine.name} down`);
    await flood.stop();
    // Before the link is up: the handshake's first message would be lost with the queue.
    await openWide();
    await ours.namespace.ip(`link set ${ours.engine.name} up`);
    await expectAnswersWithinASecond(ours, theirs);
    expect(await ours.engine.show('listen-port')).toBe('40401');
  });

  it('ends_with_its_interface_all_the_same', async () => {
    await pair.configure();
    await pair.establish();
    const flood = await startFlood();
    await waitFor(isFull, { what: 'a full socket' });
    await ours.namespace.ip(`link del ${ours.engine.name}`);
    await waitFor(() => ours.engine.child.exit, { what: 'the end of the engine', timeoutMs: 1_000 });
    expect(ours.engine.child.exit).toEqual({ code: 0, signal: null });
    await flood.stop();
  });
});
