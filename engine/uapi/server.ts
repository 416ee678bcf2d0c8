/**
 * The socket that wg(8) drives (https://www.wireguard.com/xplatform/): lines in, lines out, each operation ended by an
 * empty line, any number of them on a connection. Whatever is sent, the others go on being served.
 */
import { createServer, Socket } from 'node:net';
import { constants } from 'node:os';
import { ConfigError, SystemError } from '../errors.ts';
import type { EngineControl } from './control.ts';
import { describeDevice } from './get.ts';
import { Operation } from './operation.ts';
import { applySet } from './set.ts';

/** The longest line that a request can need is a third of this. */
const MAX_LINE_LENGTH = 256;
/** 65,536 peers with 16 lines each; a request past it is refused, not collected. */
const MAX_LINES = 2 ** 20;
const ERRNO_PROTOCOL = -constants.errno.EPROTO;
const ERRNO_INVALID = -constants.errno.EINVAL;

export interface UapiServer {
  /** Serves one more connection, which nobody had to make. @param descriptor a connected socket's */
  adopt(descriptor: number, onClosed: () => void): void;
  /** Ends the service, and every connection with it. */
  close(): void;
}

/** @param listenDescriptor a listening unix socket, which is closed with the server */
export function serveUapi(listenDescriptor: number, control: EngineControl): UapiServer {
  const sockets = new Set<Socket>();
  function serve(socket: Socket): Socket {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    new UapiConnection(socket, control);
    return socket;
  }
  const server = createServer(serve);
  server.listen({ fd: listenDescriptor });
  return {
    adopt(descriptor, onClosed) {
      serve(new Socket({ fd: descriptor })).once('close', onClosed);
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

class UapiConnection {
  readonly #socket: Socket;
  readonly #control: EngineControl;
  /** What is being received. */
  #operation = new Operation();
  /** What came after the last newline. */
  #rest = '';

  constructor(socket: Socket, control: EngineControl) {
    this.#socket = socket;
    this.#control = control;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => this.#receive(chunk));
    socket.on('drain', () => this.#onDrain());
    // A client that went away has nothing to be told.
    socket.on('error', () => socket.destroy());
  }

  #receive(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop()!;
    for (const [i, line] of lines.entries()) {
      if (this.#socket.destroyed || this.#socket.writableEnded) return;
      if (this.#socket.writableNeedDrain) {
        // It asks and does not listen: it is heard again once it has read its answers.
        this.#rest = [...lines.slice(i), this.#rest].join('\n');
        this.#socket.pause();
        return;
      }
      if (line.length > MAX_LINE_LENGTH || this.#operation.lineCount > MAX_LINES) this.#refuse();
      else if (line !== '') this.#operation.add(line);
      else if (this.#operation.name !== '') this.#execute();
    }
    if (this.#rest.length > MAX_LINE_LENGTH) this.#refuse();
  }

  #onDrain(): void {
    this.#receive('');
    if (!this.#socket.writableNeedDrain) this.#socket.resume();
  }

  #execute(): void {
    const operation = this.#operation;
    this.#operation = new Operation();
    if (operation.name === 'get=1' && operation.lineCount === 0) {
      this.#reply([...describeDevice(this.#control), 'errno=0']);
    } else if (operation.name === 'set=1') {
      this.#reply([`errno=${this.#set(operation)}`]);
    } else {
      this.#refuse();
    }
  }

  /** @returns 0, or a negative errno */
  #set(operation: Operation): number {
    try {
      applySet(operation, this.#control);
      return 0;
    } catch (error) {
      if (error instanceof ConfigError) return ERRNO_INVALID;
      if (error instanceof SystemError) return -errnoOf(error.code);
      throw error;
    }
  }

  #reply(lines: readonly string[]): void {
    this.#socket.write(`${lines.join('\n')}\n\n`, 'latin1');
  }

  /** Not our protocol: there is no telling where its next operation would begin. */
  #refuse(): void {
    this.#socket.end(`errno=${ERRNO_PROTOCOL}\n\n`, 'latin1');
    this.#socket.removeAllListeners('data');
    this.#socket.removeAllListeners('drain');
    this.#socket.resume();
  }
}

function errnoOf(code: string): number {
  return (constants.errno as Record<string, number>)[code] ?? constants.errno.EIO;
}
