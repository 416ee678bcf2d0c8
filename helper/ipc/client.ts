/** The other end of the helper's socket, for the command line and the app. */
import { connect, type Socket } from 'node:net';
import { type HelperClock, systemClock } from '../clock.ts';
import { errorCode, Failure } from '../failure.ts';
import { strangerRefused } from './authorize.ts';
import { encodeFrame, FrameDecoder } from './codec.ts';
import {
  type HelperEvent,
  helperFrame,
  type ReplyFrame,
  type RequestOf,
  type ResultOf,
  type Topic,
  VERBS,
  type Verb,
} from './contract.ts';
import { requireSocketPath } from './socket-path.ts';

export interface HelperClient {
  /** @throws Failure, the helper's own or that the connection ended */
  request<V extends Verb>(verb: V, request: RequestOf<V>): Promise<ResultOf<V>>;
  /**
   * Resolves once `listener` has heard the present state; the changes follow. It takes the place of the subscription
   * before: no topic ends that.
   *
   * @throws Failure as `request`
   */
  subscribe(topics: readonly Topic[], listener: (event: HelperEvent) => void): Promise<void>;
  /** Resolves once the connection has ended, with why. */
  readonly ended: Promise<Failure>;
  /** Waits no longer for an `up`, which is cancelled where this client began it. The answers still come. */
  depart(): void;
  close(): void;
}

/** How long a helper may be too busy to take a connection. */
const BUSY_PATIENCE_MS = 5_000;
const BUSY_RETRY_MS = 20;

/** @throws Failure that says in words why the helper cannot be reached */
export async function connectToHelper(socketPath: string, clock = systemClock): Promise<HelperClient> {
  requireSocketPath(socketPath);
  return new SocketClient(await open(socketPath, clock), socketPath);
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (failure: Failure) => void;
}

class SocketClient implements HelperClient {
  readonly ended: Promise<Failure>;
  readonly #socket: Socket;
  readonly #socketPath: string;
  readonly #decoder = new FrameDecoder();
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #listener: (event: HelperEvent) => void = () => {};
  /** Why it is over. */
  #failure: Failure | null = null;
  #resolveEnded: (failure: Failure) => void = () => {};

  constructor(socket: Socket, socketPath: string) {
    this.#socket = socket;
    this.#socketPath = socketPath;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    socket.on('error', () => this.#end(hungUp(socketPath)));
    socket.on('close', () => this.#end(hungUp(socketPath)));
  }

  async request<V extends Verb>(verb: V, request: RequestOf<V>): Promise<ResultOf<V>> {
    if (this.#failure !== null) throw this.#failure;
    this.#lastId += 1;
    const id = this.#lastId;
    const bytes = encodeFrame({ id, verb, request });
    const result = await new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#socket.write(bytes);
    });
    const parsed = VERBS[verb].result.safeParse(result);
    if (!parsed.success) throw notUnderstood(this.#socketPath);
    return parsed.data as ResultOf<V>;
  }

  async subscribe(topics: readonly Topic[], listener: (event: HelperEvent) => void): Promise<void> {
    this.#listener = listener;
    await this.request('subscribe', { topics: [...topics] });
  }

  depart(): void {
    this.#socket.end();
  }

  close(): void {
    this.#end(
      new Failure('the connection is closed', `at ${this.#socketPath}`, '', { code: 'connection-ended' }),
    );
  }

  #receive(chunk: Uint8Array): void {
    this.#decoder.push(chunk);
    while (this.#failure === null) {
      const decoded = this.#decoder.next();
      if (decoded === null) return;
      const frame = helperFrame.safeParse(decoded.kind === 'value' ? decoded.value : null);
      if (!frame.success) this.#end(notUnderstood(this.#socketPath));
      else if ('event' in frame.data) this.#listener(frame.data);
      else this.#settle(frame.data);
    }
  }

  #settle(reply: ReplyFrame): void {
    const waiting = reply.id === null ? undefined : this.#pending.get(reply.id);
    if (reply.id !== null) this.#pending.delete(reply.id);
    if (waiting === undefined) {
      if (!reply.ok) this.#end(withPlace(Failure.from(reply.error), this.#socketPath));
    } else if (reply.ok) waiting.resolve(reply.result);
    else waiting.reject(Failure.from(reply.error));
  }

  #end(failure: Failure): void {
    if (this.#failure !== null) return;
    this.#failure = failure;
    this.#socket.destroy();
    for (const { reject } of this.#pending.values()) reject(failure);
    this.#pending.clear();
    this.#resolveEnded(failure);
  }
}

/** A helper whose queue is full of others takes this connection a moment later. */
async function open(socketPath: string, clock: HelperClock): Promise<Socket> {
  const deadline = clock.monotonicMs() + BUSY_PATIENCE_MS;
  for (;;) {
    try {
      return await openOnce(socketPath);
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN' || clock.monotonicMs() >= deadline)
        throw cannotReach(socketPath, error);
      await clock.sleep(BUSY_RETRY_MS, new AbortController().signal);
    }
  }
}

function openOnce(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
  });
}

function cannotReach(socketPath: string, error: unknown): Failure {
  const where = `at ${socketPath}`;
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return new Failure('the helper is not running', where, "start it with 'sudo npx wayfare helper'", {
        code: 'helper-not-running',
      });
    case 'EACCES':
    case 'EPERM':
      return strangerRefused(where);
    case 'EAGAIN':
      return new Failure('the helper is too busy', where, 'try again in a moment', { code: 'helper-busy' });
    default:
      return new Failure(`the helper cannot be reached (${String(error)})`, where, 'check --socket', {
        code: 'helper-unreachable',
        reason: String(error),
      });
  }
}

/** What ends a connection is said of the helper as a whole, which does not know by what path it was reached. */
function withPlace({ parts }: Failure, socketPath: string): Failure {
  return Failure.from({ ...parts, where: parts.where === '' ? `at ${socketPath}` : parts.where });
}

function hungUp(socketPath: string): Failure {
  return new Failure('the helper ended the connection', `at ${socketPath}`, "look at the helper's log", {
    code: 'connection-ended',
  });
}

function notUnderstood(socketPath: string): Failure {
  return new Failure(
    'the helper answered in a way this program does not know',
    `at ${socketPath}`,
    'use a helper and a command line of the same version',
    { code: 'helper-of-other-version' },
  );
}
