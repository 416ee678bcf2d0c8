/** Whether there is a helper behind a socket: systemd takes connections for one that does not start, too. */
import { connect, type Socket } from 'node:net';
import { encodeFrame } from '../ipc/codec.ts';

/** Then it is asked anew: where it ended meanwhile, the question is lost. */
const PATIENCE_MS = 1_000;

/** @returns whether a helper says anything; of another version, it may be anything */
export function answers(socketPath: string): Promise<boolean> {
  return knock(socketPath, 'data', (socket) => {
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.write(encodeFrame({ id: 1, verb: 'list', request: {} }));
  });
}

/** @returns whether connections are taken there, be it only by the kernel */
export function isListening(socketPath: string): Promise<boolean> {
  return knock(socketPath, 'connect', () => {});
}

function knock(
  socketPath: string,
  proof: 'connect' | 'data',
  begin: (socket: Socket) => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.once(proof, () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => {}); // which closes it
    socket.once('close', () => resolve(false));
    begin(socket);
  });
}
