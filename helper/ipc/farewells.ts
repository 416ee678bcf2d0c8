/**
 * Connections that are ended with words. What such a client still sends is read and thrown away for a while: a closed
 * socket would make its write fail before it had read why.
 */
import type { Socket } from 'node:net';
import type { HelperClock } from '../clock.ts';
import type { Failure } from '../failure.ts';
import { encodeFrame } from './codec.ts';
import { refusal } from './contract.ts';

const MAX_LINGER_MS = 1_000;
const MAX_THROWN_AWAY_BYTES = 1024 * 1024;
/** More are closed without words: words are for people, and so many are none. */
const MAX_LEAVING = 64;

export class Farewells {
  readonly #clock: HelperClock;
  readonly #leaving = new Set<Socket>();

  constructor(clock: HelperClock) {
    this.#clock = clock;
  }

  /** @param socket nobody else listens to its data any more */
  say(socket: Socket, failure: Failure): void {
    if (this.#leaving.size >= MAX_LEAVING) {
      socket.destroy();
      return;
    }
    this.#leaving.add(socket);
    const gone = new AbortController();
    let thrownAway = 0;
    socket.once('close', () => {
      this.#leaving.delete(socket);
      gone.abort('gone');
    });
    socket.on('error', () => {}); // it went away first
    socket.on('data', (chunk: Uint8Array) => {
      thrownAway += chunk.length;
      if (thrownAway > MAX_THROWN_AWAY_BYTES) socket.destroy();
    });
    socket.resume();
    socket.end(encodeFrame(refusal(null, failure)));
    void this.#clock.sleep(MAX_LINGER_MS, gone.signal).then(
      () => socket.destroy(),
      () => {}, // it has read it, and closed
    );
  }

  destroyAll(): void {
    for (const socket of this.#leaving) socket.destroy();
  }
}
