/** Where events come from: whoever subscribes hears the present state first, then what changes. */
import type { HelperClock } from '../clock.ts';
import type { LogEvent, TrafficEvent, TunnelsEvent } from './contract.ts';

export interface EventSource<E> {
  /**
   * Resolves once the present state is told; changes follow until `signal` aborts.
   *
   * @throws where the present state cannot be read: nothing follows then
   */
  subscribe(listener: (event: E) => void, signal: AbortSignal): Promise<void>;
}

/** One source a topic. */
export interface EventSources {
  readonly tunnels: EventSource<TunnelsEvent>;
  readonly traffic: EventSource<TrafficEvent>;
  readonly log: EventSource<LogEvent>;
}

/** Events that are announced when they happen. */
export class Announcements<E> implements EventSource<E> {
  readonly #present: () => Promise<readonly E[]>;
  readonly #listeners = new Set<(event: E) => void>();

  /** @param present reads the events that tell the present state */
  constructor(present: () => Promise<readonly E[]>) {
    this.#present = present;
  }

  announce(event: E): void {
    for (const listener of this.#listeners) listener(event);
  }

  async subscribe(listener: (event: E) => void, signal: AbortSignal): Promise<void> {
    // What changes while the present state is read may be in it or not: it is told after it.
    const meanwhile: E[] = [];
    const wait = (event: E) => meanwhile.push(event);
    this.#listeners.add(wait);
    try {
      const present = await this.#present();
      if (signal.aborted) return;
      for (const event of [...present, ...meanwhile]) listener(event);
      this.#listeners.add(listener);
      signal.addEventListener('abort', () => this.#listeners.delete(listener), { once: true });
    } finally {
      this.#listeners.delete(wait);
    }
  }
}

/** Events that are sampled at intervals, for as long as somebody listens. */
export class Samples<E> implements EventSource<E> {
  readonly #sample: () => Promise<E>;
  readonly #intervalMs: number;
  readonly #clock: HelperClock;
  readonly #listeners = new Set<(event: E) => void>();
  #stop = new AbortController();

  /** @param sample never rejects */
  constructor(sample: () => Promise<E>, intervalMs: number, clock: HelperClock) {
    this.#sample = sample;
    this.#intervalMs = intervalMs;
    this.#clock = clock;
  }

  async subscribe(listener: (event: E) => void, signal: AbortSignal): Promise<void> {
    const first = await this.#sample();
    if (signal.aborted) return;
    listener(first);
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) {
      this.#stop = new AbortController();
      void this.#run(this.#stop.signal);
    }
    signal.addEventListener('abort', () => this.#leave(listener), { once: true });
  }

  #leave(listener: (event: E) => void): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size === 0) this.#stop.abort();
  }

  async #run(stop: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(this.#intervalMs, stop).catch(() => {}); // nobody listens any more
      if (stop.aborted) return;
      const event = await this.#sample();
      if (stop.aborted) return;
      for (const listener of this.#listeners) listener(event);
    }
  }
}
