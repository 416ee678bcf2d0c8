/** A device against the independent implementation in tests/support: both roles, both families, data both ways. */
import { describe, expect, it } from 'vitest';
import { REJECT_AFTER_MESSAGES } from '../../../engine/constants.ts';
import { PresharedKey, PublicKey } from '../../../engine/crypto/keys.ts';
import { nobleDhKey } from '../../../engine/crypto/primitives.ts';
import { encodeTai64n } from '../../../engine/crypto/tai64n.ts';
import { IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { pingPacket, udpPacket } from '../../support/inner-packets.ts';
import { VirtualNetwork } from '../../support/virtual-network.ts';
import { endpoint, type VirtualNode } from '../../support/virtual-node.ts';
import {
  createWireGuardInitiator,
  createWireGuardResponder,
  type ReferenceSession,
  readCookieReply,
} from '../../support/wireguard-reference.ts';

const STATIC = new Uint8Array(32).fill(0x77);
const STATIC_PUBLIC = nobleDhKey(STATIC).publicKey;
const AT = endpoint('203.0.113.5:4444');
const PSK = new Uint8Array(32).fill(0x5a);
const TIMESTAMP = encodeTai64n(1_900_000_000n * 1_000_000_000n);

function world(psk?: Uint8Array) {
  const network = new VirtualNetwork();
  const node = network.addNode('alice');
  const peer = node.device.addPeer(new PublicKey(STATIC_PUBLIC))!;
  if (psk !== undefined) peer.setPresharedKey(new PresharedKey(psk));
  for (const prefix of ['10.9.0.0/16', 'fd09::/16']) node.device.addAllowedIp(IpPrefix.parse(prefix)!, peer);
  return { network, node, peer };
}

const inward = [
  pingPacket({ source: '10.9.0.1', destination: '10.0.0.1' }),
  udpPacket({ source: 'fd09::1', destination: 'fd00::1', payload: new Uint8Array(333) }),
];
const outward = [
  pingPacket({ source: '10.0.0.1', destination: '10.9.0.1' }),
  udpPacket({ source: 'fd00::1', destination: 'fd09::1', payload: new Uint8Array(777) }),
];

function expectDataBothWays(network: VirtualNetwork, node: VirtualNode, session: ReferenceSession): void {
  inward.forEach((packet, i) => {
    node.receive(session.encrypt(BigInt(i), packet), AT);
  });
  expect(node.delivered).toEqual(inward);
  network.datagrams = [];
  for (const packet of outward) node.sendPacket(packet);
  const received = network.datagrams.map(({ bytes }) => session.decrypt(bytes).packet);
  expect(received.map((packet, i) => packet.slice(0, outward[i]!.length))).toEqual(outward);
  for (const packet of received) expect(packet.length % 16).toBe(0);
}

describe.each([
  ['without a preshared key', undefined],
  ['with a preshared key', PSK],
])('a device and the reference %s', (_, psk) => {
  const secret = psk === undefined ? {} : { psk };

  it('the_reference_initiates', () => {
    const { network, node } = world(psk);
    const initiator = createWireGuardInitiator({
      staticKey: STATIC,
      remoteStatic: node.publicKey.bytes,
      localIndex: 99,
      ...secret,
    });
    node.receive(initiator.writeInitiation(TIMESTAMP), AT);
    expectDataBothWays(network, node, initiator.readResponse(network.latest('response').bytes));
  });

  it('the_device_initiates', () => {
    const { network, node, peer } = world(psk);
    const responder = createWireGuardResponder({ staticKey: STATIC, localIndex: 99, ...secret });
    peer.endpoint = AT;
    node.device.initiateHandshake(peer, network.clock.now, node);
    const read = responder.readInitiation(network.latest('initiation').bytes);
    expect(read.remoteStatic).toEqual(node.publicKey.bytes);
    const { message, session } = responder.writeResponse();
    node.receive(message, AT);
    expect(session.decrypt(network.latest('keepalive').bytes)).toEqual({
      counter: 0n,
      packet: new Uint8Array(0),
    });
    expectDataBothWays(network, node, session);
  });
});

describe('counters of the reference', () => {
  it('they_may_be_any_below_REJECT_AFTER_MESSAGES_once', () => {
    const { network, node } = world();
    const options = { staticKey: STATIC, remoteStatic: node.publicKey.bytes, localIndex: 99 };
    const initiator = createWireGuardInitiator(options);
    node.receive(initiator.writeInitiation(TIMESTAMP), AT);
    const session = initiator.readResponse(network.latest('response').bytes);
    const accepted = [0n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n + 1n, 2n ** 60n, REJECT_AFTER_MESSAGES - 1n];
    for (const counter of accepted) node.receive(session.encrypt(counter, inward[0]!), AT);
    expect(node.delivered).toHaveLength(accepted.length);
    for (const counter of accepted) node.receive(session.encrypt(counter, inward[0]!), AT);
    expect(node.drops('replayed-counter')).toBe(accepted.length);
    for (const counter of [REJECT_AFTER_MESSAGES, 2n ** 64n - 1n])
      node.receive(session.encrypt(counter, inward[0]!), AT);
    expect(node.drops('counter-limit')).toBe(2);
    expect(node.delivered).toHaveLength(accepted.length);
  });
});

describe('the reference asks under load', () => {
  it('its_cookie_admits_it', () => {
    const { network, node } = world();
    const options = { staticKey: STATIC, remoteStatic: node.publicKey.bytes, localIndex: 99 };
    const first = createWireGuardInitiator(options).writeInitiation(TIMESTAMP);
    node.isStalled = true;
    for (let i = 0; i < 512; i++) node.receive(first, AT);
    node.isStalled = false;
    node.settle();
    const cookie = readCookieReply(network.seen('cookie-reply')[0]!.bytes, node.publicKey.bytes, first);
    expect(network.seen('response')).toEqual([]);
    network.runFor(900);
    const initiator = createWireGuardInitiator(options);
    node.receive(initiator.writeInitiation(TIMESTAMP, cookie), AT);
    expectDataBothWays(network, node, initiator.readResponse(network.latest('response').bytes));
  });
});
