import { describe, expect, it } from 'vitest';
import { IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { Failure } from '../../../helper/failure.ts';
import { createLinuxFirewall } from '../../../helper/firewall/linux.ts';
import { type NftCommand, NftRefused } from '../../../helper/firewall/nft-command.ts';
import type { FirewallPolicy } from '../../../helper/firewall/policy.ts';
import { removalOf, ruleset } from '../../../helper/firewall/ruleset.ts';
import type { IpCommand } from '../../../helper/network/ip-command.ts';

const address = (text: string) => IpPrefix.parse(text)!.address;
const open: FirewallPolicy = {
  isClosed: false,
  guardsDns: false,
  tunnels: [],
  bypassMark: null,
  bridges: [],
  outside: [],
  lan: [],
};
const closed: FirewallPolicy = {
  isClosed: true,
  guardsDns: true,
  tunnels: [
    {
      device: 'wf0',
      addresses: [address('10.7.0.2')],
      bearer: {
        mark: 7,
        endpoints: [
          { address: address('192.0.2.1'), port: 5 },
          { address: address('192.0.2.1'), port: 5 },
        ],
      },
    },
  ],
  bypassMark: 7,
  bridges: [],
  outside: ['eth0'],
  lan: [{ prefix: IpPrefix.parse('192.168.1.0/24')!, device: 'wlan0', metric: 1, source: null }],
};
const REMOVAL = ['inet', 'netdev', 'arp'].map(
  (family) => `add table ${family} wayfare\ndelete table ${family} wayfare\n`,
);

/** The rules of a chain. */
function chain(script: string, name: string): string[] {
  const lines = script.split('\n');
  const start = lines.indexOf(`chain ${name} {`);
  return lines.slice(start + 1, lines.indexOf('}', start));
}

describe('a ruleset', () => {
  it('of_an_open_policy_takes_away_what_stands_and_no_more', () => {
    expect(ruleset(open, true)).toBe(REMOVAL.join(''));
    expect(ruleset(open, false)).toBe(`${REMOVAL[0]}${REMOVAL[2]}`);
  });

  it('opens_a_closed_door_in_the_order_of_SECURITY_md', () => {
    const script = ruleset(closed, true);
    expect(script.startsWith(REMOVAL.join(''))).toBe(true);
    expect(chain(script, 'output')).toEqual([
      'type filter hook output priority filter; policy drop;',
      'oifname "lo" accept',
      'oifname "wf0" meta mark 7 ip daddr . udp dport { 192.0.2.1 . 5 } drop',
      'meta mark 7 ip daddr . udp dport { 192.0.2.1 . 5 } accept',
      'oifname { "wf0" } accept',
      'udp sport 68 ip daddr 255.255.255.255 udp dport 67 accept',
      'ip6 saddr fe80::/10 udp sport 546 ip6 daddr { ff02::1:2, ff05::1:3 } udp dport 547 accept',
      'icmpv6 type nd-router-solicit ip6 hoplimit 255 ip6 daddr ff02::2 accept',
      'icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } ip6 hoplimit 255 accept',
      'meta l4proto { tcp, udp } th dport { 53, 137, 853, 5353, 5355 } reject with icmpx admin-prohibited',
      'oifname "wlan0" ip daddr 192.168.1.0/24 accept',
      'reject with icmpx admin-prohibited',
    ]);
    expect(chain(script, 'egress0')).toEqual([
      'type filter hook egress device "eth0" priority filter; policy drop;',
      'jump leave',
    ]);
  });

  it('of_an_open_machine_with_a_full_tunnel_refuses_dns_elsewhere_and_nothing_else', () => {
    const script = ruleset({ ...closed, isClosed: false, outside: [], lan: [] }, true);
    expect(script).not.toContain('policy drop');
    expect(chain(script, 'output').filter((rule) => rule.includes('reject'))).toHaveLength(1);
    expect(script).not.toContain('table netdev wayfare {');
  });

  it('removal_names_our_tables_alone', () => {
    expect(removalOf(['inet filter', 'arp wayfare', 'inet wayfare2', 'inet wayfare'])).toBe(
      `${REMOVAL[2]}${REMOVAL[0]}`,
    );
    expect(removalOf([])).toBe('');
  });
});

describe('the firewall on Linux', () => {
  const state = { lockdown: true, tunnels: [] };
  const card = (ifname: string) => ({ ifname, ifindex: 2, link_type: 'ether' });

  /** A kernel that notes each script, and refuses those that `refusal` says. */
  class FakeNft implements NftCommand {
    readonly scripts: string[] = [];
    readonly #refusal: (script: string) => Failure | null;

    constructor(refusal: (script: string) => Failure | null = () => null) {
      this.#refusal = refusal;
    }

    async run(script: string): Promise<void> {
      this.scripts.push(script);
      const failure = this.#refusal(script);
      if (failure !== null) throw failure;
    }

    async listTables(): Promise<string[]> {
      return ['inet filter', 'inet wayfare'];
    }
  }

  /** @param links what is plugged in, one answer a question, the last for ever */
  function fakeIp(...links: string[][]): IpCommand {
    return {
      query: async (words) => {
        if (!words.includes('link')) return [];
        return (links.length > 1 ? links.shift()! : links[0]!).map(card);
      },
      queryAll: () => Promise.reject(new Error('not asked')),
      batch: () => Promise.reject(new Error('not asked')),
    };
  }

  it.each(['Operation not supported', 'unknown chain hook'])(
    'does_without_a_backstop_after_"%s"_and_remembers_it',
    async (reason) => {
      const nft = new FakeNft((script) => (script.includes('egress') ? new NftRefused(reason) : null));
      const firewall = createLinuxFirewall(nft, fakeIp(['eth0']));
      await firewall.apply(state);
      await firewall.apply(state);
      expect(nft.scripts.map((script) => script.includes('netdev'))).toEqual([true, false, false]);
      expect(nft.scripts[1]).toContain('policy drop');
    },
  );

  it('reads_the_devices_again_where_one_has_gone_meanwhile', async () => {
    const nft = new FakeNft((script) =>
      script.includes('usb0') ? new NftRefused('No such file or directory') : null,
    );
    await createLinuxFirewall(nft, fakeIp(['eth0', 'usb0'], ['eth0'])).apply(state);
    expect(nft.scripts).toHaveLength(2);
    expect(nft.scripts[1]).toContain('"eth0"');
  });

  it('fails_where_the_kernel_refuses_the_same_again', async () => {
    const nft = new FakeNft(() => new NftRefused('Operation not permitted'));
    await expect(createLinuxFirewall(nft, fakeIp(['eth0'])).apply(state)).rejects.toThrow(
      'the firewall refused its rules (Operation not permitted), run the helper as root',
    );
    expect(nft.scripts).toHaveLength(1);
    const missing = new FakeNft(() => new Failure('cannot run nft'));
    await expect(createLinuxFirewall(missing, fakeIp(['eth0'])).apply(state)).rejects.toThrow('cannot run');
  });

  it('carries_calls_out_in_their_order_and_goes_on_after_a_failure', async () => {
    let refusals = 1;
    const nft = new FakeNft(() => (refusals-- > 0 ? new Failure('once') : null));
    const firewall = createLinuxFirewall(nft, fakeIp(['eth0']));
    const calls = [firewall.apply(state), firewall.apply({ lockdown: false, tunnels: [] }), firewall.reset()];
    expect((await Promise.allSettled(calls)).map(({ status }) => status)).toEqual([
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect(nft.scripts[1]).toBe(REMOVAL.join(''));
    expect(nft.scripts[2]).toBe(REMOVAL[0]);
  });
});
