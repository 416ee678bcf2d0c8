import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { meeting } from '../../../helper/routes/plan.ts';
import { rangesMeet, rangesOf } from '../../../renderer/lib/allowed-ips.ts';

describe('allowed IPs', () => {
  it.each([
    [['10.0.0.0/8'], ['10.255.0.0/16'], true],
    [['10.0.0.0/8'], ['11.0.0.0/8'], false],
    [['0.0.0.0/0'], ['::/0'], false],
    [['::/0'], ['fd00:1::7/128'], true],
    [['2001:db8::/33'], ['2001:db8:8000::/33'], false],
    [['192.0.2.1'], ['192.0.2.0/31'], true],
    [[], ['0.0.0.0/0'], false],
  ])('%j and %j meet: %s', (some, others, expected) => {
    expect(allowedIpsMeet(some, others)).toBe(expected);
    expect(allowedIpsMeet(others, some)).toBe(expected);
  });

  it('meet where the helper says so', () => {
    const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 }));
    const v6 = fc.tuple(
      fc.array(fc.constantFrom('0', '1', 'ff', '8000'), { minLength: 8, maxLength: 8 }),
      fc.integer({ min: 0, max: 128 }),
    );
    const text = fc.oneof(
      v4.map(([address, length]) => `${address}/${length}`),
      v6.map(([words, length]) => `${words.join(':')}/${length}`),
    );
    const prefixes = fc.array(text, { maxLength: 4 });
    fc.assert(
      fc.property(prefixes, prefixes, (some, others) => {
        const parsed = [some, others].map((each) => each.map((one) => String(parse(one))));
        expect(allowedIpsMeet(parsed[0]!, parsed[1]!)).toBe(
          meeting(some.map(parse), others.map(parse)) !== null,
        );
      }),
    );
  });
});

function allowedIpsMeet(some: readonly string[], others: readonly string[]): boolean {
  return rangesMeet(rangesOf(some), rangesOf(others));
}

function parse(text: string): IpPrefix {
  return IpPrefix.parse(text)!.masked();
}
