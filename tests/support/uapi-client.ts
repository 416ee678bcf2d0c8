/** The raw side of an engine's UAPI socket, for what wg(8) would never say. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { uapiSocket } from './engine-process.ts';

const PATIENCE_MS = 20_000;
const END_OF_REPLY = '\n\n';

export class UapiClient {
  readonly #socket: Socket;
  #received: string[] = [];
  #replies = 0;
  #tail = '';
  #isClosed = false;
  #wake = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#onText(text));
    socket.on('error', () => {}); // the engine may hang up while we are still talking
    socket.on('close', () => {
      this.#isClosed = true;
      this.#wake();
    });
  }

  static async open(interfaceName: string): Promise<UapiClient> {
    const socket = connect(uapiSocket(interfaceName));
    const client = new UapiClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** Whether the engine, or we, have hung up. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  send(bytes: string | Buffer): void {
    this.#socket.write(bytes, 'latin1');
  }

  /** What came in answer, once it is `count` replies or the engine has hung up. */
  async replies(count = 1): Promise<string[]> {
    const deadline = performance.now() + PATIENCE_MS;
    while (this.#replies < count && !this.#isClosed) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`${this.#replies} of ${count} replies in ${PATIENCE_MS} ms`);
      await new Promise<void>((resolve) => {
        const timeout = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timeout);
          resolve();
        };
      });
    }
    const text = this.#received.join('');
    this.#received = [];
    this.#replies = 0;
    return text.split(END_OF_REPLY).slice(0, -1);
  }

  /** One operation, with its closing empty line. @returns the lines of its answer */
  async ask(...lines: string[]): Promise<string[]> {
    this.send(`${lines.join('\n')}\n\n`);
    return (await this.replies())[0]?.split('\n') ?? [];
  }

  close(): void {
    this.#socket.destroy();
  }

  #onText(text: string): void {
    this.#received.push(text);
    // An empty line may have come in two halves.
    const seen = this.#tail + text;
    this.#replies += seen.split(END_OF_REPLY).length - 1;
    this.#tail = seen.endsWith('\n') && !seen.endsWith(END_OF_REPLY) ? '\n' : '';
    this.#wake();
  }
}

export async function askOnce(interfaceName: string, ...lines: string[]): Promise<string[]> {
  const client = await UapiClient.open(interfaceName);
  try {
    return await client.ask(...lines);
  } finally {
    client.close();
  }
}
