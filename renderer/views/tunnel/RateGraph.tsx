/** Drawn apart from React, once a step, and not at all while nobody sees it. Whoever points at it reads that step. */
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { StoreApi } from 'zustand';
import {
  PLOT_HEIGHT,
  type PlotColours,
  type PointedAt,
  plotOptions,
  readOutText,
} from '../../lib/rate-plot.ts';
import { type Columns, columnsOf } from '../../lib/rate-series.ts';
import { useAppState } from '../../store/app-state.ts';
import type { RateHistory } from '../../store/rate-history.ts';
import styles from './RateGraph.module.css';

interface RateGraphProps {
  readonly store: StoreApi<RateHistory>;
  readonly label: string;
}

export default function RateGraph({ store, label }: RateGraphProps) {
  const place = useRef<HTMLDivElement>(null);
  const { theme, language } = useAppState(({ settings }) => settings) ?? {};
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme or language is drawn anew
  useEffect(() => {
    if (place.current === null) return;
    return drawInto(place.current, store);
  }, [store, theme, language]);
  return (
    <div ref={place} role="img" aria-label={label} className={styles.graph}>
      <span className={styles.received} />
      <span className={styles.sent} />
      <span className={styles.text} />
      <span className={styles.line} />
      <div className={styles.readOut} />
    </div>
  );
}

/** @param place its spans have the colours. @returns what ends it */
function drawInto(place: HTMLElement, store: StoreApi<RateHistory>): () => void {
  let colours = coloursOf(place);
  let columns: Columns = [[], [], []];
  const readOut = place.querySelector<HTMLElement>(`.${styles.readOut}`);
  const onPoint = (pointed: PointedAt | null) => {
    if (readOut === null) return;
    readOut.textContent = pointed === null ? '' : readOutText(columns, pointed.step, Date.now() / 1_000);
    if (pointed !== null) readOut.style.setProperty('--percent', String(pointed.percent));
  };
  const plot = new uPlot(plotOptions(place.clientWidth, { colours: () => colours, onPoint }), columns, place);
  const draw = () => {
    const { series } = store.getState();
    if (document.hidden || series === null) return;
    columns = columnsOf(series);
    plot.setData(columns);
  };
  const size = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: PLOT_HEIGHT }));
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  const redraw = () => {
    colours = coloursOf(place);
    plot.redraw();
  };
  draw();
  size.observe(place);
  scheme.addEventListener('change', redraw);
  const stop = store.subscribe(({ series }, before) => {
    if (series !== before.series) draw();
  });
  return () => {
    stop();
    scheme.removeEventListener('change', redraw);
    size.disconnect();
    plot.destroy();
  };
}

/** To ask for them settles the page's styles: too dear for each drawing. */
function coloursOf(place: HTMLElement): PlotColours {
  const colourOf = (name: string | undefined) => {
    const sample = place.querySelector(`.${name}`);
    return sample === null ? 'gray' : getComputedStyle(sample).color;
  };
  return {
    received: colourOf(styles.received),
    sent: colourOf(styles.sent),
    text: colourOf(styles.text),
    line: colourOf(styles.line),
  };
}
