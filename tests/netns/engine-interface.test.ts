/** What others do to the interface while the engine runs: move, rename, resize, switch off and on. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeNamespaces, createNamespace, type Namespace, uniqueInterface } from '../support/netns.ts';
import { waitFor } from '../support/processes.ts';
import { sniff } from '../support/sniffer.ts';
import { transferTcp } from '../support/tcp-transfer.ts';
import { createTunnelPair, type TunnelPair } from '../support/tunnel-pair.ts';
import { readDatagrams, type WireDatagram } from '../support/wireguard-frames.ts';

/** What a datagram of transport data is longer than its padded packet. */
const TRANSPORT_OVERHEAD = 32;
const ICMP_OVER_IPV4 = 28;

let pair: TunnelPair;
beforeEach(async () => {
  pair = await createTunnelPair('wayfare', 'wireguard-go');
  await pair.configure();
  await pair.establish();
});
afterEach(() => pair?.close());

/** The datagrams that reach the other end while `action` runs. */
async function seenOnTheWire(action: () => Promise<unknown>): Promise<WireDatagram[]> {
  const { namespace, link } = pair.right;
  const sniffer = await sniff(namespace, link.interface, { direction: 'in', filter: 'udp' });
  await action();
  await sniffer.stop();
  return readDatagrams(sniffer.packets);
}

/** The longest payload when a packet of `length` bytes is sent from `from`. */
async function longestDatagram(from: Namespace, length: number): Promise<number> {
  const seen = await seenOnTheWire(() =>
    from.ping(pair.right.v4, { size: length - ICMP_OVER_IPV4, count: 2 }),
  );
  return Math.max(...seen.filter(({ kind }) => kind === 'data').map(({ payloadBytes }) => payloadBytes));
}

async function expectMtuFollowed(from: Namespace, interfaceName: string): Promise<void> {
  await from.ip(`link set ${interfaceName} mtu 1277`);
  // Padded to a multiple of 16, but never past the MTU, as it is now.
  expect(await longestDatagram(from, 1_270)).toBe(1_277 + TRANSPORT_OVERHEAD);
  expect(await longestDatagram(from, 1_000)).toBe(1_008 + TRANSPORT_OVERHEAD);
  await from.ip(`link set ${interfaceName} mtu 9000`);
  expect(await longestDatagram(from, 1_277)).toBe(1_280 + TRANSPORT_OVERHEAD);
}

async function expectAnswers(from: Namespace): Promise<void> {
  expect(await from.ping(pair.right.v4)).toMatchObject({ sent: 3, received: 3 });
}

describe('in its own namespace', () => {
  it('a_change_of_the_mtu_is_followed', async () => {
    const { namespace, engine } = pair.left;
    await expectMtuFollowed(namespace, engine.name);
    await pair.right.namespace.ip(`link set ${pair.right.engine.name} mtu 9000`);
    const ends = { from: namespace, to: pair.right.namespace, address: pair.right.v4 };
    expect(await transferTcp(ends)).toMatchObject({ intactStreams: 1 });
  });

  it('switched_off_it_forgets_its_keys_and_begins_anew', async () => {
    const { namespace, engine, v6 } = pair.left;
    const seen = await seenOnTheWire(async () => {
      await namespace.ip(`link set ${engine.name} down`);
      await pair.right.namespace.ping(pair.left.v4, { count: 2, waitMs: 100 });
      await namespace.ip(`link set ${engine.name} up`);
      await namespace.ip(`addr add ${v6}/64 dev ${engine.name} nodad`); // the kernel drops it at `down`
      await expectAnswers(namespace);
    });
    expect(seen[0]?.kind).toBe('initiation');
    expect(seen.some(({ kind }) => kind === 'data')).toBe(true);
  });

  it('switched_off_and_on_many_times_it_still_works', async () => {
    const { namespace, engine } = pair.left;
    for (let i = 0; i < 20; i++) {
      await namespace.ip(`link set ${engine.name} ${i % 2 === 0 ? 'down' : 'up'}`);
    }
    await expectAnswers(namespace);
  });

  it('renamed_it_goes_on_and_ends_with_its_deletion', async () => {
    const { namespace, engine } = pair.left;
    const renamed = uniqueInterface('re');
    await namespace.ip(`link set ${engine.name} down`);
    await namespace.ip(`link set ${engine.name} name ${renamed}`);
    await namespace.ip(`link set ${renamed} up`);
    await expectAnswers(namespace);
    await expectMtuFollowed(namespace, renamed);
    await namespace.ip(`link del ${renamed}`);
    expect(await engine.child.exited).toEqual({ code: 0, signal: null });
  });
});

describe('moved to another namespace', () => {
  let container: Namespace;
  beforeEach(async () => {
    container = await createNamespace('container');
    const { namespace, engine, v4, v6 } = pair.left;
    await namespace.ip(`link set ${engine.name} netns ${container.name}`);
    await container.ip(`addr add ${v4}/24 dev ${engine.name}`);
    await container.ip(`addr add ${v6}/64 dev ${engine.name} nodad`);
    await container.ip(`link set ${engine.name} up`);
  });
  afterEach(() => closeNamespaces(container));

  it('its_traffic_leaves_where_its_sockets_stayed', async () => {
    await expectAnswers(container);
    const ends = { from: container, to: pair.right.namespace, address: pair.right.v6 };
    expect(await transferTcp(ends)).toMatchObject({ intactStreams: 1 });
    expect((await container.ip('-br link')).match(/^\w+/gm)).toEqual(['lo', pair.left.engine.name]);
    await pair.left.engine.set('listen-port 40100 fwmark 5');
    await expectAnswers(container);
  });

  it('a_change_of_the_mtu_is_followed_there', async () => {
    await expectAnswers(container);
    await expectMtuFollowed(container, pair.left.engine.name);
  });

  it('switched_off_there_it_forgets_its_keys_and_begins_anew', async () => {
    const { engine } = pair.left;
    await expectAnswers(container);
    const seen = await seenOnTheWire(async () => {
      await container.ip(`link set ${engine.name} down`);
      await container.ip(`link set ${engine.name} up`);
      await expectAnswers(container);
    });
    expect(seen[0]?.kind).toBe('initiation');
  });

  it('deleted_there_it_ends_the_engine', async () => {
    const { engine } = pair.left;
    await container.ip(`link del ${engine.name}`);
    expect(await engine.child.exited).toEqual({ code: 0, signal: null });
  });

  it('it_ends_the_engine_as_that_namespace_ends', async () => {
    await container.close();
    await waitFor(() => pair.left.engine.child.exit, { what: 'the end of the engine' });
    expect(pair.left.engine.child.exit).toEqual({ code: 0, signal: null });
  });

  it('moved_on_to_a_third_it_is_followed', async () => {
    const third = await createNamespace('third');
    const { engine, v4 } = pair.left;
    await container.ip(`link set ${engine.name} netns ${third.name}`);
    await third.ip(`addr add ${v4}/24 dev ${engine.name}`);
    await third.ip(`link set ${engine.name} up`);
    await expectAnswers(third);
    await expectMtuFollowed(third, engine.name);
    await third.close();
    await waitFor(() => pair.left.engine.child.exit, { what: 'the end of the engine' });
  });

  it('moved_back_it_is_followed_again', async () => {
    const { namespace, engine, v4 } = pair.left;
    await container.ip(`link set ${engine.name} netns ${namespace.name}`);
    await namespace.ip(`addr add ${v4}/24 dev ${engine.name}`);
    await namespace.ip(`link set ${engine.name} up`);
    await expectAnswers(namespace);
    await expectMtuFollowed(namespace, engine.name);
  });
});
