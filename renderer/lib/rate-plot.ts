/**
 * The graph of a tunnel's rates: uPlot's options, and what it says where somebody points. Download is a filled line,
 * upload a dashed one.
 */
import type uPlot from 'uplot';
import type { Axis, Options, Series } from 'uplot';
import { i18n } from './i18n.ts';
import type { Columns } from './rate-series.ts';
import { clockText, momentText } from './time-text.ts';
import { rateText } from './units.ts';

export const PLOT_HEIGHT = 206;
/** Above the plot, where the read-out stands. */
const READ_OUT_HEIGHT = 26;
/** What the rates of the vertical axis take. */
const RATES_WIDTH = 82;

/** As the canvas takes them, such as `rgb(18, 85, 79)`. */
export interface PlotColours {
  readonly received: string;
  readonly sent: string;
  readonly text: string;
  readonly line: string;
}

const FONT = '12px system-ui, "Noto Sans", sans-serif';
/** An idle line stays at the bottom, in bits a second. */
const LEAST_TOP = 10_000;
/** Steps of the time axis in seconds: whole minutes, as its labels are. */
const TIME_STEPS = [60, 120, 300, 600, 1_800, 3_600, 10_800, 21_600];

/** A place in the graph that somebody points at. */
export interface PointedAt {
  /** As in the columns. */
  readonly step: number;
  /** Of the graph's whole width, from its left. */
  readonly percent: number;
}

interface PlotSources {
  /** Asked for at each drawing: they follow the theme. */
  readonly colours: () => PlotColours;
  /** With null where nobody points any more. */
  readonly onPoint: (place: PointedAt | null) => void;
}

export function plotOptions(width: number, { colours, onPoint }: PlotSources): Options {
  return {
    width,
    height: PLOT_HEIGHT,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false, setScale: false } },
    hooks: { setCursor: [(plot) => onPoint(pointedAt(plot))] },
    padding: [READ_OUT_HEIGHT, 24, 0, 0],
    scales: { y: { range: (_, __, top) => [0, niceTop(top)] } },
    series: [
      {},
      line({
        stroke: () => colours().received,
        width: 2,
        cap: 'round',
        fill: () => soft(colours().received),
      }),
      line({ stroke: () => colours().sent, width: 2, dash: [6, 4] }),
    ],
    axes: [
      axis(colours, {
        incrs: TIME_STEPS,
        space: 64,
        gap: 8,
        size: 34,
        values: (_, moments) => moments.map((at) => i18n.date(new Date(at * 1_000), { timeStyle: 'short' })),
      }),
      axis(colours, {
        size: RATES_WIDTH,
        space: 44,
        splits: (_, __, ___, top) => [0, top / 2, top],
        values: (_, rates) => rates.map((rate) => rateText(rate / 8)),
      }),
    ],
  };
}

/** Such as `17:32:05   ↓ 1 Mbit/s   ↑ 8 kbit/s`. @param now Unix seconds */
export function readOutText([moments, received, sent]: Columns, step: number, now: number): string {
  const [at, rx, tx] = [moments[step] ?? now, received[step] ?? null, sent[step] ?? null];
  const shown = (bits: number | null) => (bits === null ? '–' : rateText(bits / 8));
  const isCoarse = moments.length > 1 && moments[1]! - moments[0]! >= 60;
  const moment = isCoarse ? momentText(at, now) : clockText(at);
  return `${moment}   ↓ ${shown(rx)}   ↑ ${shown(tx)}`;
}

/** The least 1, 2, 4, 6 or 8 of a power of ten that is not below, so that its half is as round. */
export function niceTop(bitsPerSecond: number | null): number {
  const top = Math.max(LEAST_TOP, bitsPerSecond ?? 0);
  const power = 10 ** Math.floor(Math.log10(top));
  return (([1, 2, 4, 6, 8].find((factor) => factor * power >= top) ?? 10) as number) * power;
}

function pointedAt({ cursor: { idx, left = -1 }, width }: uPlot): PointedAt | null {
  if (idx === null || idx === undefined || left < 0) return null;
  return { step: idx, percent: (100 * (RATES_WIDTH + left)) / width };
}

function line(series: Series): Series {
  return { ...series, points: { show: false }, spanGaps: false };
}

function axis(colours: () => PlotColours, own: Axis): Axis {
  const rule = { stroke: () => colours().line, width: 1 };
  return { stroke: () => colours().text, font: FONT, grid: rule, ticks: { show: false }, ...own };
}

function soft(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.16)');
}
