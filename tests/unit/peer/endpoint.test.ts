import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../../engine/peer/endpoint.ts';
import { IpAddress } from '../../../engine/wire/ip-prefix.ts';

describe('an endpoint', () => {
  it.each(['192.0.2.1:51820', '[2001:db8::1]:1', '[fe80::1%3]:65535', '0.0.0.0:0', '[::ffff:192.0.2.1]:7'])(
    'the_text_%s_is_read_and_written',
    (text) => {
      expect(Endpoint.parse(text)?.toString()).toBe(text);
    },
  );

  it.each([
    '',
    '192.0.2.1',
    '192.0.2.1:',
    '192.0.2.1:65536',
    '192.0.2.1:-1',
    '192.0.2.1: 1',
    '[192.0.2.1]:1',
    '2001:db8::1:1',
    '[2001:db8::1]',
    '[2001:db8::1%eth0]:1',
    '[fe80::1%]:1',
    '256.0.0.1:1',
    'example.org:1',
    '192.0.2.1:51820 ',
  ])('the_text_%j_is_refused', (text) => {
    expect(Endpoint.parse(text)).toBeNull();
  });

  it('its_bytes_are_address_then_port', () => {
    expect(Endpoint.parse('192.0.2.1:51820')!.toBytes()).toEqual(Uint8Array.of(192, 0, 2, 1, 0xca, 0x6c));
    expect(Endpoint.parse('[2001:db8::1]:1')!.toBytes()).toHaveLength(18);
  });

  it('without_source_only_the_source_is_gone', () => {
    const source = { address: IpAddress.parse('192.0.2.9')!, interfaceIndex: 4 };
    const endpoint = new Endpoint(IpAddress.parse('fe80::1')!, 5, 6, source);
    const without = endpoint.withoutSource();
    expect(without.source).toBeNull();
    expect(without.toString()).toBe('[fe80::1%6]:5');
    expect(endpoint.source).toBe(source);
    expect(without.withoutSource()).toBe(without);
  });
});
