/** The page's end of its WebSocket: what it asks, what it hears, and another socket whenever one is lost. */
import type { HelperClock } from '../../helper/clock.ts';
import { inTime } from '../in-time.ts';
import type { Failure } from '../ipc/contract.ts';
import { type RequestFrame, type ShellFrame, shellFrame } from '../ipc/frames.ts';
import { type Transport, UNREACHABLE } from './bridge.ts';

/** A browser's WebSocket, as far as it is used here. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketListener {
  onText(text: string): void;
  /** Also where there is nobody to connect to. */
  onClose(): void;
}

export interface AppSocketOptions {
  /** Whoever listens hears of it later, never before the return. */
  readonly connect: (listener: SocketListener) => Socket;
  /** Only the shell of this page can say it. */
  readonly proof: string;
  readonly clock: Pick<HelperClock, 'sleep'>;
}

/** From a loss to the first attempt; each that fails doubles it. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8_000;
/** An app that hangs is as good as none. */
const WATCH_MS = 10_000;
const ANSWER_MS = 10_000;

interface Asked {
  readonly frame: RequestFrame;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class AppSocket implements Transport {
  readonly #options: AppSocketOptions;
  /** The one that is open. */
  #socket: Socket | null = null;
  /** From a loss to the next attempt; what is asked during an attempt, and before the first, waits. */
  #isLost = false;
  /** Somebody else has the shell's port. */
  #isStrange = false;
  /** What has no reply yet, by id. */
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  #listener: (event: unknown) => void = () => {};
  #pause = new AbortController();

  constructor(options: AppSocketOptions) {
    this.#options = options;
  }

  request(verb: string, request: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isLost) return reject(new Error('there is no connection'));
      const frame = { id: ++this.#lastId, verb, request };
      this.#asked.set(frame.id, { frame, resolve, reject });
      this.#send(frame);
    });
  }

  /** Connects, and again whenever the connection is lost. */
  listen(listener: (event: unknown) => void): void {
    this.#listener = listener;
    void this.#run();
  }

  /** The next attempt need not wait: somebody looks at the page, or the machine's network has changed. */
  hurry(): void {
    this.#pause.abort('hurried');
  }

  async #run(): Promise<void> {
    for (let pauseMs = FIRST_RETRY_MS; !this.#isStrange; pauseMs = Math.min(2 * pauseMs, LAST_RETRY_MS)) {
      await this.#connect();
      if (this.#lose()) pauseMs = FIRST_RETRY_MS;
      this.#listener({ event: 'helper', link: { kind: 'unreachable', error: UNREACHABLE } });
      this.#pause = new AbortController();
      await this.#options.clock.sleep(pauseMs, this.#pause.signal).catch(() => {}); // it is hurried
    }
  }

  /** Resolves once there is no connection, or not any more. */
  async #connect(): Promise<void> {
    this.#isLost = false;
    const over = new AbortController();
    let open = () => {};
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const socket = this.#options.connect({
      onText: (text) => {
        if (over.signal.aborted) return;
        const frame = parseFrame(text);
        if (this.#socket !== null) return this.#onFrame(frame);
        this.#isStrange = !this.#isOfShell(frame);
        if (this.#isStrange) return over.abort('a stranger');
        this.#open(socket);
        open();
      },
      onClose: () => over.abort('closed'),
    });
    try {
      await this.#inTime(opened, over.signal);
      for (;;) {
        await this.#options.clock.sleep(WATCH_MS, over.signal);
        await this.#inTime(this.request('hello', {}), over.signal);
      }
    } catch {
      over.abort('lost');
      socket.close();
    }
  }

  /** Rejects where the connection is over before, too. */
  #inTime(answer: Promise<unknown>, over: AbortSignal): Promise<unknown> {
    return inTime(answer, () => new Error('too late'), { ms: ANSWER_MS, clock: this.#options.clock, over });
  }

  #isOfShell(frame: ShellFrame | null): boolean {
    return frame !== null && 'proof' in frame && frame.proof === this.#options.proof;
  }

  #open(socket: Socket): void {
    this.#socket = socket;
    for (const { frame } of this.#asked.values()) this.#send(frame);
  }

  /** @returns whether there was a connection */
  #lose(): boolean {
    const wasOpen = this.#socket !== null;
    this.#socket = null;
    this.#isLost = true;
    for (const { resolve, reject } of this.#asked.values()) {
      if (wasOpen) resolve({ ok: false, error: UNANSWERED });
      else reject(new Error('it was not reached'));
    }
    this.#asked.clear();
    return wasOpen;
  }

  #send(frame: RequestFrame): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #onFrame(frame: ShellFrame | null): void {
    if (frame === null) return;
    if ('event' in frame) {
      this.#listener(frame.event);
    } else if ('reply' in frame) {
      this.#asked.get(frame.id)?.resolve(frame.reply);
      this.#asked.delete(frame.id);
    }
  }
}

const UNANSWERED: Failure = {
  what: 'the connection to the app was lost before it answered',
  where: '',
  advice: 'see whether it was done; if not, try again',
  coded: { code: 'answer-lost' },
};

/** @returns null for what no shell sends */
function parseFrame(text: string): ShellFrame | null {
  try {
    return shellFrame.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
