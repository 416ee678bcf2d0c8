/** What is handed to the wire arrives whole and in order, or is counted as dropped: with real sockets on loopback. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import koffi from 'koffi';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DropCounters } from '../../../engine/errors.ts';
import { libc } from '../../../engine/io/linux/libc.ts';
import { SendBatch } from '../../../engine/io/linux/send-batch.ts';
import { bindUdp, closeUdp, type UdpSocket } from '../../../engine/io/linux/udp-socket.ts';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import { Endpoint } from '../../../engine/peer/endpoint.ts';
import { IpAddress } from '../../../engine/wire/ip-prefix.ts';
import { waitFor } from '../../support/processes.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';

const STRIDES = [32, 100, 148, 500, 1_452];
const ROUNDS = 600;

let random: SeededRandom;
let memory: SharedMemory;
let drops: DropCounters;
let batch: SendBatch;
let sockets: readonly UdpSocket[];
let receiver: Socket;
/** To one place, by two objects, which must not be joined. */
let endpoints: Endpoint[];
/** Number and length of each datagram that came. */
let received: { id: number; length: number }[];

beforeEach(async () => {
  random = new SeededRandom(5);
  memory = new SharedMemory(2 << 20);
  drops = new DropCounters();
  batch = new SendBatch(memory, drops);
  sockets = bindUdp(0, 0).sockets;
  batch.setSockets(sockets, 0);
  received = [];
  receiver = createSocket({ type: 'udp4', recvBufferSize: 1 << 24 });
  receiver.on('message', (datagram) =>
    received.push({ id: datagram.readUInt32LE(0), length: datagram.length }),
  );
  receiver.bind(0, '127.0.0.1');
  await once(receiver, 'listening');
  const { port } = receiver.address() as AddressInfo;
  endpoints = [0, 1].map(() => new Endpoint(IpAddress.parse('127.0.0.1')!, port));
});
afterEach(() => {
  vi.restoreAllMocks();
  receiver.close();
  closeUdp(sockets);
});

function upTo(limit: number): number {
  return new DataView(random.bytes(4).buffer).getUint32(0, true) % limit;
}

/** Adds `count` datagrams, each with its number in front. @returns their lengths */
function add(firstId: number, count: number, stride: number, last: number, endpoint: Endpoint): number[] {
  const length = (count - 1) * stride + last;
  const at = batch.reserve(length);
  for (let i = 0; i < count; i++) memory.view.setUint32(at + i * stride, firstId + i, true);
  batch.add(at, length, stride, endpoint, upTo(4) === 0 ? 1 : 0);
  return Array.from({ length: count }, (_, i) => (i === count - 1 ? last : stride));
}

/** The kernel takes one message and then none until it is allowed the next, so that the receiver's buffer never overflows. */
function limit(): { allowed: number } {
  const state = { allowed: 0 };
  const { sendmmsg } = libc;
  vi.spyOn(libc, 'sendmmsg').mockImplementation((descriptor, messages, _count, flags) => {
    if (state.allowed-- > 0) return sendmmsg(descriptor, messages, 1, flags);
    koffi.errno(koffi.os.errno.EAGAIN!);
    return -1;
  });
  return state;
}

async function sendMessages(kernel: { allowed: number }, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    kernel.allowed = 1;
    batch.flush();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it.each([
  ['cut_by_the_kernel', true],
  ['sent_one_by_one', false],
])('datagrams_%s_arrive_in_order_or_are_counted', async (_name, hasGso) => {
  for (const socket of sockets) socket.hasGso = hasGso;
  const kernel = limit();
  const lengths: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const stride = STRIDES[upTo(STRIDES.length)]!;
    const count = 1 + upTo(upTo(10) === 0 ? 150 : 5);
    const last = upTo(2) === 0 ? stride : 16 + upTo(stride - 15);
    lengths.push(...add(lengths.length, count, stride, last, endpoints[upTo(5) === 0 ? 1 : 0]!));
    // At times more is sent than comes, at times nothing is.
    await sendMessages(kernel, round % 200 < 100 ? 3 : 0);
  }
  const accounted = () => received.length + drops.get('udp-send-failed');
  while (accounted() < lengths.length) await sendMessages(kernel, 10);
  expect(accounted()).toBe(lengths.length);
  expect(received.every(({ id, length }) => length === lengths[id])).toBe(true);
  expect(received.every(({ id }, i) => i === 0 || id > received[i - 1]!.id)).toBe(true);
});

describe('while_a_socket_is_full', () => {
  it('the_oldest_make_room_for_the_newest', async () => {
    const kernel = limit();
    const datagrams = 1_000;
    for (let id = 0; id < datagrams; id++) add(id, 1, 1_452, 1_452, endpoints[0]!);
    const dropped = drops.get('udp-send-failed');
    while (received.length < datagrams - dropped) await sendMessages(kernel, 1);
    expect(received[0]!.id).toBe(dropped);
    expect(received.at(-1)!.id).toBe(datagrams - 1);
    // 512 KB less one GSO message, which goes as a whole.
    expect(received.length * 1_452).toBeGreaterThan(512 * 1_024 - 2 * 65_507);
  });
});

it('a_datagram_longer_than_the_wire_carries_is_dropped_and_the_next_is_sent', async () => {
  const at = batch.reserve(65_536);
  batch.add(at, 65_536, 65_536, endpoints[0]!, 0);
  expect(drops.get('udp-send-failed')).toBe(1);
  add(7, 1, 100, 100, endpoints[0]!);
  batch.flush();
  await waitFor(() => received.length === 1, { what: 'the next datagram' });
  expect(received).toEqual([{ id: 7, length: 100 }]);
});
