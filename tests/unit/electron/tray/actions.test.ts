import { expect, it } from 'vitest';
import type { AppHandlers } from '../../../../electron/app/dispatch.ts';
import { actOn } from '../../../../electron/tray/actions.ts';
import type { TrayAction } from '../../../../electron/tray/tray-model.ts';
import { Failure } from '../../../../helper/failure.ts';

/** @returns what was asked and done, in order */
async function done(action: TrayAction, failure: Failure | null = null): Promise<unknown[]> {
  const all: unknown[] = [];
  const answer = (verb: string) => async (request: unknown) => {
    all.push([verb, request]);
    if (failure !== null) throw failure;
  };
  const handlers = { up: answer('up'), down: answer('down') } as unknown as AppHandlers;
  actOn(action, { app: { handlers }, showWindow: () => all.push('show'), quit: () => all.push('quit') });
  await new Promise((resolve) => setImmediate(resolve));
  return all;
}

it('connects_and_takes_the_place_of_what_is_in_the_way', async () => {
  expect(await done({ kind: 'connect', name: 'home' })).toEqual([
    ['up', { name: 'home', timeoutSeconds: 30, replace: true }],
  ]);
});

it('disconnects_one_tunnel', async () => {
  expect(await done({ kind: 'disconnect', name: 'home' })).toEqual([['down', { name: 'home' }]]);
});

it('shows_the_window_where_that_fails', async () => {
  expect(await done({ kind: 'connect', name: 'home' }, new Failure('no'))).toHaveLength(2);
  expect(await done({ kind: 'disconnect', name: 'home' }, new Failure('no'))).toContain('show');
});

it('opens_and_quits_without_touching_a_tunnel', async () => {
  expect(await done({ kind: 'open' })).toEqual(['show']);
  expect(await done({ kind: 'quit' })).toEqual(['quit']);
});
