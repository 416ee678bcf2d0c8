/** Inner packets on their way to TUN: what the kernels join, where they stop, and that nothing else is written. */
import { describe, expect, it } from 'vitest';
import { pingPacket, tcpPacket } from '../../support/inner-packets.ts';
import { edited } from '../../support/packet-edits.ts';
import { ENDS, KINDS, NETWORK, packetFlow, SIZE, threePackets } from '../../support/packet-flow.ts';
import { packetsOfWrite } from '../../support/segmenter.ts';
import { virtioHeader } from '../../support/super-packets.ts';
import { TunWrites } from '../../support/tun-writes.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';
import { establishedPair } from '../../support/virtual-network.ts';

const PSH_ACK = 0x18;
const LARGEST = 65_535;

const random = new SeededRandom(72);
const writes = new TunWrites();
const withoutUdp = new TunWrites(false);

describe('packets that continue each other', () => {
  it.each(KINDS)('over_IPv%i_and_%s_become_one', (version, protocol) => {
    expect(writes.joined(threePackets(version, protocol))).toEqual([3]);
    for (const size of [1, 2, 15, 16, 17, 999, 1_380])
      expect(writes.joined(packetFlow(version, protocol, [size, size, size, size]))).toEqual([4]);
    expect(writes.joined(packetFlow(version, protocol, [SIZE, SIZE, 1]))).toEqual([3]);
  });

  it.each([4, 6] as const)('over_IPv%i_with_TCP_options_too', (version) => {
    for (const length of [4, 12, 40])
      expect(
        writes.joined(packetFlow(version, 'tcp', [SIZE, SIZE, SIZE - 1], { options: random.bytes(length) })),
      ).toEqual([3]);
  });

  it('over_a_wrap_of_the_sequence_number', () => {
    const packets = packetFlow(4, 'tcp', [SIZE, SIZE, SIZE, SIZE]).map((packet, i) =>
      edited(packet, (_, view) => view.setUint32(24, (2 ** 32 - 150 + i * SIZE) >>> 0)),
    );
    expect(writes.joined(packets)).toEqual([4]);
  });

  it.each([
    ['tcp', 20],
    ['udp', 8],
  ] as const)('of_%s_are_at_most_64_and_65535_bytes', (protocol, upper) => {
    for (const version of [4, 6] as const) {
      expect(writes.joined(packetFlow(version, protocol, new Array(130).fill(SIZE)))).toEqual([64, 64, 2]);
      const room = LARGEST - NETWORK[version] - upper;
      const third = Math.floor(room / 3);
      expect(writes.joined(packetFlow(version, protocol, [third, third, third, third]))).toEqual([3, 1]);
      const rest = room - 2 * (third + 1);
      expect(writes.joined(packetFlow(version, protocol, [third + 1, third + 1, rest]))).toEqual([3]);
      expect(writes.joined(packetFlow(version, protocol, [third + 1, third + 1, rest + 1]))).toEqual([2, 1]);
    }
  });

  it('of_UDP_stay_apart_where_TUN_does_not_take_them', () => {
    expect(withoutUdp.joined(threePackets(4, 'udp'))).toEqual([1, 1, 1]);
    expect(withoutUdp.joined(threePackets(6, 'udp'))).toEqual([1, 1, 1]);
    expect(withoutUdp.joined(threePackets(4, 'tcp'))).toEqual([3]);
  });

  it('are_written_when_1024_wait', () => {
    const packets = packetFlow(4, 'tcp', [SIZE, SIZE - 1, ...new Array(1_028).fill(SIZE)]);
    expect(writes.joined(packets)).toEqual([2, ...new Array(15).fill(64), 62, 6]);
    const pings = Array.from({ length: 1_030 }, () => pingPacket(ENDS[4]));
    expect(writes.joined(pings)).toEqual(new Array(1_030).fill(1));
  });

  it('are_none_where_there_are_no_packets', () => {
    expect(writes.of([])).toEqual([]);
  });

  // The identification says nothing where fragments are forbidden (RFC 6864 §4.1), as these packets' headers say.
  it('may_have_any_identification', () => {
    const packets = threePackets(4, 'tcp').map((packet) => edited(packet, (_, view) => view.setUint16(4, 0)));
    const written = writes.of(packets).flatMap(packetsOfWrite);
    const numbers = written.map((packet) => new DataView(packet.buffer).getUint16(4));
    expect(numbers).toEqual([0, 1, 2]);
  });
});

describe('a super-packet ends', () => {
  it.each(KINDS)('with_a_shorter_segment_over_IPv%i_and_%s', (version, protocol) => {
    expect(writes.joined(packetFlow(version, protocol, [SIZE, SIZE - 1, SIZE - 1]))).toEqual([2, 1]);
    expect(writes.joined(packetFlow(version, protocol, [SIZE, SIZE - 1, 1]))).toEqual([2, 1]);
  });

  it.each(KINDS)('before_a_longer_segment_over_IPv%i_and_%s', (version, protocol) => {
    expect(writes.joined(packetFlow(version, protocol, [SIZE, SIZE + 1, SIZE + 1]))).toEqual([1, 2]);
    expect(writes.joined(packetFlow(version, protocol, [SIZE, SIZE, SIZE + 1, SIZE]))).toEqual([2, 2]);
  });

  it.each([4, 6] as const)('with_a_push_over_IPv%i', (version) => {
    for (const at of [0, 1, 2]) {
      const packets = packetFlow(version, 'tcp', [SIZE, SIZE, SIZE], { flags: { [at]: PSH_ACK } });
      expect(writes.joined(packets)).toEqual([[1, 2], [2, 1], [3]][at]);
    }
  });

  it('with_a_packet_of_another_flow_in_between', () => {
    const [a, b, c] = threePackets(4, 'tcp');
    expect(writes.joined([a!, pingPacket(ENDS[4]), b!, c!])).toEqual([1, 1, 2]);
    expect(writes.joined([a!, b!, threePackets(6, 'udp')[0]!, c!])).toEqual([2, 1, 1]);
  });
});

describe('what comes out of the tunnel', () => {
  it('is_joined_without_padding_and_without_what_follows_the_IP_length', () => {
    const { network, alice, bob } = establishedPair();
    const ends = { source: alice.inner4, destination: bob.inner4 };
    const packets = [0, 1, 2].map((i) =>
      tcpPacket({ ...ends, payload: random.bytes(33), sequence: 33 * i, identification: i }),
    );
    bob.delivered = [];
    for (const [i, packet] of packets.entries())
      alice.readTun(virtioHeader(), Uint8Array.of(...packet, ...random.bytes(5 * i)));
    network.runUntilQuiet();
    expect(bob.delivered).toEqual(packets);
    expect(writes.joined(bob.delivered)).toEqual([3]);
  });
});
