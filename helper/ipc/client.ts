/** The other end of the helper's socket, for the command line and the app. */
import { connect, type Socket } from 'node:net';
import { errorCode, Failure } from '../failure.ts';
import { encodeFrame, FrameDecoder } from './codec.ts';
import { type RequestOf, type ResultOf, replyFrame, VERBS, type Verb } from './contract.ts';
import { requireSocketPath } from './socket-path.ts';

export interface HelperClient {
  /** @throws Failure, the helper's own or that the connection ended */
  request<V extends Verb>(verb: V, request: RequestOf<V>): Promise<ResultOf<V>>;
  /** Waits no longer for an `up`, which is cancelled where this client began it. The answers still come. */
  depart(): void;
  close(): void;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (failure: Failure) => void;
}

/** @throws Failure that says in words why the helper cannot be reached */
export async function connectToHelper(socketPath: string): Promise<HelperClient> {
  requireSocketPath(socketPath);
  const socket = await open(socketPath);
  const pending = new Map<number, Pending>();
  let lastId = 0;

  function abandon(failure: Failure): void {
    for (const { reject } of pending.values()) reject(failure);
    pending.clear();
    socket.destroy();
  }

  function settle(value: unknown): void {
    const frame = replyFrame.safeParse(value);
    if (!frame.success) {
      abandon(notUnderstood(socketPath));
      return;
    }
    const reply = frame.data;
    const waiting = reply.id === null ? undefined : pending.get(reply.id);
    if (reply.id !== null) pending.delete(reply.id);
    if (waiting === undefined) {
      if (!reply.ok) abandon(Failure.from(reply.error));
    } else if (reply.ok) waiting.resolve(reply.result);
    else waiting.reject(Failure.from(reply.error));
  }

  const decoder = new FrameDecoder();
  socket.on('data', (chunk: Uint8Array) => {
    decoder.push(chunk);
    for (let frame = decoder.next(); frame !== null; frame = decoder.next()) {
      if (frame.kind !== 'value') return abandon(notUnderstood(socketPath));
      settle(frame.value);
    }
  });
  socket.on('error', () => abandon(hungUp(socketPath)));
  socket.on('close', () => abandon(hungUp(socketPath)));

  return {
    async request(verb, request) {
      if (socket.destroyed) throw hungUp(socketPath);
      lastId += 1;
      const id = lastId;
      const bytes = encodeFrame({ id, verb, request });
      const result = await new Promise<unknown>((resolve, reject) => {
        pending.set(id, { resolve, reject });
        socket.write(bytes);
      });
      const parsed = VERBS[verb].result.safeParse(result);
      if (!parsed.success) throw notUnderstood(socketPath);
      return parsed.data as ResultOf<typeof verb>;
    },
    depart: () => {
      socket.end();
    },
    close: () => {
      socket.destroy();
    },
  };
}

function open(socketPath: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error) => reject(cannotReach(socketPath, error)));
  });
}

function cannotReach(socketPath: string, error: Error): Failure {
  const where = `at ${socketPath}`;
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ECONNREFUSED':
    case 'ENOTSOCK':
      return new Failure('the helper is not running', where, "start it with 'sudo npx wayfare helper'");
    case 'EACCES':
    case 'EPERM':
      return new Failure('you may not talk to the helper', where, 'use sudo');
    default:
      return new Failure(`the helper cannot be reached (${error.message})`, where, 'check --socket');
  }
}

function hungUp(socketPath: string): Failure {
  return new Failure('the helper ended the connection', `at ${socketPath}`, "look at the helper's log");
}

function notUnderstood(socketPath: string): Failure {
  return new Failure(
    'the helper answered in a way this program does not know',
    `at ${socketPath}`,
    'use a helper and a command line of the same version',
  );
}
