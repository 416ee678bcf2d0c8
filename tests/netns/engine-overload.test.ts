/** The engine with more to do than it can: it drops, answers, takes no more memory, and is itself again afterwards. */
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BackgroundProcess, waitFor } from '../support/processes.ts';
import { isSocketFull, udpCounter } from '../support/queue-counters.ts';
import { sniff } from '../support/sniffer.ts';
import { measureStrain, type Strain } from '../support/strain.ts';
import { transferTcp } from '../support/tcp-transfer.ts';
import { createTunnelPair, type TunnelEnd, type TunnelPair } from '../support/tunnel-pair.ts';

const support = (program: string) => fileURLToPath(new URL(`../support/${program}`, import.meta.url));
const TUN_FLOOD = support('udp-flood.mjs');
const UDP_PRINTER = support('udp-printer.mjs');
const WIRE_FLOOD = support('wire-flood.mjs');
const DISCARD_PORT = '9';
const LARGEST_PAYLOAD = 1_372;
/** UDP payload of a datagram that carries the largest packet. */
const LARGEST_DATAGRAM = 1_452;
const TRANSPORT_DATA = Buffer.of(4, 0, 0, 0);
/** Of transport data, type and receiver index. */
const UP_TO_INDEX = 8;
const DATAGRAMS = 900;
const IPV4_AND_UDP_HEADERS = 28;
const MEGABYTE = 2 ** 20;
/** About 1 MB is seen, and less than 12 where packets are staged: copies that the garbage collector has yet to take. */
const MOST_GROWTH = 16 * MEGABYTE;
const MOST_GROWTH_STAGING = 32 * MEGABYTE;
const SLOWEST_ANSWER_MS = 1_000;
const WARM_UP_MS = 700;
const WATCHED_MS = 1_500;

let pair: TunnelPair;
/** The engine under test. */
let ours: TunnelEnd;
let theirs: TunnelEnd;
beforeAll(async () => {
  pair = await createTunnelPair('wayfare', 'wireguard-go');
  ours = pair.left;
  theirs = pair.right;
  await pair.configure();
  await pair.establish();
});
afterAll(() => pair?.close());

function expectEndured(what: string, strain: Strain, mostGrowth = MOST_GROWTH): void {
  const { grownBytes, slowestAnswerMs, answers } = strain;
  console.log(
    `${what}: grew by ${(grownBytes / MEGABYTE).toFixed(1)} MB, slowest of ${answers} answers ${slowestAnswerMs.toFixed(0)} ms`,
  );
  expect(grownBytes).toBeLessThan(mostGrowth);
  expect(slowestAnswerMs).toBeLessThan(SLOWEST_ANSWER_MS);
}

async function expectWorking(): Promise<void> {
  expect(await ours.namespace.ping(theirs.v4)).toMatchObject({ sent: 3, received: 3 });
  const ends = { from: theirs.namespace, to: ours.namespace, address: ours.v6 };
  expect(await transferTcp(ends)).toMatchObject({ intactStreams: 1 });
}

function floodTun(): BackgroundProcess {
  const args = [TUN_FLOOD, theirs.v4, DISCARD_PORT, String(LARGEST_PAYLOAD)];
  return ours.namespace.spawn(process.execPath, args);
}

describe('packets that come faster than the wire takes them', () => {
  async function expectEnduredBehind(
    queue: string,
    what: string,
    isSo: () => Promise<boolean>,
  ): Promise<void> {
    const { namespace, link, engine } = ours;
    await namespace.run('tc', ['qdisc', 'add', 'dev', link.interface, 'root', ...queue.split(' ')]);
    const flood = floodTun();
    try {
      await waitFor(isSo, { what });
      expectEndured(what, await measureStrain(engine, WARM_UP_MS, WATCHED_MS));
    } finally {
      await flood.stop();
      await namespace.run('tc', ['qdisc', 'del', 'dev', link.interface, 'root']);
    }
    await expectWorking();
  }

  it('find_the_socket_full', () =>
    expectEnduredBehind('tbf rate 20mbit burst 8kb limit 32mb', 'a full socket', () => isSocketFull(ours)));

  it('are_dropped_by_a_short_queue_of_which_the_kernel_says_nothing', async () => {
    const before = await udpCounter(ours, 'SndbufErrors');
    const hasOverflowed = async () => (await udpCounter(ours, 'SndbufErrors')) > before;
    await expectEnduredBehind('tbf rate 20mbit burst 16kb limit 64kb', 'a short queue', hasOverflowed);
  });
});

/** Transport data from theirs to ours that ours has received, as UDP payloads. */
async function captureDatagrams(): Promise<Buffer[]> {
  const { namespace, link } = theirs;
  const filter = `udp and udp[4:2] == ${LARGEST_DATAGRAM + 8}`;
  const sniffer = await sniff(namespace, link.interface, { direction: 'out', filter });
  await namespace.ping(ours.v4, { count: 10, intervalMs: 5, size: LARGEST_PAYLOAD + 20 });
  await sniffer.stop();
  expect(sniffer.packets).not.toEqual([]);
  return sniffer.packets.map((packet) => packet.subarray(IPV4_AND_UDP_HEADERS));
}

function withHeaderOf(valid: Buffer, random: Buffer): Buffer {
  const header = valid.subarray(0, UP_TO_INDEX);
  return Buffer.concat([header, random.subarray(header.length)]);
}

async function floodWire(datagrams: readonly Buffer[]): Promise<BackgroundProcess> {
  const port = await ours.engine.show('listen-port');
  const input = datagrams.map((datagram) => `${datagram.toString('hex')}\n`).join('');
  return theirs.namespace.spawn(process.execPath, [WIRE_FLOOD, ours.link.v4, port], { input });
}

function times<Item>(count: number, make: (i: number) => Item): Item[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

describe('datagrams that come faster than they can be opened', () => {
  const random = (bytes: number) => times(DATAGRAMS, () => randomBytes(bytes));

  it.each([
    ['replayed', (valid: Buffer[]) => times(DATAGRAMS, (i) => valid[i % valid.length]!)],
    // Of the session's own index.
    ['forged', ([valid]: Buffer[]) => random(LARGEST_DATAGRAM).map((each) => withHeaderOf(valid!, each))],
    ['of_no_session', () => random(LARGEST_DATAGRAM).map((each) => withHeaderOf(TRANSPORT_DATA, each))],
  ] as const)('%s', async (what, make) => {
    const datagrams = make(await captureDatagrams());
    const endpoint = await ours.engine.show('endpoints');
    const lost = await udpCounter(ours, 'RcvbufErrors');
    const flood = await floodWire(datagrams);
    try {
      expectEndured(what, await measureStrain(ours.engine, WARM_UP_MS, WATCHED_MS));
    } finally {
      await flood.stop();
    }
    expect(await udpCounter(ours, 'RcvbufErrors')).toBeGreaterThan(lost);
    expect(await ours.engine.show('endpoints')).toBe(endpoint);
    await expectWorking();
  });
});

describe('packets for a peer that does not answer', () => {
  const NUMBERED = 300;
  const STAGED = 128;
  /** A datagram each. */
  const SEND_NUMBERS = `exec 3>/dev/udp/$0/${DISCARD_PORT}; for ((i = 0; i < ${NUMBERED}; i++)); do printf $i >&3; done`;

  async function packetsRead(): Promise<number> {
    const [link] = JSON.parse(await ours.namespace.ip(`-j -s link show dev ${ours.engine.name}`)) as [
      { stats64: { tx: { packets: number } } },
    ];
    return link.stats64.tx.packets;
  }

  /** How many packets the engine has read from TUN once it reads no more. */
  async function packetsReadAtRest(): Promise<number> {
    let read = await packetsRead();
    const isAtRest = async () => {
      const before = read;
      read = await packetsRead();
      return read === before;
    };
    await waitFor(isAtRest, { what: 'the engine to have read what there was' });
    return read;
  }

  it('are_the_newest_that_wait_for_it', async () => {
    await pair.configure();
    await theirs.engine.set(`peer ${ours.keys.public} remove`);
    const flood = floodTun();
    try {
      const strain = await measureStrain(ours.engine, WARM_UP_MS, WATCHED_MS);
      expectEndured('no answer', strain, MOST_GROWTH_STAGING);
    } finally {
      await flood.stop();
    }
    const read = await packetsReadAtRest();
    await ours.namespace.run('bash', ['-c', SEND_NUMBERS, theirs.v4]);
    await waitFor(async () => (await packetsRead()) >= read + NUMBERED, { what: 'all numbers to be read' });

    const receiver = theirs.namespace.spawn(process.execPath, [UDP_PRINTER, theirs.v4, DISCARD_PORT]);
    await waitFor(() => receiver.stdout !== '', { what: 'the receiver' });
    const allowedIps = `${ours.v4}/32,${ours.v6}/128`;
    const endpoint = await pair.endpointOf(ours);
    await theirs.engine.set(`peer ${ours.keys.public} allowed-ips ${allowedIps} endpoint ${endpoint}`);
    await pair.establish('right');
    const lines = () => receiver.stdout.trim().split('\n').slice(1);
    await waitFor(() => lines().at(-1) === String(NUMBERED - 1), { what: 'the last number' });
    expect(lines().map(Number)).toEqual(times(STAGED, (i) => NUMBERED - STAGED + i));
    await receiver.stop();
    await expectWorking();
  });
});
