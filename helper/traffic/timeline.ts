/** The line on which traffic is drawn: one that no change of the wall clock bends, and on which sleep takes its time. */

export interface TimelineClock {
  /** Since this machine has started, asleep or awake. */
  bootMs(): number;
  wallMs(): number;
}

/** Milliseconds. */
export interface Moment {
  /** On the timeline: what the wall clock showed when the timeline began, and what has passed since. */
  readonly at: number;
  /** What the wall clock shows. */
  readonly wall: number;
}

export class Timeline {
  readonly #clock: TimelineClock;
  readonly #offset: number;

  constructor(clock: TimelineClock) {
    this.#clock = clock;
    this.#offset = clock.wallMs() - clock.bootMs();
  }

  now(): Moment {
    return { at: this.#clock.bootMs() + this.#offset, wall: this.#clock.wallMs() };
  }
}

/** What the wall clock, as it is set now, would have shown at a time on the timeline. @returns Unix seconds */
export function wallSecondsAt(at: number, now: Moment): number {
  return Math.max(0, Math.round((now.wall - (now.at - at)) / 1_000));
}
