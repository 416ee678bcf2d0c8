/** The app's connection to the helper, which comes and goes: made again each second, and what it tells passed on. */
import type { HelperClock } from '../../helper/clock.ts';
import { Failure, toFailure } from '../../helper/failure.ts';
import { connectToHelper, type HelperClient } from '../../helper/ipc/client.ts';
import type { HelperEvent, RequestOf, ResultOf, Topic, Verb } from '../../helper/ipc/contract.ts';
import { inTime } from '../in-time.ts';
import type { HelperLink as LinkState } from '../ipc/contract.ts';

const RETRY_MS = 1_000;
/** A helper that hangs is as good as none. */
const HELLO_MS = 10_000;
const WATCH_MS = 5_000;
const TOPICS: readonly Topic[] = ['tunnels', 'traffic'];

export interface HelperLinkListener {
  onLinkChange(link: LinkState): void;
  onHelperEvent(event: HelperEvent): void;
}

export class HelperLink {
  readonly #socketPath: string;
  readonly #clock: HelperClock;
  readonly #listener: HelperLinkListener;
  #state: LinkState = { kind: 'connecting' };
  #client: HelperClient | null = null;

  constructor(socketPath: string, clock: HelperClock, listener: HelperLinkListener) {
    this.#socketPath = socketPath;
    this.#clock = clock;
    this.#listener = listener;
  }

  get state(): LinkState {
    return this.#state;
  }

  /** @throws Failure, the helper's own or why it cannot be reached */
  async request<V extends Verb>(verb: V, request: RequestOf<V>): Promise<ResultOf<V>> {
    if (this.#client !== null) return this.#client.request(verb, request);
    throw this.#state.kind === 'unreachable'
      ? Failure.from(this.#state.error)
      : new Failure('the helper is not reached yet', '', 'try again in a moment', {
          code: 'helper-not-reached-yet',
        });
  }

  /** Resolves once the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const failure = await this.#connect(signal);
      if (signal.aborted) return;
      this.#change({ kind: 'unreachable', error: failure.parts });
      await this.#clock.sleep(RETRY_MS, signal).catch(() => {}); // it is over
    }
  }

  /** @returns why there is no connection any more */
  async #connect(signal: AbortSignal): Promise<Failure> {
    let client: HelperClient | null = null;
    const close = () => client?.close();
    try {
      client = await connectToHelper(this.#socketPath);
      signal.addEventListener('abort', close);
      if (signal.aborted) close();
      const hello = await this.#inTime(client.request('hello', {}));
      this.#client = client;
      this.#change({ kind: 'reached', ...hello });
      await this.#inTime(client.subscribe(TOPICS, (event) => this.#listener.onHelperEvent(event)));
      return await this.#watch(client);
    } catch (error) {
      close();
      return toFailure(error);
    } finally {
      this.#client = null;
      signal.removeEventListener('abort', close);
    }
  }

  /** @returns why it has ended. @throws Failure where it does not answer any more */
  async #watch(client: HelperClient): Promise<Failure> {
    const over = new AbortController();
    void client.ended.then(() => over.abort('ended'));
    for (;;) {
      await this.#clock.sleep(WATCH_MS, over.signal).catch(() => {}); // it is over
      if (over.signal.aborted) return client.ended;
      await this.#inTime(client.request('hello', {}));
    }
  }

  #inTime<T>(answer: Promise<T>): Promise<T> {
    return inTime(answer, () => silent(this.#socketPath), { ms: HELLO_MS, clock: this.#clock });
  }

  #change(state: LinkState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.#listener.onLinkChange(state);
  }
}

function silent(socketPath: string): Failure {
  return new Failure('the helper does not answer', `at ${socketPath}`, 'start it again', {
    code: 'helper-silent',
  });
}
