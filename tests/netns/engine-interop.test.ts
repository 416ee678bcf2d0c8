/** Sessions with a second implementation, Debian's wireguard-go, in both roles; and with ourselves. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { transferTcp } from '../support/tcp-transfer.ts';
import {
  createTunnelPair,
  generateKeys,
  type Side,
  setPrivateKey,
  TUNNEL_MTU,
  type TunnelPair,
} from '../support/tunnel-pair.ts';
import { echoDatagrams } from '../support/udp-datagrams.ts';

const UDP_OVER_IPV4 = 28;
const UDP_OVER_IPV6 = 48;
const LARGEST_V4 = TUNNEL_MTU - UDP_OVER_IPV4;
const LARGEST_V6 = TUNNEL_MTU - UDP_OVER_IPV6;

const ROLES = [
  { role: 'initiator', initiator: 'left' },
  { role: 'responder', initiator: 'right' },
] as const;
const MATRIX = ROLES.flatMap(({ role, initiator }) =>
  ([4, 6] as const).flatMap((outer) =>
    [false, true].map(
      (presharedKey) =>
        [
          `as_${role}_over_ipv${outer}_${presharedKey ? 'with' : 'without'}_a_preshared_key`,
          { initiator, outer, presharedKey },
        ] as const,
    ),
  ),
);

let pair: TunnelPair;
beforeAll(async () => {
  pair = await createTunnelPair('wayfare', 'wireguard-go');
});
afterAll(() => pair?.close());

/** Pings and TCP streams, both ways, in both families. */
async function expectTraffic({ left, right }: TunnelPair, initiator: Side): Promise<void> {
  const [first, second] = initiator === 'left' ? [left, right] : [right, left];
  const two = { count: 2 };
  expect(await first.namespace.ping(second.v4, two)).toMatchObject({ sent: 2, received: 2 });
  expect(await first.namespace.ping(second.v6, two)).toMatchObject({ sent: 2, received: 2 });
  expect(await second.namespace.ping(first.v4, two)).toMatchObject({ sent: 2, received: 2 });
  const transfers = ([4, 6] as const).flatMap((inner) =>
    [[first, second] as const, [second, first] as const].map(([from, to]) =>
      transferTcp({
        from: from.namespace,
        to: to.namespace,
        address: inner === 4 ? to.v4 : to.v6,
        bytesPerStream: 300_000,
      }),
    ),
  );
  for (const result of await Promise.all(transfers)) expect(result.intactStreams).toBe(1);
}

describe('a session with wireguard-go', () => {
  it.each(MATRIX)('%s', async (_, options) => {
    await pair.configure(options);
    await expectTraffic(pair, options.initiator);
    expect(await pair.left.engine.show('latest-handshakes')).not.toMatch(/\t0$/);
    const secret = (await pair.left.engine.show('preshared-keys')).split('\t')[1];
    expect(secret === '(none)').toBe(!options.presharedKey);
  });

  it('wrong_preshared_keys_carry_nothing', async () => {
    await pair.configure({ presharedKey: true });
    const wrong = pair.secretFile('wrong', Buffer.alloc(32, 7).toString('base64'));
    await pair.right.engine.set(`peer ${pair.left.keys.public} preshared-key ${wrong}`);
    const { received } = await pair.left.namespace.ping(pair.right.v4, { count: 3, waitMs: 300 });
    expect(received).toBe(0);
  });

  it.each(ROLES)('goes_on_under_a_new_private_key_of_ours_as_$role', async ({ initiator }) => {
    await pair.configure({ initiator });
    await pair.establish(initiator);
    const { left, right } = pair;
    const keys = generateKeys();
    await right.engine.set(`peer ${left.keys.public} remove`);
    await right.engine.set(`peer ${keys.public} allowed-ips ${left.v4}/32,${left.v6}/128`);
    if (initiator === 'right') {
      await right.engine.set(`peer ${keys.public} endpoint ${await pair.endpointOf(left)}`);
    }
    await setPrivateKey(left.engine, keys);
    await pair.establish(initiator);
    await right.engine.set(`peer ${keys.public} remove`);
    await setPrivateKey(left.engine, left.keys);
  });

  it.each(ROLES)('goes_on_over_link_local_addresses_as_$role', async ({ initiator }) => {
    await pair.configure({ initiator });
    const [from, to] = initiator === 'left' ? [pair.left, pair.right] : [pair.right, pair.left];
    const address = /inet6 (fe80::\S+)\//.exec(await to.namespace.ip('-6 addr show scope link'))?.[1];
    const port = await to.engine.show('listen-port');
    const endpoint = `[${address}%${from.link.interface}]:${port}`;
    await from.namespace.wg('set', from.engine.name, 'peer', to.keys.public, 'endpoint', endpoint);
    await pair.establish(initiator);
    expect(await from.namespace.ping(to.v6)).toMatchObject({ received: 3 });
    expect(await to.namespace.ping(from.v4)).toMatchObject({ received: 3 });
    expect(await to.engine.show('endpoints')).toContain('fe80::');
  });

  it('fifty_parallel_tcp_streams_are_intact_each_way', async () => {
    await pair.configure();
    const { left, right } = pair;
    const streams = { streams: 50, bytesPerStream: 200_000 };
    const results = await Promise.all([
      transferTcp({ from: left.namespace, to: right.namespace, address: right.v4, ...streams }),
      transferTcp({ from: right.namespace, to: left.namespace, address: left.v6, ...streams }),
    ]);
    expect(results.map(({ intactStreams }) => intactStreams)).toEqual([50, 50]);
  });

  it('udp_payloads_of_every_odd_size_are_intact', async () => {
    await pair.configure();
    const { left, right } = pair;
    const ends = { from: left.namespace, to: right.namespace };
    const v4 = await echoDatagrams({ ...ends, address: right.v4, sizes: [0, LARGEST_V4, 3] });
    expect(v4).toEqual({ intact: 465, damaged: 0, lost: 0 });
    const v6 = await echoDatagrams({ ...ends, address: right.v6, sizes: [1, LARGEST_V6, 2] });
    expect(v6).toEqual({ intact: 686, damaged: 0, lost: 0 });
  });

  it('udp_payloads_are_intact_when_the_other_begins', async () => {
    await pair.configure({ initiator: 'right', outer: 6 });
    const { left, right } = pair;
    const result = await echoDatagrams({
      from: right.namespace,
      to: left.namespace,
      address: left.v4,
      sizes: [0, LARGEST_V4, 7],
    });
    expect(result).toEqual({ intact: 199, damaged: 0, lost: 0 });
  });
});

describe('the edge of the mtu', () => {
  beforeAll(() => pair.configure());

  it.each([
    ['ipv4', 'v4', LARGEST_V4],
    ['ipv6', 'v6', LARGEST_V6],
  ] as const)('the_longest_%s_packet_passes_whole_and_one_byte_more_is_refused', async (_, family, size) => {
    const { left, right } = pair;
    const whole = { count: 2, dontFragment: true, waitMs: 500 };
    for (const length of [size, size - 1, size - 15]) {
      const there = await left.namespace.ping(right[family], { ...whole, size: length });
      const back = await right.namespace.ping(left[family], { ...whole, size: length });
      expect([there.received, back.received]).toEqual([2, 2]);
    }
    // ping calls that an error, or a loss, by its version.
    const longer = await left.namespace
      .ping(right[family], { ...whole, size: size + 1 })
      .then(({ received }) => received)
      .catch(() => 0);
    expect(longer).toBe(0);
  });

  it('longer_packets_pass_in_fragments', async () => {
    const { left, right } = pair;
    for (const target of [right.v4, right.v6]) {
      expect(await left.namespace.ping(target, { size: 9_000 })).toMatchObject({ received: 3 });
    }
  });
});

describe('a session with ourselves', () => {
  let own: TunnelPair;
  beforeAll(async () => {
    own = await createTunnelPair('wayfare', 'wayfare');
  });
  afterAll(() => own?.close());

  it.each([
    { outer: 4, presharedKey: true },
    { outer: 6, presharedKey: false },
  ] as const)('carries_traffic_over_ipv$outer', async (options) => {
    await own.configure(options);
    await expectTraffic(own, 'left');
  });

  it('both_ends_may_begin_at_once', async () => {
    await own.configure({ initiator: 'both' });
    const pings = await Promise.all([
      own.left.namespace.ping(own.right.v4, { count: 10 }),
      own.right.namespace.ping(own.left.v6, { count: 10 }),
    ]);
    expect(pings.map(({ received }) => received)).toEqual([10, 10]);
  });

  it('fifty_parallel_tcp_streams_are_intact', async () => {
    await own.configure();
    const result = await transferTcp({
      from: own.left.namespace,
      to: own.right.namespace,
      address: own.right.v6,
      streams: 50,
      bytesPerStream: 300_000,
    });
    expect(result.intactStreams).toBe(50);
  });
});
