/** What a peer shares with its device. */

import type { DhKey } from '../crypto/primitives.ts';
import type { TimestampSource } from '../crypto/tai64n.ts';
import type { DropCounters } from '../errors.ts';
import type { IndexTable } from '../noise/index-table.ts';
import type { Keypair } from '../noise/keypair.ts';
import type { Clock, PacketMemory, Random, TransportCipher } from '../ports.ts';
import type { Peer } from './peer.ts';

/** What a receiver index names: a peer's pending handshake, or one of its keypairs. */
export type IndexEntry =
  | { readonly kind: 'handshake'; readonly peer: Peer }
  | { readonly kind: 'keypair'; readonly peer: Peer; readonly keypair: Keypair };

export interface PeerContext {
  readonly memory: PacketMemory;
  readonly cipher: TransportCipher;
  readonly clock: Clock;
  readonly random: Random;
  readonly timestamps: TimestampSource;
  readonly indexTable: IndexTable<IndexEntry>;
  readonly drops: DropCounters;
  /** The device's own key, null before it has one. */
  readonly local: DhKey | null;
  /** Bytes of the largest inner packet: padding stops there. */
  readonly mtu: number;
}
