import { beforeEach, describe, expect, it } from 'vitest';
import { RateLimiter } from '../../../engine/device/rate-limiter.ts';
import { IpAddress } from '../../../engine/wire/ip-prefix.ts';

let limiter: RateLimiter;

beforeEach(() => {
  limiter = new RateLimiter();
});

const address = (text: string) => IpAddress.parse(text)!;
const SOURCE = address('192.0.2.1');

/** @returns how many of `count` messages at once are let through */
function burst(count: number, now: number, source = SOURCE): number {
  let allowed = 0;
  for (let i = 0; i < count; i++) if (limiter.allow(source, now)) allowed++;
  return allowed;
}

describe('the rate limiter', () => {
  it('a_burst_of_5_and_then_one_every_50_ms', () => {
    expect(burst(10, 0)).toBe(5);
    expect(burst(10, 49)).toBe(0);
    expect(burst(10, 50)).toBe(1);
    expect(burst(10, 100)).toBe(1);
    expect(burst(10, 300)).toBe(4);
    expect(burst(10, 10_000)).toBe(5);
  });

  it('20_a_second_over_a_minute', () => {
    let allowed = 0;
    for (let now = 0; now < 60_000; now += 7) allowed += burst(1, now);
    expect(allowed).toBeGreaterThanOrEqual(60 * 20 - 1);
    expect(allowed).toBeLessThanOrEqual(60 * 20 + 5);
  });

  it('each_IPv4_address_has_its_own_bucket', () => {
    expect(burst(10, 0)).toBe(5);
    expect(burst(10, 0, address('192.0.2.2'))).toBe(5);
  });

  it('an_IPv6_64_shares_one_bucket', () => {
    expect(burst(3, 0, address('2001:db8:1:2::1'))).toBe(3);
    expect(burst(3, 0, address('2001:db8:1:2:ffff::2'))).toBe(2);
    expect(burst(3, 0, address('2001:db8:1:3::1'))).toBe(3);
  });

  it('an_IPv4_address_and_an_IPv6_prefix_of_like_bytes_are_two_sources', () => {
    expect(burst(5, 0, address('32.1.13.184'))).toBe(5);
    expect(burst(5, 0, address('2001:db8::1'))).toBe(5);
  });

  it('full_buckets_are_forgotten', () => {
    for (let i = 0; i < 1_000; i++) limiter.allow(address(`10.0.${i >> 8}.${i & 255}`), 5_000);
    expect(limiter.size).toBe(1_000);
    limiter.allow(SOURCE, 6_000);
    expect(limiter.size).toBe(1);
  });

  it('past_65536_sources_strangers_are_refused_and_not_remembered', () => {
    for (let i = 0; i < 65_536; i++) limiter.allow(address(`10.${i >> 8}.${i & 255}.1`), 0);
    expect(limiter.size).toBe(65_536);
    expect(limiter.allow(SOURCE, 0)).toBe(false);
    expect(limiter.size).toBe(65_536);
    expect(limiter.allow(address('10.0.0.1'), 0)).toBe(true);
    expect(limiter.allow(SOURCE, 1_000)).toBe(true);
  });
});
