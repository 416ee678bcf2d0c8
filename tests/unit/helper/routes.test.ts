import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpAddress, IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { Failure } from '../../../helper/failure.ts';
import { batchText, type IpCommand, Refused } from '../../../helper/network/ip-command.ts';
import type { Path } from '../../../helper/routes/index.ts';
import { createLinuxRoutes } from '../../../helper/routes/linux.ts';
import {
  contains,
  explicitTableRoutes,
  inBoth,
  mainTableRoutes,
  swallowedEndpoints,
  tunnelMtu,
} from '../../../helper/routes/plan.ts';
import { sharedRoutes } from '../../../helper/routes/shared-routes.ts';
import { staying } from './fake-world.ts';

const prefixes = (...texts: string[]) => texts.map((text) => IpPrefix.parse(text)!);
/** What refuses an endpoint's datagrams where no pin stands. */
const stop = (prefix: string) => `unreachable ${prefix} metric 4294967294 proto 87`;
const anyPrefix = fc
  .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat({ max: 32 }))
  .map(([bytes, length]) => new IpPrefix(new IpAddress(bytes), length).masked());

describe('the plan of routes', () => {
  it('leaves out what an interface address brings, and what is there twice', () => {
    const routes = mainTableRoutes(
      prefixes('10.7.0.0/24', '10.7.0.9/32', '10.0.0.0/8', '10.0.0.0/8', 'fd07::/64'),
      prefixes('10.7.0.2/24', 'fd07::2/64'),
    );
    expect(routes.map(String)).toEqual(['10.0.0.0/8']);
  });

  it('puts everything, as written, in a table of the user', () => {
    expect(explicitTableRoutes(prefixes('0.0.0.0/0', '10.7.0.9/24', '10.7.0.0/24')).map(String)).toEqual([
      '0.0.0.0/0',
      '10.7.0.0/24',
    ]);
  });

  it.each([
    [
      ['0.0.0.0/1', '128.0.0.0/1'],
      ['192.0.2.1', '10.0.0.1'],
    ],
    [['192.0.2.0/24'], ['192.0.2.1']],
    [['::/1', '8000::/1'], ['2001:db8::1']],
    [['10.1.0.0/16'], []],
  ])('finds that %j swallows %j', (routes, swallowed) => {
    const endpoints = ['192.0.2.1', '10.0.0.1', '2001:db8::1', 'fe80::1%eth0', '192.0.2.1'];
    expect(swallowedEndpoints(endpoints, prefixes(...routes))).toEqual(swallowed);
  });

  it('finds a swallowed endpoint in whatever pieces its address space is routed', () => {
    fc.assert(
      fc.property(anyPrefix, fc.array(anyPrefix), (covering, others) => {
        const endpoint = covering.address.toString();
        expect(swallowedEndpoints([endpoint], [...others, covering])).toEqual([endpoint]);
      }),
    );
  });

  it('compares prefixes by their bits', () => {
    fc.assert(
      fc.property(anyPrefix, anyPrefix, (a, b) => {
        const bits = ({ address }: IpPrefix) =>
          Array.from(address.bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
        expect(contains(a, b)).toBe(a.length <= b.length && bits(b).startsWith(bits(a).slice(0, a.length)));
      }),
      { numRuns: 500 },
    );
  });

  it('finds what two tunnels would both take', () => {
    fc.assert(
      fc.property(fc.array(anyPrefix), fc.array(anyPrefix), (a, b) => {
        const isIn = (one: IpPrefix, others: readonly IpPrefix[]) =>
          others.some((other) => contains(other, one));
        const both = [...a.filter((each) => isIn(each, b)), ...b.filter((each) => isIn(each, a))];
        expect(new Set(inBoth(a, b).map(String))).toEqual(new Set(both.map(String)));
      }),
    );
  });

  it.each([
    [[1_500, 1_400], [9_000], 1_320],
    [[], [1_500, 1_492], 1_412],
    [[], [], 1_420],
    [[65_536], [], 65_456],
    [[600], [], 576],
  ])('sizes the tunnel for endpoints %j and defaults %j', (endpoints, defaults, mtu) => {
    expect(tunnelMtu(endpoints, defaults, false)).toBe(mtu);
    expect(tunnelMtu(endpoints, defaults, true)).toBe(Math.max(mtu, 1_280));
  });
});

describe('ip commands', () => {
  it('refuses a word that could be more than one, and names it', () => {
    for (const word of ['', 'a b', 'a\nb', 'a;b', '#', '"x"', 'a\\', '$(id)'])
      expect(() => batchText([['route', 'add', word]])).toThrow(Failure);
    expect(
      batchText([
        ['link', 'set', 'dev', 'wg=+.-_0', 'up'],
        ['route', 'add', '::/1'],
      ]),
    ).toBe('link set dev wg=+.-_0 up\nroute add ::/1\n');
  });
});

/** A kernel that answers each query with what `ip -j` printed for it on a real one. */
class FakeIp implements IpCommand {
  readonly batches: string[] = [];
  readonly queries: string[] = [];
  refusal: Failure | null = null;
  /** Which batches it refuses. */
  refusing = /^/;
  readonly #answers: Readonly<Record<string, unknown>>;

  constructor(answers: Readonly<Record<string, unknown>>) {
    this.#answers = answers;
  }

  async queryAll(family: string, lines: readonly (readonly string[])[]): Promise<unknown[]> {
    return lines.map((line) => this.#answers[[family, ...line].join(' ')] ?? []);
  }

  async query(words: readonly string[]): Promise<unknown> {
    this.queries.push(words.join(' '));
    const answer = this.#answers[words.join(' ')];
    if (answer === undefined) throw new Failure('Network is unreachable');
    return answer;
  }

  async batch(lines: readonly (readonly string[])[]): Promise<void> {
    if (this.refusal !== null && this.refusing.test(batchText(lines))) throw this.refusal;
    if (lines.length > 0) this.batches.push(batchText(lines));
  }
}

describe('routes on Linux', () => {
  const viaGateway = { dst: '192.0.2.1', gateway: '10.0.0.1', dev: 'eth0', prefsrc: '10.0.0.2', flags: [] };
  const links = [
    { ifname: 'eth0', mtu: 1_492 },
    { ifname: 'lo', mtu: 65_536 },
    { ifname: 'ppp0', mtu: 1_300 },
  ];
  const gateway = { device: 'eth0', gateway: '10.0.0.1', mtu: 1_492, isLocal: false };

  it('reads the way to an address, its MTU from the link or from the route', async () => {
    const ip = new FakeIp({
      '-4 route get 192.0.2.1': [viaGateway],
      '-4 route get 192.0.2.1 mark 51820': [{ ...viaGateway, metrics: [{ mtu: 1_300 }] }],
      '-4 route get 127.0.0.1': [{ type: 'local', dst: '127.0.0.1', dev: 'lo', prefsrc: '127.0.0.1' }],
      '-6 route get fd00:0::1': [{ dst: 'fd00::1', dev: 'eth0' }],
      '-6 route get fe80::1 oif ppp0': [{ dst: 'fe80::1', dev: 'ppp0' }],
      'link show': links,
    });
    const routes = createLinuxRoutes(ip);
    const addresses = ['192.0.2.1', '127.0.0.1', '198.51.100.1', 'fd00:0::1', 'fe80::1%ppp0'];
    expect([...(await routes.pathsTo(addresses, 0, staying))]).toEqual([
      ['192.0.2.1', gateway],
      ['127.0.0.1', { device: 'lo', gateway: null, mtu: 65_536, isLocal: true }],
      ['198.51.100.1', null],
      ['fd00:0::1', { ...gateway, gateway: null }],
      ['fe80::1%ppp0', { device: 'ppp0', gateway: null, mtu: 1_300, isLocal: false }],
    ]);
    expect((await routes.pathsTo(['192.0.2.1'], 51_820, staying)).get('192.0.2.1')?.mtu).toBe(1_300);
  });

  it('reads the default routes of both families', async () => {
    const ip = new FakeIp({
      '-4 route show default': [{ dst: 'default', gateway: '10.0.0.1', dev: 'eth0', flags: [] }],
      '-6 route show default': [],
      'link show': links,
    });
    expect(await createLinuxRoutes(ip).defaultPaths()).toEqual([gateway]);
  });

  it('pins endpoints to their paths, but where somebody else has', async () => {
    const ip = new FakeIp({
      'link show': links,
      '-4 route show': [
        { dst: 'default', dev: 'eth0' },
        { dst: '192.0.2.0/24', dev: 'eth1' },
        { dst: '192.0.2.2', dev: 'eth1' },
      ],
      '-6 route show': [
        { dst: 'fd00::1', dev: 'eth1', protocol: '87' },
        { type: 'unreachable', dst: 'fd00::1', dev: 'lo', metric: 4_294_967_294, protocol: '87' },
      ],
    });
    const routes = createLinuxRoutes(ip);
    const wanted = new Map<string, Path>([
      ['192.0.2.1', gateway],
      ['192.0.2.2', gateway],
      ['fd00::1', { ...gateway, gateway: null }],
    ]);
    await routes.addBearerRoutes(wanted);
    await routes.removeBearerRoutes(['192.0.2.1', '192.0.2.2', 'fd00::1']);
    expect(ip.batches).toEqual([
      'route replace 192.0.2.1/32 via 10.0.0.1 dev eth0 onlink proto 87\n' +
        'route replace fd00::1/128 dev eth0 proto 87\n' +
        `route replace ${stop('192.0.2.1/32')}\n` +
        `route replace ${stop('192.0.2.2/32')}\n` +
        `route replace ${stop('fd00::1/128')}\n`,
      `route del ${stop('fd00::1/128')}\nroute del fd00::1/128 proto 87\n`,
    ]);
  });

  it("pins an endpoint once somebody else's route to it has gone", async () => {
    const others = { dst: '192.0.2.2', dev: 'ppp0' };
    const table: object[] = [{ dst: 'default', gateway: '10.0.0.1', dev: 'eth0' }, others];
    const ip = new FakeIp({ 'link show': links, '-4 route show': table });
    const routes = sharedRoutes(createLinuxRoutes(ip));
    const held = await routes.addBearerRoutes(new Map([['192.0.2.2', gateway]]));
    expect(held).toEqual(['192.0.2.2']);
    expect(ip.batches.splice(0)).toEqual([`route replace ${stop('192.0.2.2/32')}\n`]);
    await routes.refreshBearerRoutes();
    expect(ip.batches).toEqual([]);
    table.pop();
    await routes.refreshBearerRoutes();
    expect(ip.batches.splice(0)).toEqual([
      'route replace 192.0.2.2/32 via 10.0.0.1 dev eth0 onlink proto 87\n',
    ]);
    table.push(others);
    await routes.removeBearerRoutes(held);
    expect(ip.batches).toEqual([]);
  });

  it("leaves an endpoint in another program's tunnel until that has gone", async () => {
    const table: object[] = [{ dst: 'default', gateway: '10.0.0.1', dev: 'eth0' }];
    const ip = new FakeIp({ 'link show': links, '-4 route show': table });
    const routes = sharedRoutes(createLinuxRoutes(ip));
    await routes.addBearerRoutes(new Map([['192.0.2.1', { ...gateway, device: 'ppp0', gateway: null }]]));
    expect(ip.batches.splice(0)).toEqual([
      `route replace 192.0.2.1/32 dev ppp0 proto 87\nroute replace ${stop('192.0.2.1/32')}\n`,
    ]);
    table.push({ dst: '192.0.2.1', dev: 'ppp0', protocol: '87' });
    await routes.refreshBearerRoutes();
    table[0] = { dst: 'default', gateway: '10.0.0.9', dev: 'eth0' };
    await routes.refreshBearerRoutes();
    expect(ip.batches).toEqual([]);
    table.pop();
    await routes.refreshBearerRoutes();
    expect(ip.batches.splice(0)).toEqual([
      'route replace 192.0.2.1/32 via 10.0.0.9 dev eth0 onlink proto 87\n',
    ]);
    table.push({ dst: '192.0.2.1', gateway: '10.0.0.9', dev: 'eth0', protocol: '87' });
    table[0] = { dst: 'default', gateway: '10.0.0.1', dev: 'eth0' };
    await routes.refreshBearerRoutes();
    expect(ip.batches).toEqual(['route replace 192.0.2.1/32 via 10.0.0.1 dev eth0 onlink proto 87\n']);
  });

  it('renews a pin that a killed helper left, though it answers for itself', async () => {
    const table: object[] = [
      { dst: 'default', gateway: '10.0.0.9', dev: 'eth0' },
      { dst: '192.0.2.1', dev: 'ppp0', protocol: '87' },
    ];
    const ip = new FakeIp({ 'link show': links, '-4 route show': table });
    const routes = sharedRoutes(createLinuxRoutes(ip));
    await routes.addBearerRoutes(new Map([['192.0.2.1', { ...gateway, device: 'ppp0', gateway: null }]]));
    ip.batches.splice(0);
    await routes.refreshBearerRoutes();
    expect(ip.batches).toEqual(['route replace 192.0.2.1/32 via 10.0.0.9 dev eth0 onlink proto 87\n']);
  });

  it('renews what it can where the kernel refuses one gateway, and tells', async () => {
    const ip = new FakeIp({
      'link show': links,
      '-4 route show': [
        { dst: 'default', gateway: '10.0.0.9', dev: 'eth0' },
        { dst: '192.0.2.0/24', gateway: '10.3.0.1', dev: 'ppp0' },
      ],
    });
    ip.refusing = /10\.3\.0\.1/;
    ip.refusal = new Refused('Nexthop has invalid gateway', '', 0);
    const renewed = createLinuxRoutes(ip).renewBearerRoutes(['192.0.2.1', '198.51.100.1']);
    await expect(renewed).rejects.toBe(ip.refusal);
    expect(ip.batches).toEqual(['route replace 198.51.100.1/32 via 10.0.0.9 dev eth0 onlink proto 87\n']);
  });

  it('keeps a route that two tunnels share until both have given it back', async () => {
    const ip = new FakeIp({
      'link show': links,
      '-4 route show': [{ dst: '192.0.2.1', dev: 'eth0', protocol: '87' }],
    });
    const routes = sharedRoutes(createLinuxRoutes(ip));
    const wanted = new Map([['192.0.2.1', gateway]]);
    const held = await Promise.all([routes.addBearerRoutes(wanted), routes.addBearerRoutes(wanted)]);
    expect(held).toEqual([['192.0.2.1'], ['192.0.2.1']]);
    expect(ip.batches).toHaveLength(1);
    await routes.removeBearerRoutes(['192.0.2.1']);
    expect(ip.batches).toHaveLength(1);
    await routes.removeBearerRoutes(['192.0.2.1']);
    expect(ip.batches.at(-1)).toBe('route del 192.0.2.1/32 proto 87\n');
    await routes.addBearerRoutes(wanted);
    expect(ip.batches).toHaveLength(3);
  });

  it('pins an endpoint beside the tunnel that a killed helper left up over it', async () => {
    const ip = new FakeIp({
      'link show': [...links, { ifname: 'wg0', ifalias: 'wayfare' }],
      '-4 route show': [
        { dst: 'default', gateway: '10.0.0.9', dev: 'eth0' },
        { dst: '192.0.2.0/24', dev: 'wg0' },
      ],
    });
    const inside = { device: 'wg0', gateway: null, mtu: 1_420, isLocal: false };
    const routes = createLinuxRoutes(ip);
    await routes.addBearerRoutes(new Map([['192.0.2.1', inside]]));
    expect(ip.batches).toEqual([
      `route replace 192.0.2.1/32 via 10.0.0.9 dev eth0 onlink proto 87\nroute replace ${stop('192.0.2.1/32')}\n`,
    ]);
  });

  it('renews the routes to endpoints that differ from the way there now, and no others', async () => {
    const ip = new FakeIp({
      'link show': [...links, { ifname: 'wg0', ifalias: 'wayfare' }],
      '-4 route show': [
        { dst: 'default', gateway: '10.0.0.9', dev: 'eth0' },
        { dst: '192.0.2.0/24', dev: 'wg0' },
        { dst: '192.0.2.1', gateway: '10.0.0.1', dev: 'eth0', protocol: '87' },
        { dst: '192.0.2.2', gateway: '10.0.0.9', dev: 'eth0', protocol: '87' },
        { dst: '192.0.2.4', dev: 'ppp0' },
      ],
      '-6 route show': [
        { dst: '2001:db8::/32', dev: 'wg0' },
        { dst: '2001:db8::1', gateway: 'fe80::1', dev: 'eth0', protocol: '87' },
      ],
    });
    const routes = createLinuxRoutes(ip);
    const pinned = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '2001:db8::1'];
    await routes.renewBearerRoutes(pinned);
    expect(ip.batches).toEqual([
      'route replace 192.0.2.1/32 via 10.0.0.9 dev eth0 onlink proto 87\n' +
        'route replace 192.0.2.3/32 via 10.0.0.9 dev eth0 onlink proto 87\n',
    ]);
  });

  it('reads each table once, however many endpoints there are', async () => {
    const addresses = Array.from({ length: 5_000 }, (_, i) => `192.0.${i >> 8}.${i & 255}`);
    const ip = new FakeIp({
      'link show': links,
      '-4 route show': [
        { dst: 'default', gateway: '10.0.0.9', dev: 'eth0' },
        ...addresses.map((dst) => ({ dst, gateway: '10.0.0.1', dev: 'eth0', protocol: '87' })),
      ],
    });
    await createLinuxRoutes(ip).renewBearerRoutes(addresses);
    expect(ip.queries).toEqual(['link show', '-4 route show']);
    expect(ip.batches.join('').split('\n')).toHaveLength(5_001);
  });

  it('removes what a killed helper left, but for what is kept', async () => {
    const ip = new FakeIp({
      '-4 route show': [
        { dst: '192.0.2.1', dev: 'eth0', protocol: '87' },
        { dst: '192.0.2.2', dev: 'eth0', protocol: '87' },
        { dst: '192.0.2.3', dev: 'eth0' },
        { type: 'unreachable', dst: '192.0.2.1', metric: 4_294_967_294, protocol: '87' },
        { type: 'unreachable', dst: '192.0.2.2', metric: 4_294_967_294, protocol: '87' },
        { type: 'unreachable', dst: '10.8.0.0/16', metric: 1, protocol: '87' },
        { type: 'unreachable', dst: '10.9.0.0/16', metric: 1, protocol: '87' },
        { type: 'unreachable', dst: '10.10.0.0/16', metric: 1 },
      ],
      '-6 route show': [{ type: 'unreachable', dst: 'fd08::/16', dev: 'lo', metric: 1_025, protocol: '87' }],
    });
    await createLinuxRoutes(ip).removeLeftovers(prefixes('192.0.2.1', '10.8.0.0/16'));
    expect(ip.batches).toEqual([
      `route del ${stop('192.0.2.2/32')}\n` +
        'route del 192.0.2.2/32 proto 87\n' +
        'route del unreachable 10.9.0.0/16 metric 1 proto 87\n' +
        'route del unreachable fd08::/16 metric 1025 proto 87\n',
    ]);
  });

  it('holds a prefix for two tunnels until both have let it go', async () => {
    const hold = { type: 'unreachable', dst: '10.8.0.0/16', metric: 1, protocol: '87' };
    const ip = new FakeIp({ '-4 route show': [hold], '-6 route show': [] });
    const routes = sharedRoutes(createLinuxRoutes(ip));
    await routes.hold('home', prefixes('10.8.0.0/16', 'fd08::/16'));
    await routes.hold('work', prefixes('10.8.0.0/16'));
    expect(ip.batches.splice(0)).toEqual([
      'route replace unreachable 10.8.0.0/16 metric 1 proto 87\n' +
        'route replace unreachable fd08::/16 metric 1025 proto 87\n',
      'route replace unreachable 10.8.0.0/16 metric 1 proto 87\n',
    ]);
    await routes.release('home');
    await routes.release('home');
    expect(ip.batches).toEqual([]);
    await routes.release('work');
    expect(ip.batches).toEqual(['route del unreachable 10.8.0.0/16 metric 1 proto 87\n']);
  });

  it('pins an endpoint beside what is held, and one without a way once there is one', async () => {
    const table6: object[] = [];
    const ip = new FakeIp({
      'link show': links,
      '-4 route show': [
        { dst: 'default', gateway: '10.0.0.9', dev: 'eth0' },
        { type: 'unreachable', dst: '192.0.2.1', metric: 1, protocol: '87' },
      ],
      '-6 route show': table6,
    });
    const routes = sharedRoutes(createLinuxRoutes(ip));
    await routes.addBearerRoutes(new Map([['192.0.2.1', null]]));
    await routes.addBearerRoutes(new Map([['fd00::1', null]]));
    expect(ip.batches.splice(0)).toEqual([
      `route replace 192.0.2.1/32 via 10.0.0.9 dev eth0 onlink proto 87\nroute replace ${stop('192.0.2.1/32')}\n`,
      `route replace ${stop('fd00::1/128')}\n`,
    ]);
    await routes.removeBearerRoutes(['192.0.2.1']);
    expect(ip.batches).toEqual([]);
    table6.push({ type: 'unreachable', dst: 'fd00::1', dev: 'lo', metric: 4_294_967_294, protocol: '87' });
    await routes.refreshBearerRoutes();
    expect(ip.batches).toEqual([]);
    table6.push({ dst: 'default', gateway: 'fe80::1', dev: 'eth0' });
    await routes.refreshBearerRoutes();
    expect(ip.batches).toEqual(['route replace fd00::1/128 via fe80::1 dev eth0 onlink proto 87\n']);
  });

  const nothing = { '-N -4 route show table all': [], '-N -6 route show table all': [] };

  it('names the device that has a route already, and what to do', async () => {
    const ip = new FakeIp({
      ...nothing,
      '-4 route show exact 10.8.0.0/16': [{ dst: '10.8.0.0/16', dev: 'wlan0' }],
    });
    ip.refusal = new Refused('File exists', 'route add 10.8.0.0/16 dev wg0', 1);
    await expect(
      createLinuxRoutes(ip).setTunnelRoutes('wg0', prefixes('10.9.0.0/16', '10.8.0.0/16'), null),
    ).rejects.toThrow(/^wlan0 has that route already, to 10\.8\.0\.0\/16, take that tunnel down or leave/);
  });

  it('adds all routes of a tunnel in one batch', async () => {
    const ip = new FakeIp(nothing);
    await createLinuxRoutes(ip).setTunnelRoutes('wg0', prefixes('10.8.0.0/16', '::/1'), '51820');
    expect(ip.batches).toEqual([
      'route add 10.8.0.0/16 dev wg0 table 51820\nroute add ::/1 dev wg0 table 51820\n',
    ]);
  });

  it('leaves the routes of a tunnel that stand, adds what is missing, then removes the rest', async () => {
    const ip = new FakeIp({
      '-N -4 route show table all': [
        { dst: '10.7.0.0/24', dev: 'wg0', protocol: '2', prefsrc: '10.7.0.2' },
        { dst: '10.8.0.0/16', dev: 'wg0' },
        { dst: '10.9.0.0/16', dev: 'wg0' },
        { dst: '10.10.0.0/16', dev: 'wg0', metric: 50 },
        { dst: '10.11.0.0/16', dev: 'eth0' },
        { dst: 'default', dev: 'wg0', table: '4242' },
        { dst: 'default', dev: 'wg0', table: '51820', protocol: '87' },
      ],
      '-N -6 route show table all': [
        { dst: 'fd08::/16', dev: 'wg0', metric: 1_024 },
        { dst: 'fe80::/64', dev: 'wg0', protocol: '2', metric: 256 },
      ],
    });
    const wanted = prefixes('10.8.0.0/16', '10.10.0.0/16', 'fd08::/16', 'fd09::/16');
    await createLinuxRoutes(ip).setTunnelRoutes('wg0', wanted, null);
    expect(ip.batches).toEqual([
      'route add 10.10.0.0/16 dev wg0\nroute add fd09::/16 dev wg0\n',
      'route del 10.9.0.0/16 dev wg0 table main metric 0\n' +
        'route del 10.10.0.0/16 dev wg0 table main metric 50\n' +
        'route del 0.0.0.0/0 dev wg0 table 4242 metric 0\n',
    ]);
  });

  it('tells the routes of a table that a config names by that name', async () => {
    const ip = new FakeIp({
      '-4 route show table all': [{ dst: '10.8.0.0/16', dev: 'wg0', table: 'office' }],
      '-6 route show table all': [],
    });
    await createLinuxRoutes(ip).setTunnelRoutes('wg0', prefixes('10.8.0.0/16'), 'office');
    expect(ip.batches).toEqual([]);
  });
});
