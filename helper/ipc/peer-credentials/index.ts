/** Who is at the other end of an accepted connection: the kernel's word, not the client's. One implementation a system. */
import type { Socket } from 'node:net';
import { notOnThisSystem } from '../../failure.ts';
import type { PeerCredentials } from '../authorize.ts';

/** @throws SystemError where the kernel does not say */
export type ReadPeerCredentials = (descriptor: number) => PeerCredentials;

/** @throws Failure on a system where we cannot ask yet */
export async function peerCredentialsFor(platform: NodeJS.Platform): Promise<ReadPeerCredentials> {
  if (platform !== 'linux') throw notOnThisSystem('asking who is at the other end of a socket');
  // Loaded here: elsewhere there is no such C library.
  return (await import('./linux.ts')).readPeerCredentials;
}

/**
 * NOTE: node gives the descriptor of a connection only by its internals, where it has been since its first versions.
 *
 * @returns null once the connection is closed
 */
export function descriptorOf(socket: Socket): number | null {
  const { _handle: handle } = socket as Socket & { _handle?: { fd?: unknown } | null };
  return typeof handle?.fd === 'number' && handle.fd >= 0 ? handle.fd : null;
}
