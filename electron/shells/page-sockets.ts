/**
 * The contract over one WebSocket a page, which a browser keeps out of the six connections that it has for a host:
 * requests, their replies, and the events, from the present state on.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import type { HelperClock } from '../../helper/clock.ts';
import { Failure } from '../../helper/failure.ts';
import type { App } from '../app/app.ts';
import { dispatch } from '../app/dispatch.ts';
import type { AppEvent, RawAnswer } from '../ipc/contract.ts';
import { type RequestFrame, requestFrame, type ShellFrame } from '../ipc/frames.ts';

/** A `.conf` of a megabyte in base64, and its frame. */
const MAX_FRAME_BYTES = 2 * 1024 * 1024;
/** What a page that does not read may keep waiting. It comes again, and hears the present state. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
/** Half of the shell's connections: the others are for files. */
const MAX_PAGES = 32;
/** Of one page. The helper works on 32 at once for all of them. */
const MAX_REQUESTS_IN_WORK = 24;
/** A page that has not answered the last ping by the next is gone. */
const PING_MS = 15_000;
/** RFC 6455, section 7.4.1. */
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;

export class PageSockets {
  readonly #app: App;
  readonly #proof: string;
  readonly #server = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
  });
  /** Those who have answered since the last ping. */
  readonly #alive = new WeakSet<WebSocket>();
  readonly #closed = new AbortController();

  /** @param proof of the page that may ask */
  constructor(app: App, proof: string, clock: HelperClock) {
    this.#app = app;
    this.#proof = proof;
    void this.#watch(clock);
  }

  get isFull(): boolean {
    return this.#server.clients.size >= MAX_PAGES;
  }

  /** @param request of somebody who may see the page */
  accept(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, connection, head, (socket) => {
      this.#alive.add(socket);
      socket.on('pong', () => this.#alive.add(socket));
      new PageSocket(socket, this.#app, this.#proof);
    });
  }

  close(): void {
    this.#closed.abort('closed');
    for (const socket of this.#server.clients) socket.terminate();
  }

  async #watch(clock: HelperClock): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      for (const socket of this.#server.clients) {
        if (this.#alive.delete(socket)) socket.ping();
        else socket.terminate();
      }
      await clock.sleep(PING_MS, signal).catch(() => {}); // it is over
    }
  }
}

class PageSocket {
  readonly #socket: WebSocket;
  readonly #app: App;
  #requestsInWork = 0;

  constructor(socket: WebSocket, app: App, proof: string) {
    this.#socket = socket;
    this.#app = app;
    this.#send({ proof });
    socket.on('error', () => {}); // a frame against the protocol, or too long: 'close' follows
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on(
      'close',
      app.listen((event) => this.#tell(event)),
    );
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return; // it is being closed for an earlier frame
    const frame = isBinary ? null : parseRequest(String(data));
    if (frame === null) this.#socket.close(isBinary ? UNSUPPORTED_DATA : POLICY_VIOLATION);
    else if (this.#requestsInWork >= MAX_REQUESTS_IN_WORK) this.#send({ id: frame.id, reply: TOO_MANY });
    else void this.#answer(frame);
  }

  async #answer({ id, verb, request }: RequestFrame): Promise<void> {
    this.#requestsInWork++;
    const reply = await dispatch(verb, request, this.#app.handlers);
    this.#requestsInWork--;
    this.#send({ id, reply });
  }

  #tell(event: AppEvent): void {
    if (event.event === 'traffic' && this.#socket.bufferedAmount > 0) return;
    this.#send({ event });
  }

  #send(frame: ShellFrame): void {
    this.#socket.send(JSON.stringify(frame));
    if (this.#socket.bufferedAmount > MAX_UNREAD_BYTES) this.#socket.terminate();
  }
}

const TOO_MANY: RawAnswer = {
  ok: false,
  error: new Failure('this page has asked for too much at once', '', 'wait until some of it is done').parts,
};

/** @returns null for what is no request */
function parseRequest(text: string): RequestFrame | null {
  try {
    return requestFrame.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
