import { expect, it } from 'vitest';
import { type DnsOptions, dnsFor } from '../../../../helper/dns/index.ts';
import { ManualClock } from '../fake-world.ts';

const SETTINGS = { device: 'home', servers: ['10.7.0.1'], searchDomains: [], isFullTunnel: true };

it.each(['darwin', 'win32'] as const)(
  '%s_says_that_it_cannot_yet_and_lets_the_helper_start',
  async (platform) => {
    const options: DnsOptions = { stateDir: '/nowhere', clock: new ManualClock(), log: () => {} };
    const dns = dnsFor(platform, options);
    await dns.recover([]);
    await expect(dns.apply(SETTINGS)).rejects.toThrow('DNS is not supported on this system');
    await expect(dns.revert('home')).rejects.toThrow('DNS is not supported on this system');
  },
);
