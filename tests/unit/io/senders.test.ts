/** Senders are told apart by all that the kernel says of them, and the same one is the same object. */
import { beforeEach, describe, expect, it } from 'vitest';
import { Senders } from '../../../engine/io/linux/senders.ts';
import { SOCKADDR_LENGTH, writeSockaddr } from '../../../engine/io/linux/sockaddr.ts';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import { Endpoint } from '../../../engine/peer/endpoint.ts';
import { IpAddress, type IpFamily } from '../../../engine/wire/ip-prefix.ts';

let memory: SharedMemory;
let senders: Senders;
let name: number;
let pktinfo: number;
beforeEach(() => {
  memory = new SharedMemory(65_536);
  senders = new Senders(memory);
  name = memory.allocate(SOCKADDR_LENGTH);
  pktinfo = memory.allocate(20);
});

/** What is found for a datagram from `text`, which came to `source` on interface 7. */
function sender(text: string, source: string | null): Endpoint {
  const endpoint = Endpoint.parse(text)!;
  const family: IpFamily = text.startsWith('[') ? 6 : 4;
  memory.bytes.fill(0xee, name, name + SOCKADDR_LENGTH);
  writeSockaddr(memory, name, endpoint);
  if (source === null) return senders.endpoint(family, name, 0);
  const { bytes } = IpAddress.parse(source)!;
  // struct in_pktinfo begins with the interface, in6_pktinfo ends with it.
  memory.view.setUint32(family === 4 ? pktinfo : pktinfo + 16, 7, true);
  memory.bytes.set(bytes, family === 4 ? pktinfo + 4 : pktinfo);
  return senders.endpoint(family, name, pktinfo);
}

describe.each([
  ['IPv4', '192.0.2.1:51820', '198.51.100.1', ['192.0.2.2:51820', '192.0.2.1:51821'], '198.51.100.2'],
  [
    'IPv6',
    '[2001:db8::1]:51820',
    '2001:db8::99',
    ['[2001:db8::2]:51820', '[2001:db8::1]:51821', '[2001:db9::1]:51820', '[2001:db8::1%3]:51820'],
    '2001:db8::98',
  ],
])('a sender over %s', (_family, text, source, others, otherSource) => {
  it('is_read_whole', () => {
    const found = sender(text, source);
    expect(found.toString()).toBe(text);
    expect(found.source?.address.toString()).toBe(source);
    expect(found.source?.interfaceIndex).toBe(7);
    expect(sender(text, null).source).toBeNull();
  });

  it('is_one_object', () => {
    expect(sender(text, source)).toBe(sender(text, source));
    expect(sender(text, null)).toBe(sender(text, null));
  });

  it.each(others)('is_not_%s', (other) => {
    const found = sender(text, source);
    expect(sender(other, source).toString()).toBe(other);
    expect(sender(other, source).equals(found)).toBe(false);
    expect(sender(text, source).equals(found)).toBe(true);
  });

  it('is_another_where_it_reached_another_of_our_addresses_or_none_is_known', () => {
    const found = sender(text, source);
    expect(sender(text, otherSource).source?.address.toString()).toBe(otherSource);
    expect(sender(text, null).source).toBeNull();
    expect(sender(text, source).equals(found)).toBe(true);
  });
});

it('many_senders_are_each_read_right_whatever_slots_they_share', () => {
  const texts = Array.from({ length: 1_000 }, (_, i) => `10.0.${i >> 8}.${i & 0xff}:${1_000 + (i % 7)}`);
  for (const text of [...texts, ...texts]) expect(sender(text, '198.51.100.1').toString()).toBe(text);
  for (const text of ['[::ffff:10.0.0.1]:1001', '10.0.0.1:1001', '[::ffff:10.0.0.1]:1001']) {
    expect(sender(text, null).toString()).toBe(text);
  }
});
