import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpAddress, IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { fullTunnelPlan, isFullTunnel } from '../../../helper/routes/full-tunnel.ts';
import { fullTunnelRoutingFor, presentTunnel } from '../../../helper/routes/full-tunnel-routing.ts';
import type { LocalNetworks } from '../../../helper/routes/local-networks.ts';

const prefixes = (...texts: string[]) => texts.map((text) => IpPrefix.parse(text)!);

/** Cuts a prefix into halves, and those again, where `cuts` says so. */
function pieces(prefix: IpPrefix, cuts: boolean[]): IpPrefix[] {
  if (cuts.shift() !== true || prefix.length === prefix.address.bits) return [prefix];
  const upper = prefix.address.bytes;
  upper[prefix.length >> 3]! |= 0x80 >> (prefix.length & 7);
  const halves = [prefix.address, new IpAddress(upper)].map((half) => new IpPrefix(half, prefix.length + 1));
  return halves.flatMap((half) => pieces(half, cuts));
}

describe('a full tunnel', () => {
  it.each([
    [['0.0.0.0/0'], true],
    [['::/0'], true],
    [['0.0.0.0/1', '128.0.0.0/1'], true],
    [['8000::/1', '10.0.0.0/8', '::/1'], true],
    [['0.0.0.0/1'], false],
    [['0.0.0.0/1', '::/1'], false],
    [['10.0.0.0/8', '192.168.0.0/16'], false],
    [[], false],
  ])('%j: %s', (texts, isFull) => {
    expect(isFullTunnel(prefixes(...texts))).toBe(isFull);
  });

  it('is_one_in_whatever_pieces_and_not_without_any_of_them', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('0.0.0.0/0', '::/0'),
        fc.array(fc.boolean(), { maxLength: 60 }),
        fc.nat(),
        (all, cuts, index) => {
          const parts = pieces(IpPrefix.parse(all)!, [true, ...cuts]);
          expect(isFullTunnel([...parts].reverse())).toBe(true);
          expect(isFullTunnel(parts.filter((_, i) => i !== index % parts.length))).toBe(false);
        },
      ),
    );
  });
});

describe('the plan of a full tunnel', () => {
  const onLink = (text: string, device: string) => ({
    prefix: IpPrefix.parse(text)!,
    device,
    metric: 3,
    source: null,
  });
  const networks: LocalNetworks = {
    bridges: ['docker0'],
    bridged: [onLink('172.17.0.0/16', 'docker0')],
    outside: ['wlan0', 'wf0', 'wf1'],
    lan: [onLink('192.168.1.0/24', 'wlan0'), onLink('10.7.0.0/24', 'wf0')],
  };
  const plan = (allowLan: boolean, ...texts: string[]) =>
    fullTunnelPlan({ device: 'wf0', mark: 7, prefixes: prefixes(...texts), allowLan }, [], networks);
  const ways = (allowLan: boolean, ...texts: string[]) =>
    plan(allowLan, ...texts).routes.map(({ prefix, device }) => `${prefix} ${device ?? 'unreachable'}`);

  it('ends_in_unreachable_for_both_families_and_knows_containers', () => {
    expect(ways(false, '0.0.0.0/0', '10.7.0.2/24', '0.0.0.0/0')).toEqual([
      '0.0.0.0/0 unreachable',
      '::/0 unreachable',
      '0.0.0.0/0 wf0',
      '10.7.0.0/24 wf0',
      '172.17.0.0/16 docker0',
    ]);
    expect(plan(false, '0.0.0.0/0').rules.every(({ exceptMark }) => exceptMark === 7)).toBe(true);
  });

  it('knows_the_local_network_where_it_is_allowed_but_for_the_tunnels_own', () => {
    expect(ways(true, '::/0')).toContain('192.168.1.0/24 wlan0');
    expect(ways(true, '::/0')).not.toContain('10.7.0.0/24 wf0');
    expect(ways(true, '0.0.0.0/0', '192.168.1.0/24')).not.toContain('192.168.1.0/24 wlan0');
  });

  it('leads_to_the_split_tunnels_beside_it_but_takes_what_both_want', () => {
    const tunnel = { device: 'wf0', mark: 7, prefixes: prefixes('0.0.0.0/0', '10.7.0.2/24'), allowLan: true };
    const split = { device: 'wf1', prefixes: prefixes('fd71::/64', '10.7.0.0/24', '192.168.1.0/24') };
    const gone = { device: 'wf2', prefixes: prefixes('fd72::/64') };
    const { routes } = fullTunnelPlan(tunnel, [split, gone], networks);
    expect(routes.map(({ prefix, device }) => `${prefix} ${device ?? 'unreachable'}`)).toEqual([
      '0.0.0.0/0 unreachable',
      '::/0 unreachable',
      '0.0.0.0/0 wf0',
      '10.7.0.0/24 wf0',
      'fd71::/64 wf1',
      '192.168.1.0/24 wf1',
      '172.17.0.0/16 docker0',
    ]);
  });

  it('is_not_for_other_systems_yet', async () => {
    for (const platform of ['darwin', 'win32'] as const) {
      const routing = fullTunnelRoutingFor(platform);
      await expect(routing.removeLeftovers()).rejects.toThrow('not supported on this system');
      expect(routing.settingsToChange()).toEqual([]);
    }
  });
});

describe('the present full tunnel', () => {
  it('knows the split tunnels beside it, whichever came first', async () => {
    const done: string[] = [];
    const routing = presentTunnel({
      settingsToChange: () => [],
      changeSettings: () => {},
      restoreSettings: () => {},
      apply: async ({ device }, splits = []) => {
        done.push([device, ...splits.map((split) => split.device)].join(' '));
      },
      remove: async () => {},
    });
    await routing.addSplit({ device: 'first', prefixes: [] });
    await routing.apply({ device: 'home', mark: 1, prefixes: [], allowLan: false });
    await routing.addSplit({ device: 'second', prefixes: [] });
    await routing.removeSplit('first');
    await routing.remove('home');
    await routing.removeSplit('second');
    expect(done).toEqual(['home first', 'home first second', 'home second']);
  });

  it('is not removed with another that came before it', async () => {
    const done: string[] = [];
    const routing = presentTunnel({
      settingsToChange: () => [],
      changeSettings: () => {},
      restoreSettings: () => {},
      apply: async ({ device }) => {
        done.push(device);
      },
      remove: async () => {
        done.push('remove');
      },
    });
    await routing.apply({ device: 'first', mark: 1, prefixes: [], allowLan: false });
    await routing.apply({ device: 'second', mark: 1, prefixes: [], allowLan: false });
    await routing.remove('first');
    await routing.removeLeftovers();
    expect(done).toEqual(['first', 'second']);
    await routing.remove('second');
    expect(done).toEqual(['first', 'second', 'remove']);
  });

  it('is not brought back by a refresh that comes while it is removed, or after', async () => {
    const done: string[] = [];
    const routing = presentTunnel({
      settingsToChange: () => [],
      changeSettings: () => {},
      restoreSettings: () => {},
      apply: async ({ allowLan }) => {
        done.push(`apply ${allowLan}`);
      },
      remove: async () => {
        await Promise.resolve();
        done.push('remove');
      },
    });
    await routing.apply({ device: 'home', mark: 1, prefixes: [], allowLan: false });
    await routing.refresh();
    await routing.setAllowLan(true);
    await Promise.all([routing.remove('home'), routing.refresh(), routing.setAllowLan(false)]);
    await routing.refresh();
    expect(done).toEqual(['apply false', 'apply false', 'apply true', 'remove']);
  });
});
