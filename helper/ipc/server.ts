/**
 * The helper's end of its socket: who is let in, and into how much room. Nobody listens anywhere else, and never on a
 * network.
 */
import { createServer, type Socket } from 'node:net';
import { toFailure } from '../failure.ts';
import { type HelperGroups, type PeerCredentials, roleOf, strangerRefused } from './authorize.ts';
import { Connection, type Service } from './connection.ts';
import { CONNECTION_LIMITS, Connections, tooManyConnections } from './connections.ts';
import { Farewells } from './farewells.ts';
import { listenAt, listenOn } from './listener.ts';
import { descriptorOf, peerCredentialsFor } from './peer-credentials/index.ts';
import { Turns } from './turns.ts';

export interface HelperServer {
  /** Takes the socket away, unless it was handed over, and ends every connection. */
  close(): Promise<void>;
}

export interface ServerOptions extends Service {
  readonly socketPath: string;
  readonly groups: HelperGroups;
}

/**
 * @param handedOver the descriptor of a socket that listens at `socketPath` already, or null where it is to be made
 * @throws Failure where another helper serves `socketPath`, or it cannot be made
 */
export async function serve(options: ServerOptions, handedOver: number | null = null): Promise<HelperServer> {
  const { socketPath, groups, clock, log } = options;
  const readPeerCredentials = await peerCredentialsFor(process.platform);
  const connections = new Connections(CONNECTION_LIMITS);
  const shared = { ...options, connections, farewells: new Farewells(clock), turns: new Turns() };

  function admit(socket: Socket): void {
    const peer = peerOf(socket);
    if (peer === null) {
      socket.destroy();
      return;
    }
    const role = roleOf(peer, groups);
    if (role === null) {
      log('warning', 'a stranger was refused', { uid: peer.uid, pid: peer.pid });
      shared.farewells.say(socket, strangerRefused(''));
    } else if (connections.makeRoomFor(peer.uid)) {
      const connection = new Connection(socket, { ...shared, uid: peer.uid, role });
      connections.add(connection);
      socket.once('close', () => connections.remove(connection));
    } else shared.farewells.say(socket, tooManyConnections());
  }

  /** Null where it is gone already, or the kernel does not say. */
  function peerOf(socket: Socket): PeerCredentials | null {
    const descriptor = descriptorOf(socket);
    if (descriptor === null) return null;
    try {
      return readPeerCredentials(descriptor);
    } catch (error) {
      log('error', 'a client that cannot be told was refused', { reason: toFailure(error).message });
      return null;
    }
  }

  const server = createServer({ allowHalfOpen: true }, admit);
  if (handedOver === null) await listenAt(server, socketPath, groups.operators);
  else await listenOn(server, handedOver, socketPath);
  // Such as a process without a descriptor left: the connection waits, and is taken later.
  server.on('error', (error) => log('error', 'a connection could not be taken', { reason: error.message }));

  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      connections.destroyAll();
      shared.farewells.destroyAll();
      await closed;
    },
  };
}
