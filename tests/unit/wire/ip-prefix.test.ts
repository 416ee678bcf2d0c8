import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpAddress, IpPrefix } from '../../../engine/wire/ip-prefix.ts';

describe('an address', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ])('%s_is_read_and_written_as_%s', (text, written) => {
    expect(IpAddress.parse(text)?.toString()).toBe(written);
  });

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '256.1.1.1',
    '0x1.2.3.4',
    '::1%eth0',
    ':::',
    '1::2::3',
    '::1.2.3.0x4',
  ])('%j_is_refused', (text) => {
    expect(IpAddress.parse(text)).toBeNull();
  });

  it('families_never_equal_each_other', () => {
    expect(IpAddress.parse('::')!.equals(IpAddress.parse('0.0.0.0')!)).toBe(false);
    expect(() => new IpAddress(new Uint8Array(5))).toThrow(RangeError);
  });

  it('gives_back_the_bytes_it_was_made_of_and_equals_no_other', () => {
    const anyBytes = fc
      .constantFrom(4, 16)
      .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    fc.assert(
      fc.property(anyBytes, fc.nat(15), fc.integer({ min: 1, max: 255 }), (bytes, at, difference) => {
        const address = new IpAddress(bytes);
        expect(address.bytes).toEqual(bytes);
        expect(address.bits).toBe(bytes.length * 8);
        expect(address.equals(new IpAddress(bytes))).toBe(true);
        const memory = new Uint8Array(20);
        address.writeTo(new DataView(memory.buffer), 2);
        expect([...memory]).toEqual([0, 0, ...bytes, ...new Array(18 - bytes.length).fill(0)]);
        const other = Uint8Array.from(bytes);
        other[at % bytes.length]! ^= difference;
        expect(address.equals(new IpAddress(other))).toBe(false);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});

describe('a prefix', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3/32', '10.1.2.3/32'],
    ['10.1.2.3/8', '10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3/0', '10.1.2.3/0', '0.0.0.0/0'],
    ['255.255.255.255/13', '255.255.255.255/13', '255.248.0.0/13'],
    ['2001:db8:ffff::1/33', '2001:db8:ffff::1/33', '2001:db8:8000::/33'],
    ['::1', '::1/128', '::1/128'],
  ])('%s_is_%s_and_masked_%s', (text, written, masked) => {
    const prefix = IpPrefix.parse(text)!;
    expect(prefix.toString()).toBe(written);
    expect(prefix.masked().toString()).toBe(masked);
    expect(prefix.hasHostBits()).toBe(written !== masked);
  });

  it.each([
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/1a',
    '/8',
    '10.0.0.0/8/8',
    '10.0.0.0/ 8',
  ])('%j_is_refused', (text) => {
    expect(IpPrefix.parse(text)).toBeNull();
  });

  it('equality_is_of_address_and_length', () => {
    const prefix = IpPrefix.parse('10.0.0.0/8')!;
    expect(prefix.equals(IpPrefix.parse('10.0.0.0/8')!)).toBe(true);
    expect(prefix.equals(IpPrefix.parse('10.0.0.0/9')!)).toBe(false);
    expect(() => new IpPrefix(IpAddress.parse('10.0.0.0')!, 33)).toThrow(RangeError);
  });
});
