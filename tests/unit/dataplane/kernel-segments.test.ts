/** Super-packets that the kernels cut and seal, against packets built apart from them and against the plain code. */
import { beforeEach, describe, expect, it } from 'vitest';
import { nobleTransportCipher } from '../../../engine/crypto/transport-cipher.ts';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import type { PacketRun } from '../../../engine/ports.ts';
import { TRANSPORT_OVERHEAD } from '../../../engine/wire/messages.ts';
import { runPacketLength, writeRunPacket } from '../../../engine/wire/packet-run.ts';
import { faultOf, TCP, UDP } from '../../support/inner-packets.ts';
import { withNetworkOptions } from '../../support/network-options.ts';
import { type SuperPacket, tcpSuperPacket, udpSuperPacket } from '../../support/super-packets.ts';
import { kernelCipher } from '../../support/test-memory.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';

const LARGEST = 65_535;
const HEADER = 16;
const KEY = new Uint8Array(32).fill(0x5a);
/** As many as the kernel cuts from a UDP super-packet before 6.9, and more than it usually cuts from a TCP one. */
const MOST_SEGMENTS = 64;

const memory = new SharedMemory(1 << 20);
const key = kernelCipher(memory).importKey(KEY);
const otherHand = nobleTransportCipher.importKey(KEY);
/** The super-packet, sealed datagrams, and what plain code makes of it, with room between them. */
const source = memory.allocate(LARGEST + 256) + 64;
const target = memory.allocate(4 * LARGEST) + 64;
const plain = memory.allocate(LARGEST + 256) + 64;

interface Shape {
  readonly protocol: typeof TCP | typeof UDP;
  readonly superPacket: SuperPacket;
  /** Bytes of IPv4 options or of an IPv6 extension header. */
  readonly networkOptions?: number;
  readonly upperLength: number;
  readonly segmentPayload: number;
  readonly mtu?: number;
  readonly counterLow?: number;
  readonly alignment?: number;
}

function runOf(
  { protocol, superPacket, networkOptions = 0, upperLength, segmentPayload }: Shape,
  at: number,
) {
  const { packet, segments } = superPacket;
  const version = packet[0]! >> 4 === 4 ? 4 : 6;
  const networkLength = (version === 4 ? 20 : 40) + networkOptions;
  return {
    packet: at,
    length: packet.length + networkOptions,
    version,
    count: segments.length,
    segmentPayload,
    protocol,
    networkLength,
    headersLength: networkLength + upperLength,
  } satisfies PacketRun;
}

/** Seals a super-packet, opens the datagrams by the other hand, and says what is not as it should be. */
function segmentationFault(shape: Shape): string | null {
  const { superPacket, networkOptions = 0, mtu = 1_420, counterLow = 0, alignment = 0 } = shape;
  const run = runOf(shape, source + alignment);
  memory.bytes.fill(0xa7, source - 64, source + LARGEST + 128);
  memory.bytes.set(withNetworkOptions(superPacket.packet, networkOptions), run.packet);
  memory.bytes.copyWithin(plain, run.packet, run.packet + run.length);

  const to = target + ((7 * alignment) & 15);
  const padded = (length: number) => Math.max(length, Math.min(Math.ceil(length / 16) * 16, mtu));
  const lengths = superPacket.segments.map((segment) => padded(segment.length + networkOptions));
  const end = to + lengths.reduce((sum, length) => sum + length + TRANSPORT_OVERHEAD, 0);
  memory.bytes.fill(0xa7, to - 64, end + 64);
  key.sealRun(memory, run, { remoteIndex: 3, counterHigh: 1, counterLow }, mtu, to);

  const isPoison = (from: number, until: number) =>
    memory.bytes.slice(from, until).every((byte) => byte === 0xa7);
  if (!isPoison(to - 64, to) || !isPoison(end, end + 64)) return 'written outside of the datagrams';
  if (!isPoison(run.packet - 16, run.packet)) return 'written before the super-packet';
  if (!isPoison(run.packet + run.length, run.packet + run.length + 64))
    return 'written behind the super-packet';

  let at = to;
  for (const [i, segment] of superPacket.segments.entries()) {
    const counter = memory.view.getBigUint64(at + 8, true);
    if (counter !== 2n ** 32n + BigInt(counterLow) + BigInt(i)) return `segment ${i}: counter ${counter}`;
    otherHand.openRun(memory, at, lengths[i]! + TRANSPORT_OVERHEAD, 1, lengths[i]! + TRANSPORT_OVERHEAD);
    if (memory.bytes[memory.verdicts] !== 1) return `segment ${i} does not open`;
    const opened = Buffer.from(memory.bytes.slice(at + HEADER, at + HEADER + lengths[i]!));
    if (!opened.equals(Buffer.concat([withNetworkOptions(segment, networkOptions)], lengths[i]!)))
      return `segment ${i} of ${superPacket.segments.length} is not as built`;
    const length = segment.length + networkOptions;
    const copy = { ...run, packet: plain };
    writeRunPacket(memory, copy, i, target + LARGEST * 3);
    const written = memory.bytes.subarray(target + LARGEST * 3, target + LARGEST * 3 + length);
    if (runPacketLength(copy, i) !== length || !opened.subarray(0, length).equals(written))
      return `segment ${i} is not as plain code writes it`;
    if (networkOptions === 0 && faultOf(opened.subarray(0, length)) !== null)
      return `segment ${i}: ${faultOf(opened.subarray(0, length))}`;
    at += lengths[i]! + TRANSPORT_OVERHEAD;
  }
  return null;
}

let random: SeededRandom;
beforeEach(() => {
  random = new SeededRandom(61);
});

function randomShape(protocol: typeof TCP | typeof UDP): Shape {
  const isV4 = random.chance(0.5);
  const ends = isV4
    ? { source: '10.0.0.1', destination: '203.0.113.254' }
    : { source: 'fd00::ffff:1', destination: '2001:db8::2' };
  const count = random.pick([1, 2, 3, MOST_SEGMENTS, 1 + random.below(MOST_SEGMENTS)]);
  const segmentPayload = 1 + random.below(random.pick([3, 100, 900, 1_400]));
  const size = Math.min(count * segmentPayload - random.below(segmentPayload), 65_000);
  const options = random.bytes(protocol === TCP ? 4 * random.below(11) : 0);
  const fields = {
    ...ends,
    sourcePort: random.below(65_536),
    destinationPort: random.below(65_536),
    payload: random.chance(0.2) ? new Uint8Array(size).fill(0xff) : random.bytes(size),
    trafficClass: random.below(256),
    identification: random.pick([0, 0xffff, 0xfffe, random.below(65_536)]),
    sequence: random.pick([0, 0xffffffff, (2 ** 32 - random.below(70_000)) >>> 0, random.uint32()]),
    acknowledgment: random.uint32(),
    // ACK with any of FIN, PSH, ECE and CWR.
    flags: 0x10 | (random.uint32() & 0xc9),
    options,
  };
  const build = protocol === TCP ? tcpSuperPacket : udpSuperPacket;
  const superPacket = build(fields, segmentPayload);
  const networkOptions = random.chance(0.3) ? (isV4 ? 4 * random.below(11) : 8 * random.below(9)) : 0;
  const longest = superPacket.segments[0]!.length + networkOptions;
  return {
    protocol,
    superPacket,
    networkOptions,
    upperLength: protocol === TCP ? 20 + options.length : 8,
    segmentPayload,
    mtu: random.pick([1_420, 9_000, longest, longest + random.below(16)]),
    counterLow: random.pick([0, 0xffffffff, 0xffffffff - random.below(MOST_SEGMENTS), random.uint32()]),
    alignment: random.below(16),
  };
}

describe('a super-packet that is cut and sealed', () => {
  it.each([
    ['TCP', TCP],
    ['UDP', UDP],
  ] as const)('any_%s_one_becomes_the_packets_it_stands_for', (_, protocol) => {
    const faults = new Map<string, Shape>();
    for (let i = 0; i < 500; i++) {
      const shape = randomShape(protocol);
      const fault = segmentationFault(shape);
      if (fault !== null) faults.set(fault, shape);
    }
    expect([...faults.keys()]).toEqual([]);
  });

  it('each_of_FIN_PSH_ECE_and_CWR_goes_where_it_belongs', () => {
    for (let flags = 0; flags < 16; flags++) {
      const bits = 0x10 | ((flags & 1) << 0) | ((flags & 2) << 2) | ((flags & 12) << 4);
      const ends = { source: '10.0.0.1', destination: '10.0.0.2' };
      for (const count of [1, 2, 5]) {
        const fields = { ...ends, payload: random.bytes(100 * count - 1), flags: bits };
        const superPacket = tcpSuperPacket(fields, 100);
        const shape: Shape = { protocol: TCP, superPacket, upperLength: 20, segmentPayload: 100 };
        expect(segmentationFault(shape)).toBeNull();
      }
    }
  });

  it.each([
    ['TCP', TCP],
    ['UDP', UDP],
  ] as const)('the_largest_%s_one_and_one_without_payload', (_, protocol) => {
    for (const source of ['10.0.0.1', 'fd00::1']) {
      const destination = source === '10.0.0.1' ? '10.0.0.2' : 'fd00::2';
      const upperLength = protocol === TCP ? 20 : 8;
      const room = LARGEST - upperLength - (source === '10.0.0.1' ? 20 : 40);
      for (const size of [room, 0]) {
        const build = protocol === TCP ? tcpSuperPacket : udpSuperPacket;
        const fields = { source, destination, payload: new Uint8Array(size).fill(0xff), flags: 0x18 };
        const superPacket = build(fields, 1_348);
        expect(segmentationFault({ protocol, superPacket, upperLength, segmentPayload: 1_348 })).toBeNull();
      }
    }
  });

  it.each([
    ['UDP', UDP, 6, 0xffff],
    ['TCP', TCP, 16, 0],
  ] as const)('a_%s_checksum_that_comes_to_zero_is_sent_as_it_should_be', (_, protocol, field, sent) => {
    const ends = { source: '10.0.0.1', destination: '10.0.0.2' };
    const build = protocol === TCP ? tcpSuperPacket : udpSuperPacket;
    const upperLength = protocol === TCP ? 20 : 8;
    const checksumIn = (packet: Uint8Array) => packet.subarray(20 + field, 22 + field);
    // A word of payload that is the checksum without it makes the sum complete.
    const [withoutIt] = build({ ...ends, payload: Uint8Array.of(0, 0, 9) }, 2).segments;
    const payload = Uint8Array.of(...checksumIn(withoutIt!), 9);
    const superPacket = build({ ...ends, payload }, 2);
    expect([...checksumIn(superPacket.segments[0]!)]).toEqual([sent >> 8, sent & 0xff]);
    expect(segmentationFault({ protocol, superPacket, upperLength, segmentPayload: 2 })).toBeNull();
  });
});
