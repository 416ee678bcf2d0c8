/** The ends of the helper's socket as no honest program is: a client without manners, a listener that is gone. */
import { renameSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FrameDecoder } from '../../../helper/ipc/codec.ts';
import type { HelperEvent, ReplyFrame } from '../../../helper/ipc/contract.ts';

/** A client that says whatever it likes. */
export class RawClient {
  readonly socket: Socket;
  readonly replies: ReplyFrame[] = [];
  readonly events: HelperEvent[] = [];
  readonly closed: Promise<void>;
  readonly #decoder = new FrameDecoder();
  readonly #waiting = new Set<() => void>();

  constructor(path: string) {
    this.socket = connect({ path, allowHalfOpen: true });
    this.closed = new Promise((resolve) => this.socket.on('close', () => resolve()));
    this.socket.on('error', () => {}); // the server may close while we write
    this.socket.on('data', (chunk: Uint8Array) => {
      this.#decoder.push(chunk);
      for (let frame = this.#decoder.next(); frame !== null; frame = this.#decoder.next())
        if (frame.kind === 'value') this.#sort(frame.value as ReplyFrame | HelperEvent);
      for (const check of this.#waiting) check();
    });
  }

  #sort(frame: ReplyFrame | HelperEvent): void {
    if ('event' in frame) this.events.push(frame);
    else this.replies.push(frame);
  }

  gotReplies(count: number): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (this.replies.length < count) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}

/** A socket file whose listener is gone: renamed, so that closing does not find it to remove. */
export async function leaveStaleSocket(path: string): Promise<string> {
  const dying = createServer();
  await new Promise<void>((resolve) => dying.listen(`${path}.born`, resolve));
  renameSync(`${path}.born`, path);
  await closed(dying);
  return path;
}

/** Closes a listener. @returns once it is closed */
export function closed(listener: Server): Promise<void> {
  return new Promise((resolve) => {
    listener.close(() => resolve());
  });
}
