/**
 * One client. Whatever it sends, the worst it gets is an error reply and a closed connection. It is read as fast as its
 * turns come and as it reads its replies.
 */
import type { Socket } from 'node:net';
import packageJson from '../../package.json' with { type: 'json' };
import type { HelperClock } from '../clock.ts';
import { Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { answer, type Handlers, type VerbHandlers } from './answer.ts';
import { type DecodedFrame, encodeFrame, FrameDecoder, FrameTooLong, MAX_FRAME_BYTES } from './codec.ts';
import type { Connections, Member } from './connections.ts';
import {
  eventFrame,
  type HelperEvent,
  type ReplyFrame,
  type RequestOf,
  type ResultOf,
  type Role,
  refusal,
  type Topic,
} from './contract.ts';
import type { EventSources } from './events.ts';
import type { Farewells } from './farewells.ts';
import { Outbox } from './outbox.ts';
import type { Taker, Turns } from './turns.ts';

/** What the helper does for its clients. */
export interface Service {
  readonly handlers: Handlers;
  readonly events: EventSources;
  readonly clock: HelperClock;
  readonly log: Log;
}

export interface ConnectionOptions extends Service {
  readonly uid: number;
  readonly role: Role;
  readonly connections: Connections;
  readonly farewells: Farewells;
  readonly turns: Turns;
}

/** What an operator may ask takes a line; an admin imports files. Bytes. */
const MAX_OPERATOR_FRAME_BYTES = 64 * 1024;
/** Requests of one connection that may be in work at once. */
const MAX_REQUESTS_IN_WORK = 32;
/** Whoever connects has something to ask. */
const FIRST_FRAME_TIMEOUT_MS = 10_000;

export class Connection implements Member, Taker {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #handlers: VerbHandlers;
  readonly #outbox: Outbox;
  readonly #decoder: FrameDecoder;
  /** Aborts once the client waits for no answer any more. */
  readonly #departed = new AbortController();
  /** Aborts with the first whole frame. */
  readonly #heard = new AbortController();
  #subscription: AbortController | null = null;
  #inWork = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#handlers = {
      ...options.handlers,
      hello: async () => ({ version: packageJson.version, role: options.role }),
      subscribe: (request) => this.#subscribe(request),
    };
    this.#outbox = new Outbox(socket);
    this.#decoder = new FrameDecoder(options.role === 'admin' ? MAX_FRAME_BYTES : MAX_OPERATOR_FRAME_BYTES);
    socket.on('data', (chunk: Uint8Array) => {
      socket.pause();
      this.#decoder.push(chunk);
      this.#waitForTurn();
    });
    socket.on('drain', () => {
      this.#outbox.flush();
      this.#waitForTurn();
    });
    socket.on('end', () => {
      this.#depart();
      this.#waitForTurn();
    });
    socket.on('close', () => this.#depart());
    socket.on('error', () => {}); // it went away: 'close' follows
    void options.clock.sleep(FIRST_FRAME_TIMEOUT_MS, this.#heard.signal).then(
      () => this.hangUp(new Failure('no request came', '', 'send one when you connect')),
      () => {}, // one has come, or the client is gone
    );
  }

  get uid(): number {
    return this.#options.uid;
  }

  get isIdle(): boolean {
    return this.#inWork === 0 && this.#subscription === null;
  }

  get unsentBytes(): number {
    return this.#outbox.unsentBytes;
  }

  hangUp(failure: Failure): void {
    for (const event of ['data', 'drain', 'end']) this.#socket.removeAllListeners(event);
    this.#depart();
    if (this.#socket.writable && this.unsentBytes === 0) this.#options.farewells.say(this.#socket, failure);
    else this.destroy(); // no words would reach it
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** Takes the next frame where there is one, and room for its reply. */
  takeTurn(): void {
    if (!this.#socket.writable) return;
    if (this.#inWork === MAX_REQUESTS_IN_WORK || this.#outbox.isFull) return;
    const frame = this.#decoder.next();
    if (frame !== null) {
      this.#take(frame);
      this.#waitForTurn();
    } else if (this.#departed.signal.aborted && this.#inWork === 0) this.#socket.end();
    else this.#socket.resume();
  }

  #waitForTurn(): void {
    this.#options.turns.wait(this);
  }

  #take(frame: DecodedFrame): void {
    this.#heard.abort('heard');
    this.#options.connections.noteUse(this);
    if (frame.kind === 'value') void this.#work(frame.value);
    else if (frame.kind === 'malformed')
      this.#reply(refusal(null, new Failure('a request that is not JSON')));
    else this.hangUp(new Failure('a request that is too long'));
  }

  async #work(value: unknown): Promise<void> {
    this.#inWork += 1;
    const asker = { ...this.#options, departed: this.#departed.signal };
    this.#reply(await answer(value, asker, this.#handlers, this.#options.log));
    this.#inWork -= 1;
    this.#waitForTurn();
  }

  #reply(frame: ReplyFrame): void {
    this.#outbox.send(encodeReply(frame));
    if (this.#outbox.isFull) this.#options.connections.limitUnsent();
  }

  async #subscribe({ topics }: RequestOf<'subscribe'>): Promise<ResultOf<'subscribe'>> {
    this.#unsubscribe();
    if (topics.length === 0 || this.#departed.signal.aborted) return {};
    const subscription = new AbortController();
    this.#subscription = subscription;
    const listener = (event: HelperEvent) => this.#tell(event);
    const subscribeTo = (topic: Topic) =>
      this.#options.events[topic].subscribe(listener, subscription.signal);
    try {
      await Promise.all([...new Set(topics)].map(subscribeTo));
      return {};
    } catch (error) {
      subscription.abort('over'); // not to one topic without the other
      if (this.#subscription === subscription) this.#unsubscribe();
      throw error;
    }
  }

  #unsubscribe(): void {
    this.#subscription?.abort('over');
    this.#subscription = null;
    this.#outbox.dropEvents();
  }

  #tell(event: HelperEvent): void {
    const { success } = eventFrame.safeParse(event);
    if (success) this.#outbox.tell(event);
    else this.#options.log('error', 'an event that the contract does not allow', { event: event.event });
  }

  #depart(): void {
    this.#departed.abort('departed');
    this.#heard.abort('departed');
    this.#unsubscribe();
  }
}

function encodeReply(frame: ReplyFrame): Buffer {
  try {
    return encodeFrame(frame);
  } catch (error) {
    if (!(error instanceof FrameTooLong)) throw error;
    return encodeFrame(refusal(frame.id, new Failure('the answer is too long', '', 'ask for one tunnel')));
  }
}
