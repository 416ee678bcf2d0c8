/** Inner packets on their way to TUN that differ from their neighbours, or are odd: they pass alone, as they are. */
import { describe, expect, it } from 'vitest';
import { tcpPacket } from '../../support/inner-packets.ts';
import { withNetworkOptions } from '../../support/network-options.ts';
import { type Edit, edited, spoiled } from '../../support/packet-edits.ts';
import {
  ENDS,
  KINDS,
  NETWORK,
  type Protocol,
  packetFlow,
  SIZE,
  threePackets,
} from '../../support/packet-flow.ts';
import { virtioHeader } from '../../support/super-packets.ts';
import { TunWrites } from '../../support/tun-writes.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';

const random = new SeededRandom(73);
const writes = new TunWrites();
const alone = (packet: Uint8Array) => Uint8Array.of(...virtioHeader(), ...packet);

/** Checks that a packet stays whole and alone before, between and behind packets that it would continue. */
function expectApart(packets: readonly Uint8Array[], change: (packet: Uint8Array) => Uint8Array): void {
  for (const at of [0, 1, 2]) {
    const mixed = packets.map((packet, i) => (i === at ? change(packet) : packet));
    expect(writes.joined(mixed)).toEqual(
      [
        [1, 2],
        [1, 1, 1],
        [2, 1],
      ][at],
    );
  }
}

/** Flips bits of a byte. */
const flip = (at: number, bits = 1): Edit => {
  return (bytes) => {
    bytes[at]! ^= bits;
  };
};
/** Sets a TCP flag. */
const setFlag = (bit: number): Edit => {
  return (bytes) => {
    bytes[NETWORK[bytes[0]! >> 4 === 4 ? 4 : 6] + 13]! |= bit;
  };
};

describe('a packet stays apart', () => {
  const bothVersions = (protocol: Protocol, what: string, edit: (network: number) => Edit) =>
    ([4, 6] as const).map((version) => [what, version, protocol, edit(NETWORK[version])] as const);
  const differences = [
    ['DSCP', 4, 'tcp', flip(1, 4)],
    ['ECN', 4, 'tcp', flip(1, 3)],
    ['do-not-fragment bit', 4, 'tcp', flip(6, 0x40)],
    ['reserved bit', 4, 'tcp', flip(6, 0x80)],
    ['time to live', 4, 'udp', flip(8)],
    ['traffic class', 6, 'tcp', flip(0)],
    ['ECN', 6, 'udp', flip(1, 0x30)],
    ['flow label', 6, 'udp', flip(3)],
    ['hop limit', 6, 'tcp', flip(7)],
    ...[0, 3].flatMap((byte) => [
      ['source address', 4, 'tcp', flip(12 + byte)] as const,
      ['destination address', 4, 'udp', flip(16 + byte)] as const,
    ]),
    ...[0, 7, 15].flatMap((byte) => [
      ['source address', 6, 'tcp', flip(8 + byte)] as const,
      ['destination address', 6, 'udp', flip(24 + byte)] as const,
    ]),
    ...(['tcp', 'udp'] as const).flatMap((protocol) => [
      ...bothVersions(protocol, 'source port', (network) => flip(network + 1)),
      ...bothVersions(protocol, 'destination port', (network) => flip(network + 2)),
    ]),
    ...bothVersions('tcp', 'sequence number', (network) => flip(network + 7)),
    ...bothVersions('tcp', 'acknowledgement', (network) => flip(network + 11)),
    ...bothVersions('tcp', 'window', (network) => flip(network + 15)),
    ...bothVersions('tcp', 'reserved bits', (network) => flip(network + 12)),
  ] as const;
  it.each(differences)('with_another_%s_over_IPv%i_and_%s', (_, version, protocol, edit) => {
    expectApart(threePackets(version, protocol), (packet) => edited(packet, edit));
  });

  it.each([
    ['FIN', 0x01],
    ['SYN', 0x02],
    ['RST', 0x04],
    ['URG', 0x20],
    ['ECE', 0x40],
    ['CWR', 0x80],
  ])('with_%s_even_where_all_have_it', (_, bit) => {
    for (const version of [4, 6] as const) {
      expectApart(threePackets(version, 'tcp'), (packet) => edited(packet, setFlag(bit)));
      const all = threePackets(version, 'tcp').map((packet) => edited(packet, setFlag(bit)));
      expect(writes.joined(all)).toEqual([1, 1, 1]);
    }
  });

  it('without_ACK', () => {
    const withoutAck = (packet: Uint8Array) => edited(packet, flip(33, 0x10));
    expectApart(threePackets(4, 'tcp'), withoutAck);
    expect(writes.joined(threePackets(4, 'tcp').map(withoutAck))).toEqual([1, 1, 1]);
  });

  it.each([4, 6] as const)('with_other_TCP_options_over_IPv%i', (version) => {
    for (const length of [4, 12, 40]) {
      const packets = packetFlow(version, 'tcp', [SIZE, SIZE, SIZE], { options: random.bytes(length) });
      for (const at of [0, 1, length - 1])
        expectApart(packets, (packet) => edited(packet, flip(NETWORK[version] + 20 + at)));
    }
  });

  it('with_TCP_options_of_another_length_though_the_bytes_are_the_same', () => {
    const noOperations = new Uint8Array(SIZE).fill(1);
    const packets = [0, 1, 2].map((index) =>
      tcpPacket({
        ...ENDS[4],
        payload: noOperations,
        options: noOperations.slice(0, 4),
        sequence: SIZE * index,
        identification: 7 + index,
      }),
    );
    expect(writes.joined(packets)).toEqual([3]);
    // Four more bytes of header, which were payload.
    expectApart(packets, (packet) => edited(packet, flip(32, 0x60 ^ 0x70)));
  });

  it.each(KINDS)('with_a_wrong_checksum_over_IPv%i_and_%s', (version, protocol) => {
    const network = NETWORK[version];
    const checksum = network + (protocol === 'tcp' ? 16 : 6);
    for (const at of [checksum, checksum + 1, network + 30, network + 60]) {
      expectApart(threePackets(version, protocol), (packet) => spoiled(packet, flip(at)));
      const all = threePackets(version, protocol).map((packet) => spoiled(packet, flip(at)));
      expect(writes.joined(all)).toEqual([1, 1, 1]);
    }
  });

  // Its super-packet would get a right one, and what was to be dropped would be taken.
  it.each(['tcp', 'udp'] as const)('with_a_wrong_IPv4_header_checksum_of_%s', (protocol) => {
    for (const at of [10, 11]) {
      expectApart(threePackets(4, protocol), (packet) => spoiled(packet, flip(at)));
      const all = threePackets(4, protocol).map((packet) => spoiled(packet, flip(at)));
      expect(writes.joined(all)).toEqual([1, 1, 1]);
    }
  });

  it.each([4, 6] as const)('without_a_UDP_checksum_over_IPv%i', (version) => {
    const [field, word] = [NETWORK[version] + 6, NETWORK[version] + 8];
    const withoutChecksum = (packet: Uint8Array) => spoiled(packet, (_, view) => view.setUint16(field, 0));
    // A word of payload that is the checksum without it, so that zero would be right as well.
    const complete = (packet: Uint8Array) => {
      const withoutWord = edited(packet, (_, view) => view.setUint16(word, 0));
      const checksum = new DataView(withoutWord.buffer).getUint16(field);
      return spoiled(withoutWord, (_, view) => view.setUint16(word, checksum));
    };
    for (const change of [withoutChecksum, (packet: Uint8Array) => withoutChecksum(complete(packet))]) {
      expectApart(threePackets(version, 'udp'), change);
      expect(writes.joined(threePackets(version, 'udp').map(change))).toEqual([1, 1, 1]);
    }
  });

  it.each(KINDS)('without_payload_over_IPv%i_and_%s', (version, protocol) => {
    expect(writes.joined(packetFlow(version, protocol, [SIZE, 0, SIZE, SIZE]))).toEqual([1, 1, 2]);
    expect(writes.joined(packetFlow(version, protocol, [0, 0]))).toEqual([1, 1]);
    const options = random.bytes(12);
    expect(writes.joined(packetFlow(version, protocol, [0, 0], { options }))).toEqual([1, 1]);
  });

  it.each([
    [4, 'tcp', 4],
    [4, 'udp', 40],
    [6, 'tcp', 8],
    [6, 'udp', 16],
  ] as const)('with_IPv%i_options_or_extension_headers_before_%s', (version, protocol, length) => {
    const withOptions = (packet: Uint8Array) => withNetworkOptions(packet, length);
    expectApart(threePackets(version, protocol), withOptions);
    expect(writes.joined(threePackets(version, protocol).map(withOptions))).toEqual([1, 1, 1]);
  });

  it.each(['tcp', 'udp'] as const)('with_IPv4_options_that_would_pass_for_%s_ports', (protocol) => {
    const withOptions = (packet: Uint8Array) => edited(packet, flip(0, 0x45 ^ 0x46));
    expectApart(threePackets(4, protocol), withOptions);
    expect(writes.joined(threePackets(4, protocol).map(withOptions))).toEqual([1, 1, 1]);
  });

  it.each([
    ['the first', 0x2000],
    ['a middle', 0x2010],
    ['the last', 0x0010],
  ])('as_%s_fragment', (_, field) => {
    for (const protocol of ['tcp', 'udp'] as const) {
      const fragment = (packet: Uint8Array) => edited(packet, (_, view) => view.setUint16(6, field));
      expectApart(threePackets(4, protocol), fragment);
      expect(writes.joined(threePackets(4, protocol).map(fragment))).toEqual([1, 1, 1]);
    }
  });

  it('out_of_order', () => {
    const [a, b, c] = threePackets(4, 'tcp');
    expect(writes.joined([b!, a!, c!])).toEqual([1, 1, 1]);
    expect(writes.joined([a!, c!, b!])).toEqual([1, 1, 1]);
    expect(writes.joined([a!, a!, b!])).toEqual([1, 2]);
  });

  it.each([
    ['whose TCP header is shorter than 20 bytes', 'tcp', 32, 0x40],
    ['whose TCP header is longer than the packet', 'tcp', 32, 0xf0],
    ['whose UDP length is shorter than the packet', 'udp', 25, SIZE - 10],
    ['whose UDP length is longer than the packet', 'udp', 25, SIZE + 9],
    ['whose UDP length is shorter than its header', 'udp', 25, 7],
  ] as const)('%s', (_, protocol, at, value) => {
    const size = protocol === 'tcp' ? 30 : SIZE;
    const odd = (packet: Uint8Array) =>
      edited(packet, (bytes) => {
        bytes[at] = value;
      });
    const packets = packetFlow(4, protocol, [size, size, size]);
    expectApart(packets, odd);
    expect(writes.joined(packets.map(odd))).toEqual([1, 1, 1]);
  });

  it('whose_TCP_header_is_too_short_though_the_sequence_numbers_go_on_accordingly', () => {
    const packets = threePackets(4, 'tcp').map((packet, i) =>
      edited(packet, (bytes, view) => {
        bytes[32] = 0x40;
        view.setUint32(24, i * (SIZE + 4));
      }),
    );
    expect(writes.joined(packets)).toEqual([1, 1, 1]);
  });

  it('that_ends_within_its_headers', () => {
    for (const [version, protocol] of KINDS) {
      for (let length = NETWORK[version]; length <= NETWORK[version] + 20; length++) {
        const short = threePackets(version, protocol).map((packet) => packet.slice(0, length));
        expect(writes.of(short)).toEqual(short.map(alone));
      }
    }
  });
});
