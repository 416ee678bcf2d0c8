/** Random mixtures of flows on their way to TUN: whatever is joined, the same packets come out, in the same order. */
import { expect, it } from 'vitest';
import { pingPacket, TCP, tcpPacket, UDP, udpPacket } from '../../support/inner-packets.ts';
import { withNetworkOptions } from '../../support/network-options.ts';
import { edited, spoiled } from '../../support/packet-edits.ts';
import { TunWrites } from '../../support/tun-writes.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';

const ENDS = [
  { source: '10.0.0.1', destination: '10.0.0.2' },
  { source: '10.0.0.3', destination: '10.0.0.2' },
  { source: 'fd00::1', destination: 'fd00::2' },
  { source: 'fd00::1', destination: 'fd00::3' },
];
const PUSH = 0x08;

/** One sender of TCP or UDP, that mostly or always sends what can be joined. */
class Flow {
  readonly #random: SeededRandom;
  readonly #protocol: number;
  readonly #fields: { source: string; destination: string; sourcePort: number; options: Uint8Array };
  readonly #isV4: boolean;
  readonly #size: number;
  /** How often it does something else. */
  readonly #unrest: number;
  #sequence: number;
  #acknowledgment = 1;
  #identification: number;

  /** @param sourcePort which no other flow has: of one flow, identifications must count on */
  constructor(random: SeededRandom, sourcePort: number) {
    this.#random = random;
    this.#protocol = random.pick([TCP, UDP]);
    const options = random.bytes(random.pick([0, 0, 12, 40]));
    this.#fields = { ...random.pick(ENDS), sourcePort, options };
    this.#isV4 = this.#fields.source.includes('.');
    this.#size = random.pick([1, 17, 100, 1_000, 1_380]);
    this.#unrest = random.pick([0, 0.02, 0.1]);
    this.#sequence = random.pick([0, random.uint32(), 2 ** 32 - random.below(20_000)]) >>> 0;
    this.#identification = random.below(65_536);
  }

  next(): Uint8Array {
    const random = this.#random;
    const packet = this.#ordinary();
    const network = this.#isV4 ? 20 : 40;
    if (!random.chance(this.#unrest)) return packet;
    const flip = (at: number, bits: number) =>
      edited(packet, (bytes) => {
        bytes[at]! ^= bits;
      });
    const kinds = [
      // Traffic class, fragments or flow label, time to live or hop limit.
      () => flip(1, 0x10),
      () => flip(this.#isV4 ? 6 : 3, 0x20),
      () => flip(this.#isV4 ? 8 : 7, 1),
      // Any byte of TCP's or UDP's header but the urgent pointer, which says nothing without URG (RFC 9293 §3.1).
      () => edited(packet, (bytes) => bytes.set([random.below(256)], network + random.below(18))),
      () => spoiled(packet, (bytes) => bytes.set([bytes.at(-1)! ^ 0x80], bytes.length - 1)),
      () => withNetworkOptions(packet, 8),
    ];
    return packet.length > network + 20 ? random.pick(kinds)() : packet;
  }

  #ordinary(): Uint8Array {
    const random = this.#random;
    const unrest = this.#unrest;
    const size = random.chance(unrest) ? random.below(1_400) : this.#size;
    const payload = random.bytes(size);
    this.#identification = (this.#identification + 1) & 0xffff;
    const identification = this.#identification;
    if (this.#protocol === UDP) return udpPacket({ ...this.#fields, payload, identification });
    if (random.chance(unrest / 2)) this.#acknowledgment++;
    if (random.chance(unrest / 4)) this.#sequence = (this.#sequence - random.below(3_000)) >>> 0;
    const flags =
      0x10 | (random.chance(unrest / 2) ? PUSH : 0) | (random.chance(unrest / 8) ? 1 << random.below(8) : 0);
    const sequence = this.#sequence;
    this.#sequence = (sequence + size) >>> 0;
    const acknowledgment = this.#acknowledgment;
    return tcpPacket({ ...this.#fields, payload, identification, flags, sequence, acknowledgment });
  }
}

/** Bursts of a few flows, as a tunnel's peer sends them. */
function mixture(random: SeededRandom, count: number): Uint8Array[] {
  const flows = Array.from({ length: 1 + random.below(6) }, (_, i) => new Flow(random, i));
  const packets: Uint8Array[] = [];
  while (packets.length < count) {
    if (random.chance(0.05)) packets.push(pingPacket(random.pick(ENDS)));
    const flow = random.pick(flows);
    for (let burst = random.pick([1, 2, 8, 80]); burst > 0; burst--) packets.push(flow.next());
  }
  return packets;
}

it.each([true, false])('packets_come_out_as_they_went_in_with_UDP_joined_%s', (mergesUdp) => {
  const writes = new TunWrites(mergesUdp);
  const random = new SeededRandom(81);
  const counts = { packets: 0, writes: 0, longest: 0 };
  for (let round = 0; round < 150; round++) {
    const packets = mixture(random, random.pick([10, 100, 400]));
    // All packets, in the order of all flows together: none overtakes another.
    const groups = writes.joined(packets);
    counts.packets += packets.length;
    counts.writes += groups.length;
    counts.longest = Math.max(counts.longest, ...groups);
  }
  expect(counts.packets).toBeGreaterThan(20_000);
  expect(counts.writes).toBeLessThan(counts.packets * (mergesUdp ? 0.5 : 0.8));
  expect(counts.longest).toBe(64);
});
