// @vitest-environment jsdom
import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { EventOf, ResultOf } from '../../../electron/ipc/contract.ts';
import { niceTop } from '../../../renderer/lib/rate-plot.ts';
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

  it('is read anew where the clock goes back', async () => {
    const { app, tell } = renderApp(connected, { handlers: { traffic: () => answered(history(1, 300)) } });
    await waitFor(() => expect(lastDrawn()?.[1]).toHaveLength(300), { timeout: 8_000 });
    const asked = app.requestsOf('traffic').length;
    vi.setSystemTime(Date.now() - 3_600_000);
    tell(second(1_000, 0, 0), second(2_000, 500, 250));
    await waitFor(() => expect(lastDrawn()?.[0]?.at(-1)).toBeLessThanOrEqual(Date.now() / 1_000));
    expect(app.requestsOf('traffic')).toHaveLength(asked + 1);
    vi.useRealTimers();
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

  it('covers a measurement that comes late, and leaves a gap where none came', () => {
    expect(appended(series, 102.1, rate)).toMatchObject({ endsAt: 102, rx: [null, null, null, 7, 7] });
    expect(appended(series, 104, rate).rx).toEqual([null, null, null, null, 7]);
    expect(appended(series, 9_999, rate)).toMatchObject({ endsAt: 9_999, tx: [null, null, null, null, 3] });
  });

  it('waits for the next where one comes early', () => {
    expect(appended(series, 100.9, rate)).toBe(series);
  });

  it('has a moment for each step, the last one at its end', () => {
    const columns = columnsOf(
      seriesOf({ stepSeconds: 10, endsAt: 500, rxBytes: [null, 100], txBytes: [20, 40] }),
    );
    expect(columns).toEqual([
      [490, 500],
      [null, 80],
      [16, 32],
    ]);
  });

  it('has rows of means without what nobody counted, the newest first', () => {
    const rx = [null, 2, 4, null, null, null];
    const rows = rowsOf({ stepSeconds: 1, endsAt: 60, rx, tx: [1, 1, 1, 1, 1, 5] }, 3);
    expect(rows).toEqual([
      { from: 58, rx: null, tx: 3 },
      { from: 56, rx: 4, tx: 1 },
      { from: 54, rx: 2, tx: 1 },
    ]);
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
