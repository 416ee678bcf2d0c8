import { describe, expect, it } from 'vitest';
import type { AppEvent, EventOf } from '../../../../electron/ipc/contract.ts';
import { advance, INITIAL_STATE } from '../../../../electron/main/desktop-state.ts';
import { tunnel } from '../desktop-states.ts';

function traffic(atMs: number, ...counts: [name: string, rx: number, tx: number][]): EventOf<'traffic'> {
  const tunnels = counts.map(([name, rxBytes, txBytes]) => ({
    name,
    rxBytes,
    txBytes,
    latestHandshake: null,
  }));
  return { event: 'traffic', atMs, tunnels };
}

const rateAfter = (...events: AppEvent[]) => events.reduce(advance, INITIAL_STATE).rate;

describe('the rate', () => {
  it('is_the_difference_of_two_counts_of_all_tunnels', () => {
    const rate = rateAfter(
      traffic(1_000, ['a', 100, 10], ['b', 0, 0]),
      traffic(3_000, ['a', 2_100, 30], ['b', 1_000, 0]),
    );
    expect(rate).toEqual({ rx: 1_500, tx: 10 });
  });

  it('is_none_with_the_first_count', () => {
    expect(rateAfter(traffic(1_000, ['a', 5_000, 5_000]))).toEqual({ rx: 0, tx: 0 });
  });

  it('is_none_for_a_tunnel_whose_engine_is_new', () => {
    expect(rateAfter(traffic(1_000, ['a', 5_000, 5]), traffic(2_000, ['a', 10, 10]))).toEqual({
      rx: 0,
      tx: 0,
    });
    expect(rateAfter(traffic(1_000), traffic(2_000, ['a', 10, 10]))).toEqual({ rx: 0, tx: 0 });
  });

  it('is_none_where_another_helper_counts_time', () => {
    expect(rateAfter(traffic(9_000, ['a', 0, 0]), traffic(1_000, ['a', 10, 10]))).toEqual({ rx: 0, tx: 0 });
  });
});

it('forgets_the_tunnels_of_a_helper_that_is_gone', () => {
  const tunnels = [tunnel('home', 'connected')];
  const known = advance(INITIAL_STATE, { event: 'tunnels', tunnels, lockdown: true, isClosed: true });
  const error = { what: 'gone', where: '', advice: '' };
  const link = { kind: 'unreachable', error } as const;
  expect(advance(known, { event: 'helper', link })).toEqual({ ...INITIAL_STATE, link });
});

it('keeps_the_last_of_each_event', () => {
  const tunnels = [tunnel('home', 'connected')];
  const state = (
    [
      { event: 'helper', link: { kind: 'reached', version: '1', role: 'admin' } },
      { event: 'tunnels', tunnels, lockdown: false, isClosed: true },
      { event: 'open-files', files: [], notTaken: [] },
    ] as const
  ).reduce<typeof INITIAL_STATE>((before, event) => advance(before, event as AppEvent), INITIAL_STATE);
  expect(state).toMatchObject({ link: { kind: 'reached' }, tunnels, isClosed: true });
});
