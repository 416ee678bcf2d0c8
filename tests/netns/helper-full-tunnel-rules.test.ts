/** The rules and routes of a full tunnel: put up, kept, mended and taken away, whatever is found. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { type IpCommand, linuxIpCommand } from '../../helper/network/ip-command.ts';
import {
  createLinuxFullTunnelRouting,
  linuxFullTunnelRouting as routing,
} from '../../helper/routes/linux-full-tunnel.ts';
import { networkOf } from '../support/helper-world.ts';
import { inside } from '../support/inside.ts';
import { createNamespace, type Namespace } from '../support/netns.ts';

const TUN = 'wf0';
const CARD = 'card0';

let traveller: Namespace;
let untouched: string;

interface Options {
  readonly mark?: number;
  readonly prefixes?: readonly string[];
  readonly allowLan?: boolean;
  readonly device?: string;
}

function tunnel({ mark = 0xca6c, prefixes = ['0.0.0.0/0'], allowLan = false, device = TUN }: Options) {
  return { device, mark, prefixes: prefixes.map((text) => IpPrefix.parse(text)!), allowLan };
}

const apply = (options: Options = {}) => inside(traveller, () => routing.apply(tunnel(options)));
const remove = () => inside(traveller, () => routing.remove());
const deviceTo = async (target: string) =>
  / dev (\S+)/.exec(await traveller.ip(`route get ${target}`).catch(() => ' dev nowhere'))?.[1];

beforeEach(async () => {
  traveller = await createNamespace('traveller');
  await traveller.ip(`tuntap add ${TUN} mode tun`);
  await traveller.ip(`addr add 10.7.0.2/24 dev ${TUN}`);
  await traveller.ip(`link set ${TUN} up`);
  await traveller.ip(`link add ${CARD} type veth peer name socket0`);
  for (const name of [CARD, 'socket0']) await traveller.ip(`link set ${name} up`);
  await traveller.ip(`addr add 192.168.50.2/24 dev ${CARD}`);
  await traveller.ip(`addr add fd50::2/64 dev ${CARD} nodad`);
  untouched = await networkOf(traveller);
});
afterEach(() => traveller.close());

describe('the rules of a full tunnel', () => {
  it('are_the_same_however_often_they_are_put_up_and_go_without_a_trace', async () => {
    await apply();
    const once = await networkOf(traveller);
    await apply();
    expect(await networkOf(traveller)).toBe(once);
    expect(await traveller.ip('rule')).toMatch(
      /^32764:\tnot from all fwmark 0xca6c lookup 51820 proto 87 *$/m,
    );
    expect(await traveller.ip('-6 rule')).toMatch(/^32765:\tnot from all fwmark 0xca6c unreachable/m);
    expect(await traveller.ip('-6 route show table 51820')).toMatch(/^unreachable default dev lo proto 87/);
    await remove();
    expect(await networkOf(traveller)).toBe(untouched);
    await remove();
    expect(await networkOf(traveller)).toBe(untouched);
  });

  it('are_mended_where_somebody_has_taken_some_away', async () => {
    await apply();
    const whole = await networkOf(traveller);
    await traveller.ip('rule del priority 32764');
    await traveller.ip('-6 route flush table 51820');
    await apply();
    expect(await networkOf(traveller)).toBe(whole);
    await traveller.ip('-6 rule del priority 32765');
    await traveller.ip('route flush table 51820');
    await remove();
    expect(await networkOf(traveller)).toBe(untouched);
  });

  it('replace_what_a_killed_helper_left_and_leave_what_is_not_theirs', async () => {
    const others = [
      'rule add fwmark 7 lookup main priority 100 protocol 87',
      'rule add lookup main priority 32764',
    ];
    for (const other of others) await traveller.ip(other);
    await traveller.ip(`route add 198.51.100.1 dev ${CARD} proto 87`);
    const before = await networkOf(traveller);
    await apply({ mark: 0x77, prefixes: ['0.0.0.0/1', '128.0.0.0/1'], allowLan: true });
    await apply();
    const rules = await traveller.ip('rule');
    expect(rules).not.toContain('0x77');
    expect(await traveller.ip('route show table 51820')).not.toMatch(/\/1|192\.168/);
    await remove();
    expect(await networkOf(traveller)).toBe(before);
  });

  it('are_not_put_up_beside_those_of_another_program', async () => {
    await traveller.ip(`route add default dev ${CARD} table 51820`);
    const before = await networkOf(traveller);
    await expect(apply()).rejects.toThrow(
      `another program has routes where those of a full tunnel go, in table 51820 to default by ${CARD}, take`,
    );
    expect(await networkOf(traveller)).toBe(before);
    await remove();
    expect(await networkOf(traveller)).toBe(before);
  });

  it('stand_where_ipv6_is_switched_off', async () => {
    await traveller.run('sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=1']);
    await apply();
    await traveller.run('sysctl', ['-qw', 'net.ipv6.conf.all.disable_ipv6=0']);
    await traveller.ip(`addr add 2001:db8::2/64 dev ${CARD} nodad`);
    expect(await deviceTo('2001:db8::3')).toBe('nowhere');
  });

  it('do_without_a_network_that_goes_while_they_are_put_up', async () => {
    const fickle: IpCommand = {
      ...linuxIpCommand,
      async query(words) {
        const answer = await linuxIpCommand.query(words);
        if (words.join(' ') === '-4 route show') await traveller.ip(`link set ${CARD} down`);
        return answer;
      },
    };
    const racing = createLinuxFullTunnelRouting(fickle, () => ['-4', '-6']);
    await inside(traveller, () => racing.apply(tunnel({ allowLan: true })));
    expect(await deviceTo('192.168.50.1')).toBe(TUN);
  });

  it('go_though_somebody_takes_some_away_at_the_same_time', async () => {
    const thief: IpCommand = {
      ...linuxIpCommand,
      async batch(lines, family) {
        await traveller.ip(`${family} rule del priority 32764`).catch(() => {});
        await traveller.ip(`${family} route del default dev ${TUN} table 51820`).catch(() => {});
        await linuxIpCommand.batch(lines, family);
      },
    };
    await apply({ prefixes: ['0.0.0.0/0', '::/0'] });
    const robbed = createLinuxFullTunnelRouting(thief, () => ['-4', '-6']);
    await inside(traveller, () => robbed.remove());
    expect(await networkOf(traveller)).toBe(untouched);
  });

  it('leave_ipv6_alone_in_a_kernel_without_it', async () => {
    const lone = createLinuxFullTunnelRouting(linuxIpCommand, () => ['-4']);
    await inside(traveller, () => lone.apply(tunnel({})));
    expect(await traveller.ip('-6 rule')).not.toContain('87');
    expect(await deviceTo('203.0.113.7')).toBe(TUN);
  });
});

describe('the local network', () => {
  it('is_reached_where_it_is_allowed_and_private_alone', async () => {
    await traveller.ip(`addr add 203.0.113.2/24 dev ${CARD}`);
    await traveller.ip(`route add 203.0.114.0/24 via 192.168.50.1 dev ${CARD}`);
    await traveller.ip(`route add 10.9.0.0/16 via 192.168.50.1 dev ${CARD}`);
    const neighbours = ['192.168.50.1', 'fd50::1'];
    const others = ['203.0.113.7', '203.0.114.7', '10.9.0.1', '10.7.0.1'];
    await apply({ prefixes: ['0.0.0.0/0', '::/0'] });
    for (const address of [...neighbours, ...others]) expect(await deviceTo(address)).toBe(TUN);
    await apply({ prefixes: ['0.0.0.0/0', '::/0'], allowLan: true });
    for (const address of neighbours) expect(await deviceTo(address)).toBe(CARD);
    for (const address of others) expect(await deviceTo(address)).toBe(TUN);
    expect(await traveller.ip('route get 192.168.50.1')).toContain('src 192.168.50.2');
    expect(await traveller.ip(`route get fe80::7 oif ${CARD}`)).toContain(`dev ${CARD}`);
  });

  it('cannot_take_what_is_the_tunnels', async () => {
    const prefixes = ['0.0.0.0/0', '10.64.0.1/32', '192.168.50.128/25'];
    await traveller.ip(`addr add 10.64.0.2/10 dev ${CARD}`);
    await apply({ prefixes, allowLan: true });
    expect(await deviceTo('10.64.0.1')).toBe(TUN);
    expect(await deviceTo('10.64.0.9')).toBe(CARD);
    expect(await deviceTo('192.168.50.200')).toBe(TUN);
    await apply({ prefixes: [...prefixes, '192.168.50.0/24'], allowLan: true });
    expect(await deviceTo('192.168.50.9')).toBe(TUN);
  });

  it('is_followed_as_it_changes', async () => {
    await apply({ allowLan: true });
    await traveller.ip(`addr del 192.168.50.2/24 dev ${CARD}`);
    await traveller.ip(`addr add 172.16.4.2/24 dev ${CARD}`);
    await traveller.ip('addr add 172.16.4.3/24 dev socket0');
    await apply({ allowLan: true });
    expect(await deviceTo('192.168.50.9')).toBe(TUN);
    expect(await deviceTo('172.16.4.9')).toBe('socket0'); // of two cards in one network the kernel's first
    await traveller.ip('link set socket0 down');
    expect(await deviceTo('172.16.4.9')).toBe(CARD);
  });
});
