/**
 * What a peer has with us from the first datagram on, in RFC 9147's word an association. Most peers of a large
 * configuration never speak: those do without, which is half of what a peer would take.
 */
import type { PeerContext } from './context.ts';
import { Handshakes } from './handshakes.ts';
import { Keypairs } from './keypairs.ts';
import type { Peer } from './peer.ts';
import { StagedPackets } from './staged-packets.ts';
import { Timers } from './timers.ts';

export class Association {
  readonly timers: Timers;
  readonly keypairs: Keypairs;
  readonly staged = new StagedPackets();
  readonly handshakes: Handshakes;
  /** Bytes of authenticated datagrams. */
  rxBytes = 0;
  txBytes = 0;
  /** Wall-clock milliseconds of the latest completed handshake, 0 before the first. */
  latestHandshakeMs = 0;
  /** Initiations that the retransmission timer has sent for the handshake of now. */
  handshakeAttempts = 0;
  /** Whether this session has asked for the next one, because it only receives. */
  askedForLastMinuteHandshake = false;

  constructor(peer: Peer, context: PeerContext) {
    this.timers = new Timers(context.random);
    this.keypairs = new Keypairs((keypair) => context.indexTable.delete(keypair.localIndex));
    this.handshakes = new Handshakes(peer, context);
  }
}
