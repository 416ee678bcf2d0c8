/**
 * The helper's end of its socket. Whatever a client sends, the worst it gets is an error reply and a closed
 * connection; the others are served on. A client that does not read its replies is not read either.
 */
import { chmod, lstat, mkdir, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { errorCode, Failure, toFailure } from '../failure.ts';
import type { Log } from '../log.ts';
import { encodeFrame, FrameDecoder, FrameTooLong } from './codec.ts';
import {
  identifiedFrame,
  isVerb,
  type ReplyFrame,
  type RequestOf,
  type ResultOf,
  requestFrame,
  VERBS,
  type Verb,
} from './contract.ts';
import { requireSocketPath } from './socket-path.ts';

/** `departed` aborts once the client waits for no answer any more. */
export type Handlers = {
  [V in Verb]: (request: RequestOf<V>, departed: AbortSignal) => Promise<ResultOf<V>>;
};

export interface HelperServer {
  /** Takes the socket away and ends every connection. */
  close(): Promise<void>;
}

export interface ServerOptions {
  readonly socketPath: string;
  readonly handlers: Handlers;
  readonly log: Log;
}

/** Requests of one connection that may be in work at once. */
const MAX_REQUESTS_IN_WORK = 32;

/** @throws Failure where another helper serves `socketPath`, or it cannot be made */
export async function serve(options: ServerOptions): Promise<HelperServer> {
  const { socketPath } = options;
  requireSocketPath(socketPath);
  await makeFolder(dirname(socketPath));
  await takeOver(socketPath);
  const connections = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
    serveConnection(socket, options);
  });
  await listen(server, socketPath);
  async function close(): Promise<void> {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of connections) socket.destroy();
    await closed;
  }
  try {
    await chmod(socketPath, 0o600);
  } catch (error) {
    await close(); // a listening server would keep the process from ending
    throw toFailure(error, `at ${socketPath}`);
  }
  return { close };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
  } catch (error) {
    const code = errorCode(error);
    const isFile = code === 'EEXIST' || code === 'ENOTDIR';
    const what = isFile ? 'a file is where the folder of the socket would be' : toFailure(error).parts.what;
    const advice = code === 'EACCES' ? 'run the helper as root, or ' : '';
    throw new Failure(what, `at ${folder}`, `${advice}choose another --socket`);
  }
}

/** Removes the socket of a helper that died; one that answers is left alone. */
async function takeOver(socketPath: string): Promise<void> {
  const found = await lstat(socketPath).catch(() => null);
  if (found === null) return;
  if (!found.isSocket())
    throw new Failure('a file that is no socket is in the way', `at ${socketPath}`, 'move it away');
  if (await answers(socketPath))
    throw new Failure(
      'another helper is running',
      `at ${socketPath}`,
      'stop it first, or choose another --socket',
    );
  await unlink(socketPath);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socketPath);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    // Only a refusal proves that nobody listens.
    probe.once('error', (error) => resolve(errorCode(error) !== 'ECONNREFUSED'));
  });
}

function listen(server: Server, socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(new Failure(`cannot listen (${error.message})`, `at ${socketPath}`, 'choose another --socket')),
    );
    // The socket is made inside listen(): nobody else can reach it even before its mode is set.
    const umask = process.umask(0o177);
    server.listen(socketPath, resolve);
    process.umask(umask);
  });
}

function serveConnection(socket: Socket, options: ServerOptions): void {
  const decoder = new FrameDecoder();
  let inWork = 0;
  const departed = new AbortController();

  const mayTakeMore = () => inWork < MAX_REQUESTS_IN_WORK && socket.writable && !socket.writableNeedDrain;

  function reply(frame: ReplyFrame): void {
    if (!socket.writable) return;
    socket.write(encodeReply(frame));
  }

  async function work(value: unknown): Promise<void> {
    inWork += 1;
    reply(await answer(value, options, departed.signal));
    inWork -= 1;
    pump();
  }

  function pump(): void {
    while (mayTakeMore()) {
      const frame = decoder.next();
      if (frame === null) break;
      if (frame.kind === 'value') void work(frame.value);
      else if (frame.kind === 'malformed') reply(refusal(null, new Failure('a request that is not JSON')));
      else hangUp(refusal(null, new Failure('a request that is too long')));
    }
    if (!mayTakeMore()) socket.pause();
    else if (departed.signal.aborted && inWork === 0) socket.end();
    else socket.resume();
  }

  function hangUp(frame: ReplyFrame): void {
    socket.pause();
    socket.end(encodeReply(frame), () => socket.destroy());
  }

  socket.on('data', (chunk: Uint8Array) => {
    decoder.push(chunk);
    pump();
  });
  socket.on('drain', pump);
  socket.on('end', () => {
    departed.abort();
    pump();
  });
  socket.on('close', () => departed.abort());
  socket.on('error', (error) => options.log('info', 'a client went away', { reason: error.message }));
}

function encodeReply(frame: ReplyFrame): Buffer {
  try {
    return encodeFrame(frame);
  } catch (error) {
    if (!(error instanceof FrameTooLong)) throw error;
    return encodeFrame(refusal(frame.id, new Failure('the answer is too long', '', 'ask for one tunnel')));
  }
}

/** Never rejects: whatever happens becomes a reply. */
async function answer(value: unknown, options: ServerOptions, departed: AbortSignal): Promise<ReplyFrame> {
  const frame = requestFrame.safeParse(value);
  if (!frame.success) {
    const identified = identifiedFrame.safeParse(value);
    return refusal(identified.data?.id ?? null, new Failure('a request that is no { id, verb, request }'));
  }
  const { id, verb, request } = frame.data;
  if (!isVerb(verb)) return refusal(id, new Failure('no such verb', '', 'see helper/ipc/contract.ts'));
  try {
    return { id, ok: true, result: await perform(verb, request, options.handlers, departed) };
  } catch (error) {
    const failure = toFailure(error);
    options.log('warning', 'a request failed', { verb, reason: failure.message });
    if (failure.cause instanceof Error)
      options.log('error', failure.cause.message, { stack: failure.cause.stack ?? '' });
    return refusal(id, failure);
  }
}

async function perform<V extends Verb>(
  verb: V,
  request: unknown,
  handlers: Handlers,
  departed: AbortSignal,
): Promise<ResultOf<V>> {
  const parsed = VERBS[verb].request.safeParse(request);
  if (!parsed.success) throw new Failure(`a malformed ${verb} request`, firstIssue(parsed.error));
  const result = await handlers[verb](parsed.data as RequestOf<V>, departed);
  return VERBS[verb].result.parse(result) as ResultOf<V>;
}

function firstIssue(error: { issues: { path: PropertyKey[]; message: string }[] }): string {
  const issue = error.issues[0];
  return issue === undefined ? '' : `${issue.path.map(String).join('.')}: ${issue.message}`;
}

function refusal(id: number | null, failure: Failure): ReplyFrame {
  return { id, ok: false, error: failure.parts };
}
