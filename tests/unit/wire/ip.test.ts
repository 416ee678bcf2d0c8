import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  finishIpHeader,
  foldChecksum,
  type InnerVersion,
  innerLength,
  innerVersion,
  isUdpTo,
  propagateCongestion,
  sumWords,
  trafficClassOf,
} from '../../../engine/wire/ip.ts';
import { faultOf, internetChecksum, pingPacket, tcpPacket, udpPacket } from '../../support/inner-packets.ts';

const V4 = { source: '10.0.0.1', destination: '10.0.0.2' };
const V6 = { source: 'fd00::1', destination: 'fd00::2' };
const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

describe('the inner version', () => {
  it('only_4_and_6_are_versions', () => {
    for (let nibble = 0; nibble < 16; nibble++) {
      const expected = nibble === 4 || nibble === 6 ? nibble : null;
      expect(innerVersion(viewOf(Uint8Array.of(nibble << 4)), 0)).toBe(expected);
    }
  });
});

describe('the inner length', () => {
  const lengthOf = (packet: Uint8Array, version: InnerVersion, at = packet.length) =>
    innerLength(viewOf(packet), 0, at, version);

  it('it_is_the_headers_and_not_the_paddings', () => {
    const padded = (packet: Uint8Array) => Uint8Array.of(...packet, ...new Uint8Array(11));
    expect(lengthOf(padded(pingPacket(V4)), 4)).toBe(44);
    expect(lengthOf(padded(pingPacket(V6)), 6)).toBe(64);
  });

  it.each([
    ['4', V4, 20],
    ['6', V6, 40],
  ])('an_IPv%s_packet_shorter_than_its_header_has_none', (version, ends, headerLength) => {
    const packet = pingPacket(ends);
    for (let length = 1; length < headerLength; length++)
      expect(lengthOf(packet, Number(version) as InnerVersion, length)).toBeNull();
  });

  it('a_claim_beyond_the_payload_or_below_the_header_is_none', () => {
    const packet = pingPacket(V4);
    viewOf(packet).setUint16(2, packet.length + 1);
    expect(lengthOf(packet, 4)).toBeNull();
    viewOf(packet).setUint16(2, 19);
    expect(lengthOf(packet, 4)).toBeNull();
    viewOf(packet).setUint16(2, 20);
    expect(lengthOf(packet, 4)).toBe(20);
    const packet6 = pingPacket(V6);
    viewOf(packet6).setUint16(4, packet6.length - 40 + 1);
    expect(lengthOf(packet6, 6)).toBeNull();
    viewOf(packet6).setUint16(4, 0);
    expect(lengthOf(packet6, 6)).toBe(40);
  });
});

describe('congestion', () => {
  const ECN = { 'not-ECT': 0, 'ECT(1)': 1, 'ECT(0)': 2, CE: 3 };

  it.each(
    Object.entries(ECN).flatMap(([outer, o]) =>
      Object.entries(ECN).map(([inner, i]) => [outer, inner, o, i]),
    ),
  )('an_outer_%s_over_an_inner_%s_is_propagated_as_RFC_6040_says', (_, __, outer, inner) => {
    for (const ends of [V4, V6]) {
      const packet = udpPacket({ ...ends, trafficClass: 0xb8 | Number(inner) });
      const version = ends === V4 ? 4 : 6;
      propagateCongestion(viewOf(packet), 0, version, 0x88 | Number(outer));
      const expected = outer === 3 && inner !== 0 ? 3 : Number(inner);
      expect(trafficClassOf(viewOf(packet), 0, version)).toBe(0xb8 | expected);
      expect(faultOf(packet)).toBeNull();
    }
  });

  it('the_IPv4_checksum_stays_right_for_every_header', () => {
    const octet = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(
        fc.tuple(octet, octet, octet, octet),
        octet,
        fc.nat(65_535),
        (ip, trafficClass, identification) => {
          const packet = udpPacket({
            source: ip.join('.'),
            destination: '10.0.0.2',
            trafficClass,
            identification,
          });
          propagateCongestion(viewOf(packet), 0, 4, 3);
          expect(internetChecksum(packet.subarray(0, 20))).toBe(0);
        },
      ),
    );
  });

  it('an_IPv6_flow_label_survives', () => {
    const packet = udpPacket({ ...V6, trafficClass: 2 });
    propagateCongestion(viewOf(packet), 0, 6, 3);
    expect(viewOf(packet).getUint32(0)).toBe(0x603abcde);
  });
});

describe('UDP to a port', () => {
  const isTo = (packet: Uint8Array, port: number, length = packet.length) =>
    isUdpTo(viewOf(packet), 0, length, (packet[0]! >> 4) as InnerVersion, port);

  it.each([
    ['4', V4],
    ['6', V6],
  ])('it_is_recognised_in_IPv%s', (_, ends) => {
    const packet = udpPacket({ ...ends, destinationPort: 51820 });
    expect(isTo(packet, 51820)).toBe(true);
    expect(isTo(packet, 51821)).toBe(false);
    expect(isTo(tcpPacket({ ...ends, destinationPort: 51820 }), 51820)).toBe(false);
  });

  it('IPv4_options_are_skipped', () => {
    const plain = udpPacket({ ...V4, destinationPort: 51820 });
    const packet = Uint8Array.of(...plain.subarray(0, 20), 1, 1, 1, 1, ...plain.subarray(20));
    packet[0] = 0x46;
    expect(isTo(packet, 51820)).toBe(true);
  });

  it('a_later_fragment_has_no_port', () => {
    const packet = udpPacket({ ...V4, destinationPort: 51820 });
    viewOf(packet).setUint16(6, 0x2001);
    expect(isTo(packet, 51820)).toBe(false);
  });

  it('a_packet_cut_before_its_port_is_no_UDP_to_anything', () => {
    const packet = udpPacket({ ...V4, destinationPort: 51820 });
    expect(isTo(packet, 51820, 23)).toBe(false);
    expect(isTo(packet, 51820, 24)).toBe(true);
  });
});

describe('checksums', () => {
  it('the_sum_agrees_with_the_slow_one_for_any_bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200, size: 'max' }), (data) => {
        const bytes = Uint8Array.from(data);
        const checksum = ~foldChecksum(sumWords(viewOf(bytes), 0, bytes.length)) & 0xffff;
        expect(checksum % 0xffff).toBe(internetChecksum(bytes) % 0xffff);
      }),
    );
  });

  it('a_finished_header_has_length_identification_and_checksum', () => {
    const packet = udpPacket(V4).subarray(0, 28);
    finishIpHeader(viewOf(packet), 0, 4, 28, 0xffff + 2);
    expect(viewOf(packet).getUint16(4)).toBe(1);
    expect(faultOf(packet)).toBeNull();
  });
});
