/** The history of one tunnel, with its file. Nothing here throws: what a disk refuses costs history, never a tunnel. */
import { toFailure } from '../failure.ts';
import type { ResultOf, TrafficSpan } from '../ipc/contract.ts';
import type { Log } from '../log.ts';
import { TrafficHistory } from './history.ts';
import type { PeerCount } from './meter.ts';
import type { Timeline } from './timeline.ts';
import type { TrafficStore } from './traffic-store.ts';

/** While traffic flows. */
const SAVE_INTERVAL_MS = 60_000;

export interface TrafficSources {
  readonly store: TrafficStore;
  readonly timeline: Timeline;
  readonly log: Log;
}

/** What its tunnel tells, in order, without waiting. */
export interface TrafficCounter {
  /** What the engine has counted so far. */
  observe(peers: readonly PeerCount[]): void;
  /** The engine is replaced. */
  restart(): void;
  /** The engine ends, and the session with it. */
  end(): void;
}

export class TunnelTraffic implements TrafficCounter {
  #name: string;
  readonly #sources: TrafficSources;
  /** Read from the disk once, and never rejects: whoever tells something meanwhile is heard after that, in turn. */
  readonly #history: Promise<TrafficHistory>;
  #savedAt = 0;
  #saving: Promise<void> = Promise.resolve();
  #isSaving = false;
  #isFailing = false;
  #isForgotten = false;

  constructor(name: string, sources: TrafficSources) {
    this.#name = name;
    this.#sources = sources;
    this.#history = this.#load();
  }

  begin(): void {
    const now = this.#sources.timeline.now();
    this.#savedAt = now.at;
    void this.#history.then((history) => history.begin(now));
  }

  observe(peers: readonly PeerCount[]): void {
    const now = this.#sources.timeline.now();
    void this.#history.then((history) => {
      const hasMoved = history.observe(peers, now);
      if (hasMoved && !this.#isSaving && now.at - this.#savedAt >= SAVE_INTERVAL_MS) this.#save();
    });
  }

  restart(): void {
    void this.#history.then((history) => history.restart());
  }

  end(): void {
    void this.#history.then((history) => {
      history.end();
      this.#save();
    });
  }

  async read(span: TrafficSpan): Promise<ResultOf<'traffic'>> {
    return (await this.#history).read(span, this.#sources.timeline.now());
  }

  /** Resolves once what was told so far is on the disk, as far as it takes it. */
  async settled(): Promise<void> {
    await this.#history;
    await this.#saving;
  }

  async rename(newName: string): Promise<void> {
    const name = this.#name;
    this.#name = newName;
    await this.#try('the traffic so far could not be renamed', (store) => store.rename(name, newName));
  }

  async remove(): Promise<void> {
    this.#isForgotten = true;
    await this.#try('the traffic so far could not be removed', (store) => store.remove(this.#name));
  }

  async #load(): Promise<TrafficHistory> {
    const { store, timeline } = this.#sources;
    try {
      return new TrafficHistory(await store.read(this.#name), timeline.now());
    } catch (error) {
      this.#warn('the traffic so far cannot be read, and is counted anew', error);
      await store.setAside(this.#name).catch(() => {}); // a disk that takes no change
      return new TrafficHistory(null, timeline.now());
    }
  }

  #save(): void {
    this.#isSaving = true;
    this.#savedAt = this.#sources.timeline.now().at;
    this.#saving = this.#saving.then(() => this.#write());
  }

  async #write(): Promise<void> {
    const { store, timeline } = this.#sources;
    const history = await this.#history;
    try {
      if (!this.#isForgotten) await store.write(this.#name, history.save(timeline.now()));
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#warn('the traffic is not kept', error); // once, not each minute
      this.#isFailing = true;
    } finally {
      this.#isSaving = false;
    }
  }

  async #try(refusal: string, work: (store: TrafficStore) => Promise<void>): Promise<void> {
    await work(this.#sources.store).catch((error) => this.#warn(refusal, error));
  }

  #warn(message: string, error: unknown): void {
    this.#sources.log('warning', message, { tunnel: this.#name, reason: toFailure(error).parts.what });
  }
}
