/** In uPlot's place: keeps what it was given to draw. */
export class FakePlot {
  static latest: FakePlot | null = null;
  readonly drawn: (readonly (number | null)[][])[] = [];

  constructor() {
    FakePlot.latest = this;
  }

  setData(columns: (number | null)[][]): void {
    this.drawn.push(columns);
  }

  setSize(): void {}
  redraw(): void {}
  destroy(): void {}
}
