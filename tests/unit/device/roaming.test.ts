import { beforeEach, describe, expect, it } from 'vitest';
import { Endpoint } from '../../../engine/peer/endpoint.ts';
import { IpAddress, IpPrefix } from '../../../engine/wire/ip-prefix.ts';
import { pingPacket, udpPacket } from '../../support/inner-packets.ts';
import { establishedPair, type VirtualPair, virtualPair } from '../../support/virtual-network.ts';
import { endpoint } from '../../support/virtual-node.ts';

const ELSEWHERE = endpoint('203.0.113.200:4000');
let pair: VirtualPair;

beforeEach(() => {
  pair = establishedPair();
});

const bobSeesAliceAt = () => pair.bob.peerOf(pair.alice).endpoint?.toString();

/** Takes a datagram off the wire instead of letting it arrive. */
function intercept(send: () => void): Uint8Array {
  pair.network.isLost = () => true;
  send();
  pair.network.isLost = () => false;
  return pair.network.datagrams.at(-1)!.bytes;
}

describe('roaming', () => {
  it('the_responder_follows_the_initiator_with_its_next_data_packet', () => {
    const { network, alice, bob } = pair;
    alice.outer = ELSEWHERE;
    alice.send(bob);
    network.runUntilQuiet();
    expect(bobSeesAliceAt()).toBe(ELSEWHERE.toString());
    bob.send(alice);
    network.runUntilQuiet();
    expect(alice.delivered).toHaveLength(1);
  });

  it('the_initiator_follows_the_responder', () => {
    const { network, alice, bob } = pair;
    bob.outer = endpoint('[2001:db8::b0b]:9');
    bob.send(alice);
    network.runUntilQuiet();
    alice.send(bob);
    network.runUntilQuiet();
    expect(alice.peerOf(bob).endpoint?.toString()).toBe('[2001:db8::b0b]:9');
    expect(bob.delivered).toHaveLength(1);
  });

  it('both_ends_in_turn_many_times_lose_nothing', () => {
    const { network, alice, bob } = pair;
    for (let i = 0; i < 50; i++) {
      const [mover, other] = i % 2 === 0 ? [alice, bob] : [bob, alice];
      mover.outer = endpoint(`203.0.113.${i}:${1_000 + i}`);
      mover.send(other);
      network.runUntilQuiet();
      other.send(mover);
      network.runUntilQuiet();
    }
    expect([alice.delivered.length, bob.delivered.length]).toEqual([50, 50]);
  });

  it('a_keepalive_roams_too', () => {
    const { network, alice, bob } = pair;
    alice.outer = ELSEWHERE;
    alice.setPersistentKeepalive(bob, 25);
    network.runUntilQuiet();
    expect(bobSeesAliceAt()).toBe(ELSEWHERE.toString());
  });

  it('handshake_messages_roam_both_ways', () => {
    const { network, alice, bob } = virtualPair({ knows: 'first' });
    expect(bob.peerOf(alice).endpoint).toBeNull();
    network.isLost = ({ kind }) => kind === 'response';
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    expect(bob.peerOf(alice).endpoint?.toString()).toBe(alice.outer.toString());
    alice.receive(network.latest('response').bytes, ELSEWHERE);
    expect(alice.peerOf(bob).endpoint?.toString()).toBe(ELSEWHERE.toString());
  });

  it('it_comes_before_the_allowed_ip_check', () => {
    const { alice, bob } = pair;
    const datagram = intercept(() =>
      alice.sendPacket(pingPacket({ source: '10.66.66.66', destination: bob.inner4 })),
    );
    bob.receive(datagram, ELSEWHERE);
    expect(bob.drops('disallowed-source')).toBe(1);
    expect(bob.delivered).toEqual([]);
    expect(bobSeesAliceAt()).toBe(ELSEWHERE.toString());
  });

  it('a_replay_does_not_roam', () => {
    const { alice, bob } = pair;
    const datagram = intercept(() => alice.send(bob));
    bob.receive(datagram, alice.outer);
    const before = bob.snapshot();
    bob.receive(datagram, ELSEWHERE);
    expect(bob.drops('replayed-counter')).toBe(1);
    expect(bob.snapshot()).toEqual(before);
    expect(bobSeesAliceAt()).toBe(alice.outer.toString());
  });

  it('a_forgery_does_not_roam', () => {
    const { alice, bob } = pair;
    const datagram = intercept(() => alice.send(bob));
    const before = bob.snapshot();
    for (const at of [8, 16, 30, datagram.length - 1]) {
      const forged = Uint8Array.from(datagram);
      forged[at]! ^= 0x10;
      bob.receive(forged, ELSEWHERE);
    }
    expect(bob.drops('invalid-tag')).toBe(4);
    expect(bob.snapshot()).toEqual(before);
  });

  it('a_replayed_initiation_and_an_old_response_do_not_roam', () => {
    const { network, alice, bob } = virtualPair();
    alice.initiateHandshake(bob);
    network.runUntilQuiet();
    network.runFor(1_000);
    bob.receive(network.latest('initiation').bytes, ELSEWHERE);
    alice.receive(network.latest('response').bytes, ELSEWHERE);
    expect(bob.peerOf(alice).endpoint?.toString()).toBe(alice.outer.toString());
    expect(alice.peerOf(bob).endpoint?.toString()).toBe(bob.outer.toString());
  });
});

describe('the local address', () => {
  const SOURCE = { address: IpAddress.parse('192.0.2.77')!, interfaceIndex: 3 };
  const viaSource = (from: Endpoint) => new Endpoint(from.address, from.port, from.scopeId, SOURCE);

  function bobHearsAliceAt77(): void {
    const { alice, bob } = pair;
    bob.receive(
      intercept(() => alice.send(bob)),
      viaSource(alice.outer),
    );
  }

  it('a_reply_leaves_from_the_address_that_was_addressed', () => {
    bobHearsAliceAt77();
    pair.bob.send(pair.alice);
    expect(pair.network.latest('data', pair.bob).destination.source).toEqual(SOURCE);
  });

  it('it_is_forgotten_when_the_sockets_change', () => {
    bobHearsAliceAt77();
    pair.bob.device.clearSources();
    pair.bob.send(pair.alice);
    expect(pair.network.latest('data', pair.bob).destination.source).toBeNull();
    expect(bobSeesAliceAt()).toBe(pair.alice.outer.toString());
  });

  it('it_is_forgotten_when_a_new_handshake_follows_15_s_of_silence', () => {
    const { network, alice, bob } = pair;
    bobHearsAliceAt77();
    network.runFor(11_000);
    network.isLost = () => true;
    bob.send(alice);
    network.runFor(14_999);
    expect(network.seen('initiation', bob)).toEqual([]);
    expect(bob.peerOf(alice).endpoint?.source).toEqual(SOURCE);
    network.runFor(335);
    expect(network.seen('initiation', bob)).toHaveLength(1);
    expect(network.latest('initiation').destination.source).toBeNull();
  });

  it('it_is_forgotten_with_each_retransmitted_initiation', () => {
    const { network, alice, bob } = virtualPair();
    network.isLost = () => true;
    bob.peerOf(alice).endpoint = viaSource(alice.outer);
    bob.initiateHandshake(alice);
    network.runFor(5_400);
    expect(network.seen('initiation').map(({ destination }) => destination.source)).toEqual([SOURCE, null]);
  });
});

describe('a looped bearer packet', () => {
  it.each(['192.0.2.2:51820', '[2001:db8::2]:51820'])(
    'one_to_the_peers_own_endpoint_%s_is_dropped',
    (text) => {
      const { network, alice, bob } = pair;
      const to = endpoint(text);
      const peer = alice.peerOf(bob);
      peer.endpoint = to;
      const destination = to.address.toString();
      const source = to.address.family === 4 ? '10.0.0.1' : 'fd00::1';
      routeEverything();
      alice.sendPacket(udpPacket({ source, destination, destinationPort: 51820 }));
      expect(alice.drops('looped-bearer')).toBe(1);
      expect(network.datagrams).toEqual([]);
      alice.sendPacket(udpPacket({ source, destination, destinationPort: 51821 }));
      alice.sendPacket(pingPacket({ source, destination }));
      expect(alice.drops('looped-bearer')).toBe(1);
      expect(network.seen('data')).toHaveLength(2);
    },
  );

  function routeEverything(): void {
    const { alice, bob } = pair;
    for (const text of ['0.0.0.0/0', '::/0'])
      alice.device.addAllowedIp(IpPrefix.parse(text)!, alice.peerOf(bob));
  }
});
