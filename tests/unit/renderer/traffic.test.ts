// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { EventOf, ResultOf } from '../../../electron/ipc/contract.ts';
import { niceTop, readOutText } from '../../../renderer/lib/rate-plot.ts';
import { appended, columnsOf, emptySeries, rowsOf, seriesOf } from '../../../renderer/lib/rate-series.ts';
import { answered, fakeTunnel, reached, refused, tunnelsEvent } from '../../support/fake-app.ts';
import { FakePlot } from './fake-plot.ts';
import { renderApp } from './rendered-app.tsx';

const main = () => within(screen.getByRole('main'));
const connected = [reached('admin'), tunnelsEvent([fakeTunnel('home', { state: 'connected' })])];

function second(atMs: number, rxBytes: number, txBytes: number): EventOf<'traffic'> {
  return { event: 'traffic', atMs, tunnels: [{ name: 'home', rxBytes, txBytes, latestHandshake: null }] };
}

function history(stepSeconds: number, steps: number): ResultOf<'traffic'> {
  return {
    stepSeconds,
    newestSeconds: stepSeconds,
    endsAt: Math.floor(Date.now() / 1_000),
    rxBytes: Array(steps).fill(1_000 * stepSeconds),
    txBytes: Array(steps).fill(null),
    session: { since: 1_700_000_000, rxBytes: 3 * 1_024 ** 2, txBytes: 1_024 },
    months: [{ month: '2026-11', rxBytes: 5 * 1_024 ** 3, txBytes: 0 }],
  };
}

describe('the rates', () => {
  it('are the bytes of a second in bits, by the clock of the helper', () => {
    const { tell } = renderApp(connected);
    tell(second(1_000, 0, 0));
    expect(main().getAllByText('–').length).toBeGreaterThanOrEqual(2); // one measurement has no rate
    tell(second(3_000, 250_000, 2_000));
    expect(main().getByText('1 Mbit/s')).toBeDefined();
    expect(main().getByText('8 kbit/s')).toBeDefined();
    expect(screen.getByText(/· ↓ 1 Mbit\/s$/)).toBeDefined();
  });

  it('are not known in the second in which an engine starts anew', () => {
    const { tell } = renderApp(connected);
    tell(second(1_000, 9_000_000, 0), second(2_000, 10_000_000, 0));
    expect(main().getByText('8 Mbit/s')).toBeDefined();
    tell(second(3_000, 500, 0));
    expect(main().queryByText(/bit\/s/)).toBeNull();
  });
});

describe('the graph', () => {
  const lastDrawn = () => FakePlot.latest?.drawn.at(-1);

  it('begins with what the helper kept, and goes on with each second', async () => {
    const { tell } = renderApp(connected, { handlers: { traffic: () => answered(history(1, 300)) } });
    await waitFor(() => expect(lastDrawn()?.[1]).toEqual(Array(300).fill(8_000)), { timeout: 8_000 });
    vi.setSystemTime(Date.now() + 1_000);
    tell(second(1_000, 0, 0), second(2_000, 500, 250));
    expect(lastDrawn()?.[1]).toHaveLength(300);
    expect(lastDrawn()?.[1]?.at(-1)).toBe(4_000);
    expect(lastDrawn()?.[2]?.at(-1)).toBe(2_000);
    vi.useRealTimers();
  });

  it('is not drawn while nobody sees it', async () => {
    const { tell } = renderApp(connected, { handlers: { traffic: () => answered(history(1, 300)) } });
    await waitFor(() => expect(lastDrawn()?.[1]).toHaveLength(300), { timeout: 8_000 });
    const drawn = FakePlot.latest?.drawn.length;
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    vi.setSystemTime(Date.now() + 1_000);
    tell(second(1_000, 0, 0), second(2_000, 500, 250));
    expect(FakePlot.latest?.drawn.length).toBe(drawn);
    hidden.mockRestore();
    vi.useRealTimers();
  });

  it('is not drawn again where only the totals are new', async () => {
    const { app } = renderApp(connected, { handlers: { traffic: () => answered(history(1, 300)) } });
    await waitFor(() => expect(lastDrawn()?.[1]).toHaveLength(300), { timeout: 8_000 });
    const drawn = FakePlot.latest?.drawn.length;
    app.handlers.traffic = () => answered({ ...history(1, 300), months: [] });
    fireEvent(document, new Event('visibilitychange'));
    await waitFor(() => expect(main().queryByText('November 2026')).toBeNull());
    expect(FakePlot.latest?.drawn.length).toBe(drawn);
  });

  it('goes back an hour or a day when it is told to', async () => {
    const { app } = renderApp(connected, {
      handlers: { traffic: ({ span }) => answered(history(span === '24h' ? 300 : 10, 288)) },
    });
    fireEvent.click(main().getByRole('radio', { name: '24 hours' }));
    await waitFor(() => expect(app.requestsOf('traffic').at(-1)).toEqual({ name: 'home', span: '24h' }));
    await waitFor(() => {
      const moments = lastDrawn()?.[0] ?? [];
      expect(Number(moments.at(-1)) - Number(moments[0])).toBe(287 * 300);
    });
  });

  it('has its numbers in a table, and the totals in another', async () => {
    renderApp(connected, { handlers: { traffic: () => answered(history(1, 300)) } });
    expect(await main().findByText('November 2026')).toBeDefined();
    expect(main().getByText('5.00 GiB')).toBeDefined();
    expect(main().getByText('3.00 MiB')).toBeDefined();
    const details = main().getByText('The graph as a table').closest('details')!;
    details.open = true;
    fireEvent(details, new Event('toggle'));
    const table = await waitFor(() => within(details).getByRole('table'));
    expect(within(table).getAllByRole('row')).toHaveLength(1 + 12);
    expect(within(table).getAllByText('8 kbit/s')).toHaveLength(12);
  });

  it.each([
    ['goes back', -3_600],
    ['jumps forward, which no gap in the counting is', 3_600],
  ])('is read anew where the clock %s', async (_, jump) => {
    const { app, tell } = renderApp(connected, { handlers: { traffic: () => answered(history(1, 300)) } });
    await waitFor(() => expect(lastDrawn()?.[1]).toHaveLength(300), { timeout: 8_000 });
    const asked = app.requestsOf('traffic').length;
    vi.setSystemTime(Date.now() + jump * 1_000);
    tell(second(1_000, 0, 0), second(2_000, 500, 250));
    const now = Math.floor(Date.now() / 1_000);
    await waitFor(() => expect(lastDrawn()?.[0]?.at(-1)).toBe(now));
    expect(lastDrawn()?.[1]).toEqual(Array(300).fill(8_000));
    expect(app.requestsOf('traffic')).toHaveLength(asked + 1);
    vi.useRealTimers();
  });

  it('says the rates of the place that somebody points at', async () => {
    renderApp(connected, { handlers: { traffic: () => answered(history(1, 300)) } });
    await waitFor(() => expect(lastDrawn()?.[1]).toHaveLength(300), { timeout: 8_000 });
    const readOut = () => main().getByRole('img').textContent;
    expect(readOut()).toBe('');
    FakePlot.latest?.point(7, 20);
    expect(readOut()).toMatch(/^\d+:\d\d:\d\d.* {3}↓ 8 kbit\/s {3}↑ –$/);
    FakePlot.latest?.point(null, -10);
    expect(readOut()).toBe('');
  });

  it('shows the past once it can be read after all', async () => {
    const { app } = renderApp(connected, { handlers: { traffic: () => refused('not counted') } });
    await main().findByText(/What went through before is not known/);
    app.handlers.traffic = () => answered(history(1, 300));
    fireEvent(document, new Event('visibilitychange'));
    await waitFor(() => expect(lastDrawn()?.[1]).toEqual(Array(300).fill(8_000)), { timeout: 8_000 });
  });

  it('says where nothing is known of the past', async () => {
    renderApp(connected, { handlers: { traffic: () => refused('not counted') } });
    expect(await main().findByText('What went through before is not known: not counted')).toBeDefined();
  });
});

describe('a series', () => {
  const series = emptySeries(1, 5, 100);
  const rate = { rx: 7, tx: 3 };

  it('covers with a measurement that comes late all the time since the last one', () => {
    expect(appended(series, 102.1, rate)).toMatchObject({ endsAt: 102, rx: [null, null, null, 7, 7] });
    expect(appended(series, 104, rate).tx).toEqual([null, 3, 3, 3, 3]);
  });

  it('waits for the next where one comes early', () => {
    expect(appended(series, 100.9, rate)).toBe(series);
  });

  it('has a moment for each step, at its end; of the one that runs, where it has come to', () => {
    const bytes = { rxBytes: [300, 100, 20], txBytes: [20, 40, null] };
    const columns = columnsOf(seriesOf({ stepSeconds: 10, newestSeconds: 4, endsAt: 504, ...bytes }));
    expect(columns).toEqual([
      [490, 500, 504],
      [240, 80, 40],
      [16, 32, null],
    ]);
  });

  it('is drawn after a gap from the beginning of the first step on, so that one step alone is a line', () => {
    const bytes = { rxBytes: [10, null, null, 30], txBytes: [null, null, null, 0] };
    const [, rx, tx] = columnsOf(seriesOf({ stepSeconds: 10, newestSeconds: 10, endsAt: 500, ...bytes }));
    expect([rx, tx]).toEqual([
      [8, null, 24, 24],
      [null, null, 0, 0],
    ]);
  });

  it('has rows of means without what nobody counted, the newest first', () => {
    const rx = [null, 2, 4, null, null, null];
    const rows = rowsOf({ stepSeconds: 1, newestSeconds: 1, endsAt: 60, rx, tx: [1, 1, 1, 1, 1, 5] }, 3);
    expect(rows).toEqual([
      { from: 58, rx: null, tx: 3 },
      { from: 56, rx: 4, tx: 1 },
      { from: 54, rx: 2, tx: 1 },
    ]);
  });

  it('has rows in which a step weighs as long as it has lasted', () => {
    const lengths = { stepSeconds: 10, newestSeconds: 2, endsAt: 62 };
    const rows = rowsOf({ ...lengths, rx: [5, 5, 1, 7], tx: [null, null, null, 3] }, 2);
    expect(rows).toEqual([
      { from: 50, rx: 2, tx: 3 },
      { from: 30, rx: 5, tx: null },
    ]);
  });

  it('is read out with the time of day alone where its steps are minutes', () => {
    const at = new Date(2026, 10, 21, 17, 35).getTime() / 1_000;
    const columns = columnsOf({ ...emptySeries(300, 2, at), rx: [1, 125_000], tx: [1, 0] });
    expect(readOutText(columns, 1, at).replaceAll('\u202f', ' ')).toBe('5:35 PM   ↓ 1 Mbit/s   ↑ 0 bit/s');
  });

  it.each([
    [null, 10_000],
    [12_000, 20_000],
    [60_000, 60_000],
    [81_000_000, 100_000_000],
  ])('of at most %s bit/s is drawn below %s', (most, top) => {
    expect(niceTop(most)).toBe(top);
  });
});
