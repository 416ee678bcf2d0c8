/** Our engine between several peers: whose packets go where, and whose are refused. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EngineKind, type EngineProcess, startEngine } from '../support/engine-process.ts';
import {
  closeNamespaces,
  connectNamespaces,
  createNamespace,
  type LinkEnd,
  type Namespace,
} from '../support/netns.ts';
import { transferTcp } from '../support/tcp-transfer.ts';
import { generateKeys, type Keys, setPrivateKey, TUNNEL_MTU } from '../support/tunnel-pair.ts';

const HUB_ADDRESS = '10.8.0.1';
const MOVING = '10.8.9.9';

interface Node {
  readonly namespace: Namespace;
  readonly engine: EngineProcess;
  readonly keys: Keys;
}
interface Spoke extends Node {
  readonly v4: string;
  /** The hub's end of the link between the two. */
  readonly link: LinkEnd;
}

let hub: Node;
let alice: Spoke;
let bob: Spoke;

beforeAll(async () => {
  hub = await createNode('hub', 'wayfare', HUB_ADDRESS);
  await hub.namespace.run('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1']);
  alice = await createSpoke('alice', 'wireguard-go', '10.8.0.2');
  bob = await createSpoke('bob', 'wayfare', '10.8.0.3');
});
afterAll(() => closeNamespaces(hub?.namespace, alice?.namespace, bob?.namespace));

async function createNode(label: string, kind: EngineKind, v4: string): Promise<Node> {
  const namespace = await createNamespace(label);
  const engine = await startEngine(kind, namespace);
  const keys = generateKeys();
  await setPrivateKey(engine, keys);
  await namespace.ip(`addr add ${v4}/16 dev ${engine.name}`);
  await namespace.ip(`link set ${engine.name} mtu ${TUNNEL_MTU} up`);
  return { namespace, engine, keys };
}

async function createSpoke(label: string, kind: EngineKind, v4: string): Promise<Spoke> {
  const node = await createNode(label, kind, v4);
  const link = (await connectNamespaces(hub.namespace, node.namespace)).a;
  const endpoint = `${link.v4}:${await hub.engine.show('listen-port')}`;
  await hub.engine.set(`peer ${node.keys.public} allowed-ips ${v4}/32`);
  await node.engine.set(`peer ${hub.keys.public} allowed-ips 10.8.0.0/16 endpoint ${endpoint}`);
  return { ...node, v4, link };
}

async function receivedBy(spoke: Spoke, from: Namespace, target: string): Promise<number> {
  const bytesBefore = await receivedBytes(spoke);
  await from.ping(target, { count: 2, waitMs: 100 });
  return (await receivedBytes(spoke)) - bytesBefore;
}

async function receivedBytes({ engine }: Spoke): Promise<number> {
  return Number((await engine.show('transfer')).split('\t')[1]);
}

describe('a hub', () => {
  it('answers_both_its_peers', async () => {
    for (const { namespace } of [alice, bob]) {
      expect(await namespace.ping(HUB_ADDRESS)).toMatchObject({ sent: 3, received: 3 });
    }
  });

  it('carries_tcp_from_one_to_the_other_and_back', async () => {
    const streams = { streams: 4, bytesPerStream: 500_000 };
    const there = { from: alice.namespace, to: bob.namespace, address: bob.v4 };
    const back = { from: bob.namespace, to: alice.namespace, address: alice.v4 };
    const results = await Promise.all([
      transferTcp({ ...there, ...streams }),
      transferTcp({ ...back, ...streams }),
    ]);
    expect(results.map(({ intactStreams }) => intactStreams)).toEqual([4, 4]);
  });

  it('sends_a_prefix_to_whoever_has_it_now', async () => {
    await hub.engine.set(`peer ${alice.keys.public} allowed-ips ${alice.v4}/32,10.8.9.0/24`);
    expect(await receivedBy(alice, hub.namespace, MOVING)).toBeGreaterThan(2 * 84);
    await hub.engine.set(`peer ${bob.keys.public} allowed-ips ${bob.v4}/32,${MOVING}/32`);
    expect(await receivedBy(bob, hub.namespace, MOVING)).toBeGreaterThan(2 * 84);
    expect(await receivedBy(alice, hub.namespace, '10.8.9.8')).toBeGreaterThan(2 * 84);
    await hub.engine.set(`peer ${bob.keys.public} allowed-ips ${bob.v4}/32`);
    expect(await receivedBy(alice, hub.namespace, MOVING)).toBeGreaterThan(2 * 84);
  });

  it('refuses_the_source_address_of_another_peer', async () => {
    await bob.namespace.ip(`addr add ${alice.v4}/32 dev ${bob.engine.name}`);
    const args = ['-n', '-c', '2', '-W', '0.2', '-I', alice.v4, HUB_ADDRESS];
    await expect(bob.namespace.run('ping', args)).rejects.toThrow('100% packet loss');
    await bob.namespace.ip(`addr del ${alice.v4}/32 dev ${bob.engine.name}`);
    expect(await bob.namespace.ping(HUB_ADDRESS)).toMatchObject({ received: 3 });
  });

  it('forgets_a_removed_peer_and_keeps_the_other', async () => {
    await hub.engine.set(`peer ${alice.keys.public} remove`);
    expect(await alice.namespace.ping(HUB_ADDRESS, { count: 2, waitMs: 200 })).toMatchObject({ received: 0 });
    expect(await bob.namespace.ping(HUB_ADDRESS)).toMatchObject({ received: 3 });
    await hub.engine.set(`peer ${alice.keys.public} allowed-ips ${alice.v4}/32`);
    const endpoint = await alice.engine.show('endpoints');
    await alice.engine.set(`peer ${hub.keys.public} remove`);
    await alice.engine.set(
      `peer ${hub.keys.public} allowed-ips 10.8.0.0/16 endpoint ${endpoint.split('\t')[1]}`,
    );
    expect(await alice.namespace.ping(HUB_ADDRESS)).toMatchObject({ received: 3 });
  });

  it('survives_being_stopped_for_a_while', async () => {
    process.kill(hub.engine.child.pid, 'SIGSTOP');
    await bob.namespace.ping(HUB_ADDRESS, { count: 20, intervalMs: 10, waitMs: 50 });
    process.kill(hub.engine.child.pid, 'SIGCONT');
    expect(await bob.namespace.ping(HUB_ADDRESS)).toMatchObject({ received: 3 });
  });
});
