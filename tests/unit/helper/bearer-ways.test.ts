import { describe, expect, it } from 'vitest';
import { waysBeside } from '../../../helper/routes/bearer-ways.ts';
import type { KernelRoute } from '../../../helper/routes/kernel-route.ts';

/** As a kernel with two tunnels, `wg0` and `wg1`, told it. */
const TABLE_4: KernelRoute[] = [
  { dst: 'default', gateway: '10.0.0.1', dev: 'wlan0', metric: 600 },
  { dst: 'default', gateway: '10.1.0.1', dev: 'eth0', metric: 100 },
  { dst: '0.0.0.0/1', dev: 'wg0' },
  { dst: '10.1.0.0/24', dev: 'eth0', protocol: 'kernel' },
  { dst: '192.0.2.0/24', gateway: '10.0.0.2', dev: 'wlan0' },
  { dst: '192.0.2.0/25', dev: 'wg1' },
  { dst: '192.0.2.128/25', type: 'unreachable' },
  { dst: '192.0.2.9', gateway: '10.0.0.66', dev: 'wlan0', protocol: '87' },
  { dst: '198.51.100.0/24', gateway: '10.1.0.3', dev: 'eth0', flags: ['dead', 'linkdown'] },
  { dst: '203.0.113.0/24', via: { host: 'fe80::9' }, dev: 'eth0' },
];
const TABLE_6: KernelRoute[] = [
  { dst: 'default', gateway: 'fe80::1', dev: 'wlan0', metric: 1_024 },
  { dst: '2001:db8::/32', dev: 'lo', type: 'unreachable', metric: 1_024 },
  { dst: '2001:db8:1::/48', gateway: 'fe80::2', dev: 'eth0', metric: 1_024 },
];
const TUNNELS = new Set(['wg0', 'wg1']);

describe('the way beside the tunnels', () => {
  it.each([
    [
      'of the longest prefix that is no tunnel, none of ours and no refusal',
      '192.0.2.9',
      'wlan0',
      '10.0.0.2',
    ],
    ['also beneath a refusal', '192.0.2.200', 'wlan0', '10.0.0.2'],
    ['of two alike by the better metric', '8.8.8.8', 'eth0', '10.1.0.1'],
    ['on the link itself, without a gateway', '10.1.0.7', 'eth0', null],
    ['never by a link that is down', '198.51.100.1', 'eth0', '10.1.0.1'],
    ['by a gateway of the other family', '203.0.113.1', 'eth0', 'fe80::9'],
  ])('is %s', (_, address, device, gateway) => {
    expect(waysBeside(TABLE_4, '-4', TUNNELS)(address)).toEqual({ device, gateway });
  });

  it.each([
    ['2001:db8:1::5', 'eth0', 'fe80::2'],
    ['2001:0DB8:0001:0::5', 'eth0', 'fe80::2'],
    ['2001:db8:2::5', 'wlan0', 'fe80::1'],
  ])('is found for %s, by a gateway of the link', (address, device, gateway) => {
    expect(waysBeside(TABLE_6, '-6', TUNNELS)(address)).toEqual({ device, gateway });
  });

  it('is the first next hop of several that is alive and no tunnel', () => {
    const nexthops = [
      { dev: 'wg0' },
      { dev: 'eth1', gateway: '10.2.0.1', flags: ['dead'] },
      { dev: 'eth0', gateway: '10.1.0.1', flags: [] },
      { dev: 'wlan0', gateway: '10.0.0.1', flags: [] },
    ];
    const wayTo = waysBeside([{ dst: 'default', nexthops }], '-4', TUNNELS);
    expect(wayTo('192.0.2.1')).toEqual({ device: 'eth0', gateway: '10.1.0.1' });
  });

  it('is none where only tunnels, refusals and our own routes lead there', () => {
    const ours = TABLE_4.filter(({ dst }) => dst !== 'default' && dst !== '192.0.2.0/24');
    expect(waysBeside(ours, '-4', TUNNELS)('192.0.2.9')).toBeNull();
  });
});
