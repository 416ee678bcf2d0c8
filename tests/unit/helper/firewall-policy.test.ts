import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { type ProtectedTunnel, policyFor } from '../../../helper/firewall/policy.ts';
import type { LocalNetworks } from '../../../helper/routes/local-networks.ts';
import type { TunnelState } from '../../../helper/tunnel/state-machine.ts';

const SECURITY = fileURLToPath(new URL('../../../helper/SECURITY.md', import.meta.url));
const STATES = ['disconnected', 'connecting', 'connected', 'disconnecting', 'error'] as const;

const onLink = (prefix: string, device: string) => ({
  prefix: IpPrefix.parse(prefix)!,
  device,
  metric: 1,
  source: null,
});
const networks: LocalNetworks = {
  bridges: ['docker0'],
  bridged: [onLink('172.17.0.0/16', 'docker0')],
  outside: ['eth0', 'wlan0', 'wf0'],
  lan: [onLink('192.168.1.0/24', 'wlan0'), onLink('10.7.0.0/24', 'wf0')],
};

function tunnel(options: Partial<ProtectedTunnel> = {}): ProtectedTunnel {
  return {
    state: 'connected',
    isFull: true,
    killSwitch: true,
    allowLan: true,
    device: 'wf0',
    addresses: [IpPrefix.parse('10.7.0.2/24')!],
    mark: 0xca6c,
    endpoints: [{ address: '192.0.2.1', port: 51_820 }],
    ...options,
  };
}

/** As the helper has it: a tunnel that is not there has no device, and nobody to speak to. */
function tunnelIn(state: TunnelState['kind'], killSwitch: boolean): ProtectedTunnel {
  const isThere = state !== 'disconnected' && state !== 'error';
  return tunnel({ state, killSwitch, ...(isThere ? {} : { device: null, endpoints: [] }) });
}

/** The rows of the first table of a Markdown text, its cells trimmed. */
function firstTable(text: string): string[][] {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, i) => i > head && !line.startsWith('|'));
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  return lines.slice(head + 2, end).map(cells);
}

describe('the table in SECURITY.md', () => {
  const rows = firstTable(readFileSync(SECURITY, 'utf8'));

  it('has_a_row_for_every_state', () => {
    const all = ['off', 'on'].flatMap((lockdown) =>
      ['off', 'on'].flatMap((killSwitch) => STATES.map((state) => [lockdown, killSwitch, state])),
    );
    expect(rows.map((row) => row.slice(0, 3))).toEqual(all);
  });

  it.each(rows)('lockdown %s, kill switch %s, %s', (lockdown, killSwitch, state, ...flows) => {
    const protectedTunnel = tunnelIn(state as TunnelState['kind'], killSwitch === 'on');
    const policy = policyFor({ lockdown: lockdown === 'on', tunnels: [protectedTunnel] }, networks);
    expect([
      policy.tunnels.some(({ bearer }) => bearer.endpoints.length > 0) ? 'pass' : '–',
      policy.tunnels.some(({ device }) => device === 'wf0') ? 'passes' : '–',
      policy.guardsDns ? 'refused' : 'passes',
      policy.isClosed && policy.lan.length === 0 ? 'refused' : 'passes',
      policy.isClosed ? 'refused' : 'passes',
    ]).toEqual(flows);
  });

  it.each(rows)(
    'lockdown %s, kill switch %s, %s: a split tunnel beside it goes on',
    (lockdown, killSwitch, state) => {
      const split = tunnel({ isFull: false, killSwitch: false, device: 'wf1', mark: 7 });
      const full = tunnelIn(state as TunnelState['kind'], killSwitch === 'on');
      const policy = policyFor({ lockdown: lockdown === 'on', tunnels: [full, split] }, networks);
      const passes = policy.tunnels.some(({ device, bearer }) => device === 'wf1' && bearer.mark === 7);
      expect(passes).toBe(policy.isClosed || policy.guardsDns);
    },
  );
});

describe('a policy', () => {
  const policyOf = (...tunnels: ProtectedTunnel[]) => policyFor({ lockdown: false, tunnels }, networks);

  it('of_split_tunnels_alone_is_none', () => {
    const split = tunnel({ isFull: false, killSwitch: false });
    expect(policyOf(split)).toEqual({
      isClosed: false,
      guardsDns: false,
      tunnels: [],
      bypassMark: null,
      bridges: [],
      outside: [],
      lan: [],
    });
    expect(policyOf({ ...split, killSwitch: true })).toMatchObject({ isClosed: true, bypassMark: null });
  });

  it('of_a_closed_machine_lets_split_tunnels_go_on', () => {
    const split = tunnel({ isFull: false, killSwitch: false, allowLan: false, device: 'wf1', mark: 7 });
    const { tunnels, lan, bypassMark, outside } = policyOf(split, tunnel());
    expect(tunnels.map(({ device }) => device)).toEqual(['wf1', 'wf0']);
    expect(lan).toHaveLength(1);
    expect(bypassMark).toBe(0xca6c);
    expect(outside).toEqual(['eth0', 'wlan0']);
  });

  it('opens_the_local_network_only_where_all_that_close_it_agree_and_never_a_tunnels', () => {
    expect(policyOf(tunnel()).lan.map(({ device }) => device)).toEqual(['wlan0']);
    const strict = tunnel({ isFull: false, allowLan: false, device: 'wf1' });
    expect(policyOf(tunnel(), strict).lan).toEqual([]);
    expect(policyOf(tunnel(), { ...strict, state: 'disconnected' }).lan).toHaveLength(1);
  });

  it('guards_no_dns_while_a_full_tunnel_that_is_open_to_the_world_has_no_device_yet', () => {
    expect(policyOf(tunnel({ killSwitch: false, state: 'connecting', device: null }))).toMatchObject({
      guardsDns: false,
      tunnels: [],
    });
  });

  it('takes_endpoints_with_a_zone_and_refuses_names', () => {
    const endpoints = [{ address: 'fe80::1%wlan0', port: 1 }];
    const [guarded] = policyOf(tunnel({ endpoints })).tunnels;
    expect(guarded?.bearer.endpoints.map(({ address }) => String(address))).toEqual(['fe80::1']);
    expect(() => policyOf(tunnel({ endpoints: [{ address: 'vpn.example', port: 1 }] }))).toThrow(
      'an endpoint is not an address, at vpn.example',
    );
  });
});
