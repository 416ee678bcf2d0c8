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
  actOn(action, {
    app: { handlers },
    showWindow: (tunnel) => all.push(['show', tunnel]),
    quit: () => all.push('quit'),
  });
  await new Promise((resolve) => setImmediate(resolve));
  return all;
}

it.each([true, false])('connects_and_takes_the_place_of_others: %s', async (replace) => {
  expect(await done({ kind: 'connect', name: 'home', replace })).toEqual([
    ['up', { name: 'home', timeoutSeconds: 30, replace }],
  ]);
});

it('disconnects_one_tunnel', async () => {
  expect(await done({ kind: 'disconnect', name: 'home' })).toEqual([['down', { name: 'home' }]]);
});

it('shows_the_window_at_that_tunnel_where_it_fails', async () => {
  const connect = { kind: 'connect', name: 'home', replace: false } as const;
  for (const action of [connect, { kind: 'disconnect', name: 'home' } as const])
    expect((await done(action, new Failure('no'))).at(-1)).toEqual(['show', 'home']);
});

it('opens_and_quits_without_touching_a_tunnel', async () => {
  expect(await done({ kind: 'open' })).toEqual([['show', undefined]]);
  expect(await done({ kind: 'quit' })).toEqual(['quit']);
});
