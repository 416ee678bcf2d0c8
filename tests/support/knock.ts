/** One try of a TCP connection from a namespace, and what became of it. */
import { connect } from 'node:net';
import { errorCode } from '../../helper/failure.ts';
import { inside } from './inside.ts';
import type { Namespace } from './netns.ts';

/** @returns `connected`, the code of the refusal, or `silence` */
export function knock(from: Namespace, host: string, port: number, patienceMs = 3_000): Promise<string> {
  return inside(
    from,
    () =>
      new Promise((resolve) => {
        const socket = connect({ host, port, timeout: patienceMs });
        const settle = (outcome: string) => {
          socket.destroy();
          resolve(outcome);
        };
        socket.once('connect', () => settle('connected'));
        socket.once('error', (error) => settle(errorCode(error)));
        socket.once('timeout', () => settle('silence'));
      }),
  );
}
