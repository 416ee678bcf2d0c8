import { beforeEach, describe, expect, it } from 'vitest';
import { AllowedIps } from '../../../engine/device/allowed-ips.ts';
import { IpAddress, IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { pingPacket } from '../../support/inner-packets.ts';
import { VirtualNetwork } from '../../support/virtual-network.ts';

class Owner {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

const [A, B, C] = ['A', 'B', 'C'].map((name) => new Owner(name)) as [Owner, Owner, Owner];
let table: AllowedIps<Owner>;

beforeEach(() => {
  table = new AllowedIps();
});

const prefix = (text: string) => IpPrefix.parse(text)!;
const give = (text: string, owner: Owner) => table.insert(prefix(text), owner);
const prefixesOf = (owner: Owner) => table.prefixesOf(owner).map(String);

function ownerOf(text: string): string | null {
  const { bytes } = IpAddress.parse(text)!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const owner =
    bytes.length === 4
      ? table.lookup4(view.getUint32(0))
      : table.lookup6(view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12));
  return owner?.name ?? null;
}

describe('looking up', () => {
  it('nobody_owns_anything_at_first', () => {
    expect([ownerOf('10.0.0.1'), ownerOf('::1')]).toEqual([null, null]);
  });

  it('the_longest_prefix_wins_in_whatever_order_they_came', () => {
    const given: [string, Owner][] = [
      ['0.0.0.0/0', A],
      ['10.0.0.0/8', B],
      ['10.1.0.0/16', C],
      ['10.1.2.3/32', A],
      ['::/0', B],
      ['fd00::/8', A],
      ['fd00:1::/32', C],
      ['fd00:1::1/128', B],
    ];
    for (const order of [given, [...given].reverse()]) {
      table = new AllowedIps();
      for (const [text, owner] of order) give(text, owner);
      const asked = [
        '9.9.9.9',
        '10.2.0.1',
        '10.1.2.4',
        '10.1.2.3',
        '1::',
        'fd01::',
        'fd00:1::2',
        'fd00:1::1',
      ];
      expect(asked.map(ownerOf)).toEqual(['A', 'B', 'C', 'A', 'B', 'A', 'C', 'B']);
    }
  });

  it('every_prefix_length_covers_exactly_its_addresses', () => {
    for (let length = 0; length <= 32; length++) {
      table = new AllowedIps();
      give(`170.170.170.170/${length}`, A);
      expect(ownerOf('170.170.170.170')).toBe('A');
      if (length === 0) continue;
      const flipped = (0xaaaaaaaa ^ (1 << (32 - length))) >>> 0;
      expect(table.lookup4(flipped)).toBeNull();
      if (length < 32) expect(table.lookup4((0xaaaaaaaa ^ (1 << (31 - length))) >>> 0)).toBe(A);
    }
    for (let length = 1; length <= 128; length++) {
      table = new AllowedIps();
      give(`5555:5555:5555:5555:5555:5555:5555:5555/${length}`, A);
      const words = [0x55555555, 0x55555555, 0x55555555, 0x55555555] as [number, number, number, number];
      expect(table.lookup6(...words)).toBe(A);
      words[(length - 1) >> 5]! ^= 1 << (31 - ((length - 1) & 31));
      expect(table.lookup6(...(words.map((word) => word >>> 0) as typeof words))).toBeNull();
    }
  });

  it('families_do_not_mix', () => {
    give('0.0.0.0/0', A);
    expect(ownerOf('::')).toBeNull();
    expect(ownerOf('::ffff:10.0.0.1')).toBeNull();
    give('::/0', B);
    expect([ownerOf('0.0.0.0'), ownerOf('::')]).toEqual(['A', 'B']);
  });

  it('host_bits_are_ignored', () => {
    give('10.1.2.3/8', A);
    expect(ownerOf('10.200.0.1')).toBe('A');
    expect(prefixesOf(A)).toEqual(['10.0.0.0/8']);
  });
});

describe('giving', () => {
  it('a_prefix_moves_to_its_newest_owner_exactly', () => {
    give('10.0.0.0/8', A);
    give('10.1.0.0/16', A);
    give('10.0.0.0/8', B);
    expect([ownerOf('10.2.0.1'), ownerOf('10.1.0.1')]).toEqual(['B', 'A']);
    expect([prefixesOf(A), prefixesOf(B)]).toEqual([['10.1.0.0/16'], ['10.0.0.0/8']]);
  });

  it('a_more_specific_prefix_shadows_and_does_not_remove', () => {
    give('10.0.0.0/8', A);
    give('10.1.0.0/16', B);
    expect(prefixesOf(A)).toEqual(['10.0.0.0/8']);
    expect(table.remove(prefix('10.1.0.0/16'), B)).toBe(true);
    expect(ownerOf('10.1.0.1')).toBe('A');
  });

  it('prefixes_are_listed_IPv4_first_each_family_in_the_order_in_which_they_were_given', () => {
    const texts = ['10.9.0.0/16', '::/0', '10.1.0.0/16', '0.0.0.0/0', '10.1.2.0/24'];
    for (const text of texts) give(text, A);
    give('10.1.0.0/16', A);
    expect(prefixesOf(A)).toEqual(['10.9.0.0/16', '10.1.0.0/16', '0.0.0.0/0', '10.1.2.0/24', '::/0']);
  });
});

describe('taking away', () => {
  it('only_the_exact_prefix_of_its_owner_goes', () => {
    give('10.0.0.0/8', A);
    for (const [text, owner] of [
      ['10.0.0.0/8', B],
      ['10.0.0.0/9', A],
      ['10.0.0.0/7', A],
      ['11.0.0.0/8', A],
      ['::/8', A],
    ] as const) {
      expect(table.remove(prefix(text), owner)).toBe(false);
    }
    expect(ownerOf('10.0.0.1')).toBe('A');
    expect(table.remove(prefix('10.0.0.0/8'), A)).toBe(true);
    expect(ownerOf('10.0.0.1')).toBeNull();
    expect(table.remove(prefix('10.0.0.0/8'), A)).toBe(false);
  });

  it('what_lies_below_and_above_stays', () => {
    give('10.0.0.0/8', A);
    give('10.0.0.0/16', B);
    give('10.0.0.0/24', C);
    table.remove(prefix('10.0.0.0/16'), B);
    expect([ownerOf('10.0.0.1'), ownerOf('10.0.1.1'), ownerOf('10.1.0.1')]).toEqual(['C', 'A', 'A']);
  });

  it('an_owner_leaves_with_all_of_its_prefixes_and_no_others', () => {
    for (const text of ['10.0.0.0/8', '10.1.0.0/16', '::/0', '10.1.1.1/32']) give(text, A);
    for (const text of ['10.1.1.0/24', 'fd00::/8']) give(text, B);
    table.removeOwner(A);
    expect(['10.1.1.1', '10.1.2.1', '10.9.9.9', 'fd00::1', '1::'].map(ownerOf)).toEqual([
      'B',
      null,
      null,
      'B',
      null,
    ]);
    expect(prefixesOf(A)).toEqual([]);
    table.removeOwner(A);
    table.removeOwner(B);
    expect(ownerOf('10.1.1.1')).toBeNull();
  });
});

describe('a device', () => {
  it('routes_by_destination_and_admits_by_source_in_any_mix_of_families', () => {
    const network = new VirtualNetwork();
    const hub = network.addNode('hub');
    const spokes = ['s1', 's2', 's3'].map((name, i) =>
      network.addNode(name, { outer: i === 1 ? '[2001:db8::5]:51820' : '' }),
    );
    for (const spoke of spokes) network.join(hub, spoke);
    for (const spoke of spokes) {
      hub.send(spoke, 4);
      hub.send(spoke, 6);
      spoke.send(hub, 4);
      spoke.send(hub, 6);
    }
    network.runFor(1_000);
    expect(spokes.map(({ delivered }) => delivered.length)).toEqual([2, 2, 2]);
    expect(hub.delivered).toHaveLength(6);
  });

  it('a_moved_prefix_moves_what_is_sent_and_what_is_admitted', () => {
    const network = new VirtualNetwork();
    const [hub, first, second] = ['hub', 'first', 'second'].map((name) => network.addNode(name));
    network.join(hub!, first!);
    network.join(hub!, second!);
    const packet = pingPacket({ source: first!.inner4, destination: hub!.inner4 });
    hub!.device.addAllowedIp(prefix(first!.inner4), hub!.peerOf(second!));
    first!.sendPacket(packet);
    second!.sendPacket(packet);
    network.runFor(1_000);
    expect(hub!.delivered).toHaveLength(1);
    expect(hub!.drops('disallowed-source')).toBe(1);
    expect(hub!.device.allowedIpsOf(hub!.peerOf(first!)).map(String)).toEqual(['fd00::2/128']);
    hub!.device.removeAllowedIp(prefix(first!.inner4), hub!.peerOf(first!));
    expect(hub!.device.allowedIpsOf(hub!.peerOf(second!))).toHaveLength(3);
    hub!.device.clearAllowedIps(hub!.peerOf(second!));
    hub!.send(first!);
    expect(hub!.drops('no-route')).toBe(1);
  });
});
