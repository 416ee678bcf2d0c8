/** The helper's end of a real socket, which answers as the test says. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FailureParts } from '../../../../helper/failure.ts';
import { encodeFrame, FrameDecoder } from '../../../../helper/ipc/codec.ts';
import type {
  HelperEvent,
  RequestOf,
  ResultOf,
  TunnelStatus,
  Verb,
} from '../../../../helper/ipc/contract.ts';
import { tunnelStatusOf } from '../../../support/tunnel-status.ts';
import { closed } from '../../helper/raw-ends.ts';

type Answers = { [V in Verb]?: (request: RequestOf<V>) => ResultOf<V> | Promise<ResultOf<V>> };

export const DOWN = tunnelStatusOf('home', { addresses: ['10.7.0.2/24'] });

export class FakeHelper {
  readonly #folder = mkdtempSync(join(tmpdir(), 'wayfare-app-'));
  readonly socketPath = join(this.#folder, 'helper.sock');
  tunnels: TunnelStatus[] = [];
  /** What it was asked, in words such as `up home`. */
  readonly asked: string[] = [];
  /** In place of the usual answers. */
  answers: Answers = {};
  readonly #clients = new Set<Socket>();
  #server: Server | null = null;

  async start(): Promise<void> {
    const server = createServer((socket) => this.#serve(socket));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.socketPath, resolve));
  }

  /** As a SIGKILL ends it: nobody is told. */
  async stop(): Promise<void> {
    if (this.#server === null) return;
    const ended = closed(this.#server);
    this.#server = null;
    for (const client of this.#clients) client.destroy();
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get clientCount(): number {
    return this.#clients.size;
  }

  tell(event: HelperEvent): void {
    for (const client of this.#clients) client.write(encodeFrame(event));
  }

  countOf(verb: Verb): number {
    return this.asked.filter((words) => words.split(' ')[0] === verb).length;
  }

  #serve(socket: Socket): void {
    const decoder = new FrameDecoder();
    this.#clients.add(socket);
    socket.on('error', () => {}); // the app may go at any time
    socket.on('close', () => this.#clients.delete(socket));
    socket.on('data', (chunk: Uint8Array) => {
      decoder.push(chunk);
      for (let frame = decoder.next(); frame !== null; frame = decoder.next())
        if (frame.kind === 'value') void this.#answer(socket, frame.value);
    });
  }

  async #answer(socket: Socket, frame: unknown): Promise<void> {
    const { id, verb, request } = frame as { id: number; verb: Verb; request: { name?: string | null } };
    this.asked.push(`${verb} ${request.name ?? ''}`.trim());
    const answer = (this.answers[verb] ?? this.#usual[verb]) as (request: unknown) => unknown;
    try {
      socket.write(encodeFrame({ id, ok: true, result: await answer(request) }));
    } catch (error) {
      socket.write(encodeFrame({ id, ok: false, error: (error as { parts: FailureParts }).parts }));
    }
  }

  readonly #usual: Answers = {
    hello: () => ({ version: '1.2.3', role: 'admin' }),
    subscribe: () => ({}),
    status: () => ({ tunnels: this.tunnels, lockdown: false, isClosed: false }),
    up: () => ({ outcome: 'connected' }),
    set: () => ({}),
  };
}
