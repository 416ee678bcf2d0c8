import { beforeEach, describe, expect, it } from 'vitest';
import { handleTunRead } from '../../../engine/dataplane/outbound.ts';
import { IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { faultOf, pingPacket, TCP, tcpPacket, UDP, udpPacket } from '../../support/inner-packets.ts';
import {
  GSO,
  type SuperPacket,
  tcpSuperPacket,
  udpSuperPacket,
  virtioHeader,
  withPartialChecksum,
} from '../../support/super-packets.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';
import { establishedPair, type VirtualPair } from '../../support/virtual-network.ts';

const V4 = { source: '10.0.0.1', destination: '10.0.0.2' };
const V6 = { source: 'fd00::1', destination: 'fd00::2' };
const FAMILIES = [
  ['IPv4', V4],
  ['IPv6', V6],
] as const;

let pair: VirtualPair;
let random: SeededRandom;

beforeEach(() => {
  pair = establishedPair();
  random = new SeededRandom(11);
});

/** What bob gets when alice's TUN reads this. */
function carried(header: Uint8Array, packet: Uint8Array): Uint8Array[] {
  pair.bob.delivered = [];
  pair.alice.readTun(header, packet);
  pair.network.runUntilQuiet();
  return pair.bob.delivered;
}

function expectSegments({ header, packet, segments }: SuperPacket): void {
  const delivered = carried(header, packet);
  expect(delivered).toHaveLength(segments.length);
  expect(delivered).toEqual(segments);
  for (const segment of delivered) expect(faultOf(segment)).toBeNull();
}

describe('a plain packet', () => {
  it.each(FAMILIES)('%s_passes_as_it_is', (_, ends) => {
    for (const packet of [pingPacket(ends), udpPacket(ends), tcpPacket(ends)])
      expect(carried(virtioHeader(), packet)).toEqual([packet]);
  });

  it.each(FAMILIES)('its_%s_checksum_is_finished_where_the_kernel_left_it_undone', (_, ends) => {
    for (const size of [0, 1, 2, 3, 100, 1_001]) {
      const payload = random.bytes(size);
      const checksumStart = ends === V4 ? 20 : 40;
      const udp = udpPacket({ ...ends, payload });
      const udpHeader = virtioHeader({ needsChecksum: true, checksumStart, checksumOffset: 6 });
      expect(carried(udpHeader, withPartialChecksum(udp, UDP, 6))).toEqual([udp]);
      const tcp = tcpPacket({ ...ends, payload });
      const tcpHeader = virtioHeader({ needsChecksum: true, checksumStart, checksumOffset: 16 });
      expect(carried(tcpHeader, withPartialChecksum(tcp, TCP, 16))).toEqual([tcp]);
    }
  });

  it('a_UDP_checksum_of_zero_is_sent_as_ffff', () => {
    for (let i = 0; i < 65_536; i++) {
      const packet = udpPacket({ ...V4, payload: Uint8Array.of(i >> 8, i & 255) });
      if (packet[26] !== 0xff || packet[27] !== 0xff) continue;
      const header = virtioHeader({ needsChecksum: true, checksumStart: 20, checksumOffset: 6 });
      expect(carried(header, withPartialChecksum(packet, UDP, 6))).toEqual([packet]);
      return;
    }
    throw new Error('no payload with such a checksum');
  });
});

describe('a TCP super-packet', () => {
  it.each(FAMILIES)('%s_is_cut_into_whole_segments_of_every_size', (_, ends) => {
    for (const [size, gsoSize] of [
      [2_800, 1_400],
      [2_801, 1_400],
      [2_799, 1_400],
      [1, 1_400],
      [100, 1],
      [60_000, 1_340],
      [65_000, 999],
    ] as const) {
      expectSegments(
        tcpSuperPacket({ ...ends, payload: random.bytes(size), sequence: random.uint32() }, gsoSize),
      );
    }
  });

  it('sequence_numbers_and_identifications_wrap', () => {
    const fields = { ...V4, payload: random.bytes(5_000), sequence: 0xffffff00, identification: 0xfffe };
    expectSegments(tcpSuperPacket(fields, 1_000));
  });

  it.each(FAMILIES)('%s_FIN_and_PSH_stay_with_the_last_and_CWR_with_the_first', (_, ends) => {
    for (const flags of [0x10, 0x18, 0x19, 0x11, 0x98, 0x99, 0xd9])
      expectSegments(tcpSuperPacket({ ...ends, payload: random.bytes(3_500), flags }, 1_000));
  });

  it('with_CWR_the_gso_type_carries_the_ECN_bit', () => {
    const superPacket = tcpSuperPacket({ ...V4, payload: random.bytes(3_000), flags: 0x90 }, 1_000);
    superPacket.header[1]! |= GSO.ecn;
    expectSegments(superPacket);
  });

  it.each(FAMILIES)('%s_options_are_repeated_in_every_segment', (_, ends) => {
    const options = Uint8Array.of(1, 1, 8, 10, ...random.bytes(8));
    expectSegments(tcpSuperPacket({ ...ends, payload: random.bytes(4_001), options }, 1_388));
  });

  it('the_kernels_header_length_is_not_believed', () => {
    const superPacket = tcpSuperPacket({ ...V4, payload: random.bytes(3_000) }, 1_000);
    superPacket.header.fill(0, 2, 4);
    expectSegments(superPacket);
  });

  it('IPv4_options_are_repeated_in_every_segment', () => {
    const { header, packet } = tcpSuperPacket({ ...V4, payload: random.bytes(3_000) }, 1_000);
    const withOptions = Uint8Array.of(...packet.subarray(0, 20), 1, 1, 1, 1, ...packet.subarray(20));
    withOptions[0] = 0x46;
    new DataView(withOptions.buffer).setUint16(2, withOptions.length);
    new DataView(header.buffer).setUint16(6, 24, true);
    const delivered = carried(header, withOptions);
    expect(delivered.map(({ length }) => length)).toEqual([1_044, 1_044, 1_044]);
    for (const segment of delivered) expect(faultOf(segment)).toBeNull();
  });

  it('the_traffic_class_and_flow_label_stay', () => {
    for (const ends of [V4, V6])
      expectSegments(tcpSuperPacket({ ...ends, payload: random.bytes(3_000), trafficClass: 0x2a }, 1_000));
    expect(pair.network.latest('data').trafficClass).toBe(2);
  });
});

describe('a UDP super-packet', () => {
  it.each(FAMILIES)('%s_is_cut_into_datagrams_with_lengths_and_checksums_of_their_own', (_, ends) => {
    for (const [size, gsoSize] of [
      [2_400, 1_200],
      [2_401, 1_200],
      [10, 3],
      [60_000, 1_350],
      [1_200, 1_200],
    ] as const) {
      expectSegments(udpSuperPacket({ ...ends, payload: random.bytes(size) }, gsoSize));
    }
  });
});

describe('garbage from TUN', () => {
  it.each([
    ['an unknown kind', virtioHeader({ gsoType: GSO.udpFragments, gsoSize: 100, checksumStart: 20 })],
    ['segments of nothing', virtioHeader({ gsoType: GSO.tcp4, gsoSize: 0, checksumStart: 20 })],
    ['headers before the packet', virtioHeader({ gsoType: GSO.tcp4, gsoSize: 100, checksumStart: 4 })],
    ['headers behind the packet', virtioHeader({ gsoType: GSO.tcp4, gsoSize: 100, checksumStart: 60_000 })],
    [
      'headers inside the IPv4 options',
      virtioHeader({ gsoType: GSO.udp, gsoSize: 100, checksumStart: 20 }),
      0x4f,
    ],
    [
      'headers inside an IPv6 header',
      virtioHeader({ gsoType: GSO.udp, gsoSize: 100, checksumStart: 20 }),
      0x60,
    ],
  ])('a super-packet with %s is an invalid packet', (_, header, firstByte = 0x45) => {
    const packet = tcpPacket({ ...V4, payload: new Uint8Array(500) });
    packet[0] = firstByte;
    expect(carried(header, packet)).toEqual([]);
    expect(pair.alice.drops('invalid-packet')).toBe(1);
  });

  it('a_super_packet_in_so_small_segments_that_no_buffer_holds_them_is_an_invalid_packet', () => {
    const payload = random.bytes(60_000);
    for (const segmentPayload of [1, 8]) {
      const { header, packet } = tcpSuperPacket({ ...V4, payload }, segmentPayload);
      expect(carried(header, packet)).toEqual([]);
    }
    expect(pair.alice.drops('invalid-packet')).toBe(2);
    expectSegments(tcpSuperPacket({ ...V4, payload: random.bytes(3_000) }, 8));
  });

  it.each([0, 1, 9, 10])('a_read_of_%i_bytes_is_nothing', (length) => {
    handleTunRead(pair.alice.device, 64, length, pair.network.clock.now, pair.alice);
    expect(pair.network.datagrams).toEqual([]);
  });

  it('a_checksum_place_outside_of_the_packet_is_left_alone', () => {
    const packet = udpPacket(V4);
    for (const [checksumStart, checksumOffset] of [
      [27, 0],
      [20, 7],
      [0xffff, 0xffff],
      [0, 0xffff],
    ] as const) {
      expect(carried(virtioHeader({ needsChecksum: true, checksumStart, checksumOffset }), packet)).toEqual([
        packet,
      ]);
    }
  });

  /** Random headers before packets that are odd in their own headers, at the very end of packet memory. */
  function* garbage(count: number): Generator<Uint8Array> {
    const seeded = new SeededRandom(12);
    for (let i = 0; i < count; i++) {
      const ends = seeded.chance(0.5) ? V4 : V6;
      const payload = seeded.bytes(seeded.below(300));
      const packet = seeded.chance(0.5) ? tcpPacket({ ...ends, payload }) : udpPacket({ ...ends, payload });
      const read = Uint8Array.of(
        ...virtioHeader({
          needsChecksum: seeded.chance(0.5),
          gsoType: seeded.pick([0, 1, 4, 5, 0x81, seeded.below(256)]),
          gsoSize: seeded.pick([1, 7, 100, seeded.below(65_536)]),
          checksumStart: seeded.pick([20, 40, seeded.below(80), seeded.below(65_536)]),
          checksumOffset: seeded.pick([6, 16, seeded.below(65_536)]),
        }),
        ...packet.subarray(0, seeded.chance(0.7) ? packet.length : seeded.below(packet.length)),
      );
      for (let flips = seeded.below(4); flips > 0; flips--) {
        const at = 10 + seeded.below(Math.min(60, Math.max(1, read.length - 10)));
        if (at < read.length) read[at] = seeded.below(256);
      }
      yield read;
    }
  }

  it('nothing_is_read_or_written_outside_of_the_packet_and_nothing_throws', () => {
    const results = [0x00, 0xff].map((poison) => {
      const { network, alice, bob } = establishedPair();
      alice.device.addAllowedIp(IpPrefix.parse('0.0.0.0/0')!, alice.peerOf(bob));
      alice.device.addAllowedIp(IpPrefix.parse('::/0')!, alice.peerOf(bob));
      const sealed: string[] = [];
      alice.cipher.beforeSealing = (bytes) => sealed.push(Buffer.from(bytes).toString('latin1'));
      for (const read of garbage(4_000)) {
        // In the middle: what lies around must not matter, and must stay.
        const start = alice.input;
        const before = start + 4_096;
        alice.memory.bytes.fill(poison, start, start + (1 << 14));
        alice.memory.bytes.set(read, before);
        handleTunRead(alice.device, before, read.length, network.clock.now, alice);
        const end = before + read.length;
        const around = Buffer.concat([
          alice.memory.bytes.subarray(start, before),
          alice.memory.bytes.subarray(end, start + (1 << 14)),
        ]);
        if (!around.every((byte) => byte === poison)) throw new Error('written outside of the packet');
        // Near the end of memory, with the bytes that kernels borrow: a read past it throws.
        const last = alice.memory.bytes.length - 64 - read.length;
        alice.memory.bytes.set(read, last);
        handleTunRead(alice.device, last, read.length, network.clock.now, alice);
        network.datagrams = [];
      }
      return { sealed, drops: alice.device.drops.toJSON() };
    });
    expect(results[0]!.sealed.length).toBeGreaterThan(4_000);
    expect(results[0]!.drops).toEqual(results[1]!.drops);
    expect(results[0]!.sealed.join() === results[1]!.sealed.join()).toBe(true);
  });
});
