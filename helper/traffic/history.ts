/** What has gone through one tunnel: in steps, in its last session, and by month. Pure: time is an argument. */
import type { ResultOf, TrafficSpan } from '../ipc/contract.ts';
import { NO_BYTES, sumOf, type TrafficBytes } from './bytes.ts';
import { type PeerCount, TrafficMeter } from './meter.ts';
import { StepRing } from './step-ring.ts';
import { type Moment, wallSecondsAt } from './timeline.ts';
import { MAX_MONTHS, type SavedTraffic } from './traffic-file.ts';

export const SPANS: { readonly [S in TrafficSpan]: { readonly stepMs: number; readonly steps: number } } = {
  '5m': { stepMs: 1_000, steps: 300 },
  '1h': { stepMs: 10_000, steps: 360 },
  '24h': { stepMs: 300_000, steps: 288 },
};

/** Readings come each second. Between two further apart than this nobody counted: the machine slept, or the engine hung. */
const MAX_READING_GAP_MS = 10_000;
/** Over which the bytes of a reading after such a gap are spread. */
const USUAL_READING_GAP_MS = 1_000;

interface Session extends TrafficBytes {
  /** Unix seconds. */
  readonly since: number;
}

export class TrafficHistory {
  readonly #rings: { readonly [S in TrafficSpan]: StepRing };
  readonly #meter = new TrafficMeter();
  readonly #months: Map<string, TrafficBytes>;
  #session: Session | null;
  /** When the engine that runs was read last; null where none runs. */
  #readAt: number | null = null;

  /** @param saved what a history before this one had; null where there was none */
  constructor(saved: SavedTraffic | null, now: Moment) {
    const ring = ({ stepMs, steps }: (typeof SPANS)[TrafficSpan]) => new StepRing(stepMs, steps, now.at);
    this.#rings = { '5m': ring(SPANS['5m']), '1h': ring(SPANS['1h']), '24h': ring(SPANS['24h']) };
    this.#months = new Map(saved?.months.map(({ month, ...bytes }) => [month, bytes]));
    this.#session = saved?.session ?? null;
    if (saved === null) return;
    const savedAt = saved.savedAt * 1_000 + (now.at - now.wall);
    this.#rings['1h'].restore(saved.hour, savedAt);
    this.#rings['24h'].restore(saved.day, savedAt);
  }

  /** A new engine runs, for a new session. */
  begin(now: Moment): void {
    this.#meter.restart();
    this.#readAt = now.at;
    this.#session = { since: Math.floor(now.wall / 1_000), ...NO_BYTES };
  }

  /** Takes a reading of the engine. @returns whether anything went through since the last one */
  observe(peers: readonly PeerCount[], now: Moment): boolean {
    if (this.#readAt === null || this.#session === null) return false;
    const bytes = this.#meter.observe(peers);
    const isGap = now.at - this.#readAt > MAX_READING_GAP_MS;
    const from = isGap ? now.at - USUAL_READING_GAP_MS : this.#readAt;
    for (const ring of Object.values(this.#rings)) ring.add(from, now.at, bytes);
    this.#readAt = now.at;
    if (bytes.rxBytes === 0 && bytes.txBytes === 0) return false;
    this.#session = { since: this.#session.since, ...sumOf(this.#session, bytes) };
    this.#addToMonth(monthOf(now.wall), bytes);
    return true;
  }

  /** Another engine has taken the place of the one that ran. */
  restart(): void {
    this.#meter.restart();
  }

  /** No engine runs any more. */
  end(): void {
    this.#readAt = null;
  }

  read(span: TrafficSpan, now: Moment): ResultOf<'traffic'> {
    // While it runs, what was counted is known up to the last reading.
    const isRead = this.#readAt !== null && now.at - this.#readAt <= MAX_READING_GAP_MS;
    const ring = this.#rings[span];
    const { endsAt, newestMs, rxBytes, txBytes } = ring.read(isRead ? this.#readAt! : now.at);
    return {
      stepSeconds: ring.stepMs / 1_000,
      newestSeconds: newestMs / 1_000,
      endsAt: wallSecondsAt(endsAt, now),
      rxBytes,
      txBytes,
      session: this.#session,
      months: this.#newestMonths(),
    };
  }

  save(now: Moment): SavedTraffic {
    return {
      savedAt: wallSecondsAt(now.at, now),
      hour: this.#rings['1h'].save(now.at),
      day: this.#rings['24h'].save(now.at),
      session: this.#session,
      months: this.#newestMonths(),
    };
  }

  #newestMonths(): ResultOf<'traffic'>['months'] {
    return [...this.#months]
      .map(([month, bytes]) => ({ month, ...bytes }))
      .sort((a, b) => (a.month < b.month ? 1 : -1));
  }

  /** Where there are too many, the oldest goes; never the present one, which a wrong wall clock may take for the oldest. */
  #addToMonth(present: string, bytes: TrafficBytes): void {
    this.#months.set(present, sumOf(this.#months.get(present) ?? NO_BYTES, bytes));
    while (this.#months.size > MAX_MONTHS) {
      const [oldest] = [...this.#months.keys()].filter((month) => month !== present).sort();
      this.#months.delete(oldest!);
    }
  }
}

/** @returns such as `2026-11`, by this machine's own calendar */
function monthOf(wallMs: number): string {
  const date = new Date(wallMs);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`;
}
