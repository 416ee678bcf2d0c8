import type uPlot from 'uplot';
import type { Options } from 'uplot';

/** In uPlot's place: keeps what it was given to draw. */
export class FakePlot {
  static latest: FakePlot | null = null;
  readonly drawn: (readonly (number | null)[][])[] = [];
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
    FakePlot.latest = this;
  }

  /** @param left of the plot's own area, in pixels; negative where the pointer leaves it */
  point(step: number | null, left: number): void {
    const plot = { cursor: { idx: step, left }, width: this.#options.width };
    for (const hook of this.#options.hooks?.setCursor ?? []) hook?.(plot as uPlot);
  }

  setData(columns: (number | null)[][]): void {
    this.drawn.push(columns);
  }

  setSize(): void {}
  redraw(): void {}
  destroy(): void {}
}
