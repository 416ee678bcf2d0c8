import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpAddress, IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { Failure } from '../../../helper/failure.ts';
import { batchText, type IpCommand } from '../../../helper/network/ip-command.ts';
import { createLinuxRoutes } from '../../../helper/routes/linux.ts';
import {
  contains,
  explicitTableRoutes,
  mainTableRoutes,
  swallowedEndpoints,
  tunnelMtu,
} from '../../../helper/routes/plan.ts';
import { addressCommands } from '../../../helper/tun/linux.ts';

const prefixes = (...texts: string[]) => texts.map((text) => IpPrefix.parse(text)!);
const anyPrefix = fc
  .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat({ max: 32 }))
  .map(([bytes, length]) => new IpPrefix(new IpAddress(bytes), length).masked());

describe('the plan of routes', () => {
  it('splits a default route into halves', () => {
    expect(mainTableRoutes(prefixes('0.0.0.0/0', '::/0'), []).map(String)).toEqual([
      '0.0.0.0/1',
      '128.0.0.0/1',
      '::/1',
      '8000::/1',
    ]);
  });

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

  it.each([
    [[1_500, 1_400], [9_000], 1_320],
    [[], [1_500, 1_492], 1_412],
    [[], [], 1_420],
    [[65_536], [], 65_456],
    [[600], [], 576],
  ])('sizes the tunnel for endpoints %j and defaults %j', (endpoints, defaults, mtu) => {
    expect(tunnelMtu(endpoints, defaults)).toBe(mtu);
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

  it('add an address that a config repeats once', () => {
    expect(addressCommands('wg0', prefixes('10.7.0.2/24', '10.7.0.2/24', 'fd07::2/64'))).toEqual([
      ['address', 'add', '10.7.0.2/24', 'dev', 'wg0'],
      ['address', 'add', 'fd07::2/64', 'dev', 'wg0'],
    ]);
  });
});

/** A kernel that answers each query with what `ip -j` printed for it on a real one. */
class FakeIp implements IpCommand {
  readonly batches: string[] = [];
  readonly #answers: Readonly<Record<string, unknown>>;

  constructor(answers: Readonly<Record<string, unknown>>) {
    this.#answers = answers;
  }

  async query(words: readonly string[]): Promise<unknown> {
    const answer = this.#answers[words.join(' ')];
    if (answer === undefined) throw new Failure('Network is unreachable');
    return answer;
  }

  async batch(lines: readonly (readonly string[])[]): Promise<void> {
    this.batches.push(batchText(lines));
  }
}

describe('routes on Linux', () => {
  const viaGateway = { dst: '192.0.2.1', gateway: '10.0.0.1', dev: 'eth0', prefsrc: '10.0.0.2', flags: [] };
  const gateway = { device: 'eth0', gateway: '10.0.0.1', mtu: 1_492, isLocal: false };

  it('reads the way to an address, its MTU from the link or from the route', async () => {
    const ip = new FakeIp({
      'route get 192.0.2.1': [viaGateway],
      'route get 192.0.2.1 mark 51820': [{ ...viaGateway, metrics: [{ mtu: 1_300 }] }],
      'route get 127.0.0.1': [{ type: 'local', dst: '127.0.0.1', dev: 'lo', prefsrc: '127.0.0.1' }],
      'link show dev eth0': [{ ifname: 'eth0', mtu: 1_492 }],
      'link show dev lo': [{ ifname: 'lo', mtu: 65_536 }],
    });
    const routes = createLinuxRoutes(ip);
    expect(await routes.pathTo('192.0.2.1', 0)).toEqual(gateway);
    expect(await routes.pathTo('192.0.2.1', 51_820)).toEqual({ ...gateway, mtu: 1_300 });
    expect(await routes.pathTo('127.0.0.1', 0)).toMatchObject({ isLocal: true, mtu: 65_536 });
    expect(await routes.pathTo('198.51.100.1', 0)).toBeNull();
  });

  it('reads the default routes of both families', async () => {
    const ip = new FakeIp({
      '-4 route show default': [{ dst: 'default', gateway: '10.0.0.1', dev: 'eth0', flags: [] }],
      '-6 route show default': [],
      'link show dev eth0': [{ mtu: 1_492 }],
    });
    expect(await createLinuxRoutes(ip).defaultPaths()).toEqual([gateway]);
  });

  it('pins an endpoint to its path, unless somebody has', async () => {
    const ip = new FakeIp({
      '-4 route show exact 192.0.2.1/32': [],
      '-4 route show exact 192.0.2.2/32': [{ dst: '192.0.2.2', dev: 'eth1' }],
      '-6 route show exact fd00::1/128': [],
    });
    const routes = createLinuxRoutes(ip);
    expect(await routes.addBearerRoute('192.0.2.1', gateway)).toBe(true);
    expect(await routes.addBearerRoute('192.0.2.2', gateway)).toBe(false);
    expect(await routes.addBearerRoute('fd00::1', { ...gateway, gateway: null })).toBe(true);
    await routes.removeBearerRoute('192.0.2.1', gateway);
    expect(ip.batches).toEqual([
      'route add 192.0.2.1/32 via 10.0.0.1 dev eth0\n',
      'route add fd00::1/128 dev eth0\n',
      'route del 192.0.2.1/32 via 10.0.0.1 dev eth0\n',
    ]);
  });

  it('adds all routes of a tunnel in one batch', async () => {
    const ip = new FakeIp({});
    await createLinuxRoutes(ip).addTunnelRoutes('wg0', prefixes('10.8.0.0/16', '::/1'), '51820');
    expect(ip.batches).toEqual([
      'route add 10.8.0.0/16 dev wg0 table 51820\nroute add ::/1 dev wg0 table 51820\n',
    ]);
  });
});
