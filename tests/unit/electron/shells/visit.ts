/** A visitor of the browser shell that says whatever it likes. */
import { type IncomingHttpHeaders, type RequestOptions, request } from 'node:http';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { type ShellFrame, shellFrame } from '../../../../electron/ipc/frames.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

/** @param url its host is what is connected to; a `host` header may say otherwise */
export function visit(url: string, { method = 'GET', headers = {} }: Asked = {}): Promise<Reply> {
  const { hostname, port } = new URL(url);
  // As it stands: a URL would straighten the path.
  const path = url.slice(url.indexOf(port) + port.length) || '/';
  const options: RequestOptions = { host: hostname, port, path, method, headers, agent: false };
  return new Promise((resolve, reject) => {
    const asking = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    asking.on('error', reject);
    asking.end();
  });
}

/** @param text what is sent, whatever it is. @returns all that comes back until the other end hangs up */
export function say(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let heard = '';
    socket.setEncoding('utf8').on('data', (chunk) => {
      heard += chunk;
    });
    socket.on('error', () => {}); // a reset is an end, too
    socket.on('close', () => resolve(heard));
  });
}

export function statusOf(answer: string): number {
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 0);
}

export interface Handshake {
  readonly headers: Record<string, string>;
  /** Whether pings are answered. */
  readonly autoPong?: boolean;
}

/** A page's WebSocket, in the hands of whoever. */
export class VisitorSocket {
  readonly frames: ShellFrame[] = [];
  /** With the code of its end (RFC 6455, section 7.4). */
  readonly closed: Promise<number>;
  readonly socket: WebSocket;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('error', () => {}); // 'close' follows
    socket.on('message', (data) => this.frames.push(shellFrame.parse(JSON.parse(String(data)))));
    this.closed = new Promise((resolve) => socket.on('close', resolve));
  }

  /** @param url of HTTP. @returns the status of the refusal where it is refused */
  static open(url: string, { headers, autoPong = true }: Handshake): Promise<VisitorSocket | number> {
    const socket = new WebSocket(url, { headers, autoPong });
    const visitor = new VisitorSocket(socket);
    return new Promise((resolve) => {
      socket.on('open', () => resolve(visitor));
      socket.on('unexpected-response', (_, { statusCode = 0 }) => {
        resolve(statusCode);
        socket.terminate();
      });
    });
  }

  /** @returns the id of the request */
  ask(verb: string, request: unknown): number {
    this.socket.send(JSON.stringify({ id: ++this.#lastId, verb, request }));
    return this.#lastId;
  }

  replyTo(id: number): unknown {
    const frame = this.frames.find((each) => 'id' in each && each.id === id);
    return frame !== undefined && 'id' in frame ? frame.reply : undefined;
  }

  /** The events so far. */
  get told(): unknown[] {
    return this.frames.flatMap((each) => ('event' in each ? [each.event] : []));
  }
}
