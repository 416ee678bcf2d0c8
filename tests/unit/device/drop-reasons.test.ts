/** One way to each reason for which a packet is dropped, and that it is counted under its own name and no other. */
import { describe, expect, it } from 'vitest';
import { PresharedKey } from '../../../engine/crypto/keys.ts';
import { DROP_REASONS, DropCounters, type DropReason } from '../../../engine/errors.ts';
import { CookieJar } from '../../../engine/noise/cookie.ts';
import type { Endpoint } from '../../../engine/peer/endpoint.ts';
import { IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { parseHandshakeMessage } from '../../../engine/wire/messages.ts';
import { pingPacket, udpPacket } from '../../support/inner-packets.ts';
import { establishedPair, type VirtualPair, virtualPair } from '../../support/virtual-network.ts';
import type { VirtualNode } from '../../support/virtual-node.ts';

/** What the operating system refuses is tested where there is one. */
const OF_THE_SYSTEM: readonly DropReason[] = ['tun-write-failed', 'udp-send-failed'];

type Way = (pair: VirtualPair) => VirtualNode;

const junk = (type: number, length: number) => Uint8Array.of(type, ...new Uint8Array(length - 1));

/** Alice's datagram, taken off the wire. */
function intercepted({ network }: VirtualPair, send: () => void): Uint8Array {
  network.isLost = () => true;
  send();
  network.isLost = () => false;
  return network.datagrams.at(-1)!.bytes;
}

function receiveChanged(
  pair: VirtualPair,
  datagram: Uint8Array,
  change: (copy: Uint8Array) => void,
): VirtualNode {
  const copy = Uint8Array.from(datagram);
  change(copy);
  pair.bob.receive(copy, pair.alice.outer);
  return pair.bob;
}

const data = (pair: VirtualPair) => intercepted(pair, () => pair.alice.send(pair.bob));
const initiation = (pair: VirtualPair) => intercepted(pair, () => pair.alice.initiateHandshake(pair.bob));

/** Lets alice's session seal what her own checks would not let out. */
function sealing(pair: VirtualPair, spoil: (packet: Uint8Array) => void): VirtualNode {
  pair.alice.cipher.beforeSealing = spoil;
  pair.alice.send(pair.bob);
  pair.network.runUntilQuiet();
  return pair.bob;
}

/** An initiation whose mac1 is right although somebody changed it. */
function remade({ bob }: VirtualPair, copy: Uint8Array): void {
  const message = parseHandshakeMessage(copy);
  if (message.kind !== 'cookie-reply') new CookieJar(bob.publicKey.bytes).fillMacs(message.macs, 0);
}

function overload(node: VirtualNode, from: Endpoint, datagram: Uint8Array, times: number): VirtualNode {
  node.isStalled = true;
  for (let i = 0; i < times; i++) node.receive(datagram, from);
  node.isStalled = false;
  while (node.device.nextDeadline() === Number.NEGATIVE_INFINITY) node.settle();
  return node;
}

/** Ways for two nodes that have not spoken. */
const BEFORE_A_SESSION: Partial<Record<DropReason, Way>> = {
  'no-private-key': (pair) => {
    const datagram = initiation(pair);
    pair.bob.device.setPrivateKey(null);
    return receiveChanged(pair, datagram, () => {});
  },
  'invalid-mac1': (pair) => receiveChanged(pair, initiation(pair), (copy) => copy.fill(0, 116, 117)),
  'cookie-required': (pair) => {
    const datagram = initiation(pair);
    return overload(pair.bob, pair.alice.outer, datagram, 512);
  },
  'invalid-ephemeral': (pair) =>
    receiveChanged(pair, initiation(pair), (copy) => {
      copy.fill(0, 8, 40);
      remade(pair, copy);
    }),
  'invalid-static': (pair) =>
    receiveChanged(pair, initiation(pair), (copy) => {
      copy[41]! ^= 1;
      remade(pair, copy);
    }),
  'unknown-static': (pair) => {
    const datagram = initiation(pair);
    pair.bob.device.removePeer(pair.bob.peerOf(pair.alice));
    return receiveChanged(pair, datagram, () => {});
  },
  'invalid-timestamp': (pair) =>
    receiveChanged(pair, initiation(pair), (copy) => {
      copy[90]! ^= 1;
      remade(pair, copy);
    }),
  'initiation-flood': (pair) => {
    const first = initiation(pair);
    pair.network.isLost = () => true;
    pair.network.runFor(5_400);
    pair.bob.receive(first, pair.alice.outer);
    return receiveChanged(pair, pair.network.latest('initiation').bytes, () => {});
  },
  'invalid-response': (pair) => {
    pair.alice.peerOf(pair.bob).setPresharedKey(new PresharedKey(new Uint8Array(32).fill(1)));
    pair.alice.initiateHandshake(pair.bob);
    pair.network.runUntilQuiet();
    return pair.alice;
  },
  'invalid-cookie-reply': (pair) => {
    const datagram = initiation(pair);
    const reply = junk(3, 64);
    reply.set(datagram.subarray(4, 8), 4);
    pair.alice.receive(reply, pair.bob.outer);
    return pair.alice;
  },
  'staged-overflow': ({ alice, bob }) => {
    for (let i = 0; i < 129; i++) alice.send(bob);
    return alice;
  },
  'staged-given-up': ({ network, alice, bob }) => {
    network.isLost = () => true;
    alice.send(bob);
    network.runFor(120_000);
    return alice;
  },
  'no-endpoint': ({ alice, bob }) => {
    alice.peerOf(bob).endpoint = null;
    alice.send(bob);
    return alice;
  },
};

/** Ways for two nodes with a session. */
const WITH_A_SESSION: Partial<Record<DropReason, Way>> = {
  'interface-down': (pair) => {
    const datagram = data(pair);
    pair.bob.down();
    return receiveChanged(pair, datagram, () => {});
  },
  'invalid-type': (pair) => receiveChanged(pair, data(pair), (copy) => copy.fill(1, 2, 3)),
  'invalid-length': (pair) => receiveChanged(pair, junk(4, 31), () => {}),
  'handshake-queue-full': (pair) => {
    pair.bob.isStalled = true;
    for (let i = 0; i < 4_097; i++) pair.bob.receive(junk(1, 148), pair.alice.outer);
    return pair.bob;
  },
  'replayed-timestamp': (pair) => {
    pair.network.runFor(6_000);
    const datagram = initiation(pair);
    pair.bob.receive(datagram, pair.alice.outer);
    pair.network.runFor(1_000);
    return receiveChanged(pair, datagram, () => {});
  },
  'unexpected-response': (pair) =>
    receiveChanged(pair, junk(2, 92), (copy) => {
      remade(pair, copy);
    }),
  'unexpected-cookie-reply': (pair) =>
    receiveChanged(pair, junk(3, 64), (copy) => {
      copy.fill(1, 4, 8);
    }),
  'unknown-index': (pair) => receiveChanged(pair, data(pair), (copy) => copy.fill(copy[4]! ^ 1, 4, 5)),
  'expired-key': (pair) => {
    const datagram = data(pair);
    pair.network.isLost = () => true;
    pair.network.runFor(180_000);
    return receiveChanged(pair, datagram, () => {});
  },
  'counter-limit': (pair) => receiveChanged(pair, data(pair), (copy) => copy.fill(0xff, 8, 16)),
  'invalid-tag': (pair) => receiveChanged(pair, data(pair), (copy) => copy.fill(copy[20]! ^ 1, 20, 21)),
  'replayed-counter': (pair) => {
    const datagram = data(pair);
    pair.bob.receive(datagram, pair.alice.outer);
    return receiveChanged(pair, datagram, () => {});
  },
  'invalid-inner-version': (pair) => sealing(pair, (packet) => packet.fill(0x75, 0, 1)),
  'invalid-inner-length': (pair) => sealing(pair, (packet) => packet.fill(0xff, 2, 4)),
  'disallowed-source': (pair) => sealing(pair, (packet) => packet.fill(9, 12, 16)),
  'invalid-packet': ({ alice }) => {
    alice.sendPacket(new Uint8Array(40));
    return alice;
  },
  'no-route': ({ alice }) => {
    alice.sendPacket(pingPacket({ source: '10.0.0.1', destination: '198.51.100.1' }));
    return alice;
  },
  'looped-bearer': ({ alice, bob }) => {
    alice.device.addAllowedIp(IpPrefix.parse('0.0.0.0/0')!, alice.peerOf(bob));
    const destination = bob.outer.address.toString();
    alice.sendPacket(udpPacket({ source: '10.0.0.1', destination, destinationPort: bob.outer.port }));
    return alice;
  },
  'rate-limited': (pair) => {
    const { network, alice, bob } = pair;
    network.runFor(6_000);
    overload(bob, alice.outer, junk(1, 148), 512);
    network.isLost = ({ kind }) => kind === 'response';
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    network.runFor(4_000);
    overload(bob, alice.outer, junk(1, 148), 512);
    network.isLost = () => true;
    network.runFor(1_400);
    overload(bob, alice.outer, junk(1, 148), 512);
    const withCookie = network.latest('initiation').bytes;
    for (let i = 0; i < 6; i++) bob.receive(withCookie, alice.outer);
    return bob;
  },
};

/** Counted on the way by what a case needs besides. */
const BESIDES: Partial<Record<DropReason, readonly DropReason[]>> = {
  'rate-limited': ['invalid-mac1', 'cookie-required', 'replayed-timestamp'],
  'staged-given-up': [],
};

function check(reason: DropReason, way: Way, pair: VirtualPair): void {
  const node = way(pair);
  const counted = Object.keys(node.device.drops.toJSON()).filter(
    (name) => !BESIDES[reason]?.includes(name as DropReason),
  );
  expect(counted).toEqual([reason]);
  expect(node.drops(reason)).toBeGreaterThan(0);
  if (node === pair.bob) expect(pair.bob.delivered.length).toBe(reason === 'replayed-counter' ? 1 : 0);
}

describe('a drop is counted under its own name', () => {
  it.each(Object.entries(BEFORE_A_SESSION) as [DropReason, Way][])('%s', (reason, way) => {
    check(reason, way, virtualPair());
  });

  it.each(Object.entries(WITH_A_SESSION) as [DropReason, Way][])('%s', (reason, way) => {
    check(reason, way, establishedPair());
  });

  it('every_reason_has_its_way_but_those_of_the_operating_system', () => {
    const covered = [...Object.keys(BEFORE_A_SESSION), ...Object.keys(WITH_A_SESSION), ...OF_THE_SYSTEM];
    expect(covered.sort()).toEqual([...DROP_REASONS].sort());
  });
});

describe('drop counters', () => {
  it('they_count_packets_and_show_only_what_occurred', () => {
    const drops = new DropCounters();
    drops.add('no-route');
    drops.add('no-route', 3);
    drops.add('invalid-tag', 0);
    expect(drops.get('no-route')).toBe(4);
    expect(drops.get('invalid-tag')).toBe(0);
    expect(JSON.stringify(drops)).toBe('{"no-route":4}');
  });
});
