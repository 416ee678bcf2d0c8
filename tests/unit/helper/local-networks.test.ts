import { describe, expect, it } from 'vitest';
import { localNetworks } from '../../../helper/routes/local-networks.ts';

/** As `ip -j -d link show` prints them, without what nobody reads. */
const LINKS = [
  { ifname: 'lo', ifindex: 1, link_type: 'loopback' },
  { ifname: 'eth0', ifindex: 2, link_type: 'ether' },
  { ifname: 'wlan0', ifindex: 3, link_type: 'ether' },
  { ifname: 'docker0', ifindex: 4, link_type: 'ether', linkinfo: { info_kind: 'bridge' } },
  { ifname: 'veth1', ifindex: 5, link_type: 'ether', master: 'docker0', linkinfo: { info_kind: 'veth' } },
  { ifname: 'virbr0', ifindex: 6, link_type: 'ether', linkinfo: { info_kind: 'bridge' } },
  { ifname: 'vnet0', ifindex: 7, link_type: 'ether', master: 'virbr0', linkinfo: { info_kind: 'tun' } },
  { ifname: 'br0', ifindex: 8, link_type: 'ether', linkinfo: { info_kind: 'bridge' } },
  { ifname: 'eth1', ifindex: 9, link_type: 'ether', master: 'br0' },
  { ifname: 'br1', ifindex: 10, link_type: 'ether', linkinfo: { info_kind: 'bridge' } },
  { ifname: 'veth2', ifindex: 11, link_type: 'ether', master: 'br1', linkinfo: { info_kind: 'veth' } },
  { ifname: 'tun0', ifindex: 12, link_type: 'none', linkinfo: { info_kind: 'tun' } },
  { ifname: 'evil"; drop', ifindex: 13, link_type: 'ether' },
];

const network = (dst: string, dev: string, more: object = {}) => ({ dst, dev, flags: [], ...more });

describe('the local networks', () => {
  it('tells_bridges_of_containers_from_ways_out', () => {
    const routes = [network('172.17.0.0/16', 'docker0'), network('default', 'br1', { gateway: '10.1.0.1' })];
    const { bridges, outside, bridged } = localNetworks(LINKS, routes);
    expect(bridges).toEqual(['docker0', 'virbr0']);
    expect(outside).toEqual(['eth0', 'wlan0', 'br0', 'eth1', 'br1', 'veth2', 'tun0']);
    expect(bridged.map(({ prefix, device }) => `${prefix} ${device}`)).toEqual(['172.17.0.0/16 docker0']);
  });

  it.each([
    network('default', 'docker0'),
    network('128.0.0.0/1', 'docker0', { gateway: '172.17.0.9' }),
    network('10.0.0.0/8', 'docker0', { via: { family: 'inet6', host: 'fe80::1' } }),
  ])('takes_a_bridge_with_%j_for_a_way_out', (route) => {
    expect(localNetworks(LINKS, [route]).bridges).not.toContain('docker0');
  });

  it('finds_the_private_networks_of_cards_and_no_others', () => {
    const routes = [
      network('192.168.1.0/24', 'eth0', { prefsrc: '192.168.1.2', metric: 100 }),
      network('192.168.1.0/24', 'wlan0', { metric: 600 }),
      network('fe80::/64', 'wlan0', { metric: 256 }),
      network('fd12::/64', 'eth0', { metric: 256 }),
      network('169.254.0.0/16', 'eth0'),
      network('10.1.2.3', 'eth0'),
      network('203.0.113.0/24', 'eth0'),
      network('0.0.0.0/1', 'eth0'),
      network('10.0.0.0/7', 'eth0'),
      network('2001:db8::/64', 'eth0'),
      network('10.9.0.0/16', 'eth0', { gateway: '192.168.1.1' }),
      network('10.8.0.0/24', 'tun0'),
      network('172.17.0.0/16', 'docker0'),
      { type: 'blackhole', dst: '10.5.0.0/16', flags: [] },
      { dst: '10.6.0.0/16', flags: [], nexthops: [] },
    ];
    const { lan } = localNetworks(LINKS, routes);
    expect(lan.map((each) => `${each.prefix} ${each.device} ${each.metric} ${each.source}`)).toEqual([
      '192.168.1.0/24 eth0 102 192.168.1.2',
      '192.168.1.0/24 wlan0 603 null',
      'fe80::/64 wlan0 259 null',
      'fd12::/64 eth0 258 null',
      '169.254.0.0/16 eth0 2 null',
      '10.1.2.3/32 eth0 2 null',
    ]);
  });
});
