/** The app's connection to the helper, over a real socket. */
import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HelperLink } from '../../../../electron/app/helper-link.ts';
import type { HelperLink as LinkState } from '../../../../electron/ipc/contract.ts';
import type { HelperEvent } from '../../../../helper/ipc/contract.ts';
import { ManualClock, until } from '../../helper/fake-world.ts';
import { FakeHelper } from './fake-helper.ts';

let helper: FakeHelper;
let clock: ManualClock;
let stop: AbortController;
let link: HelperLink;
let ended: Promise<void>;
const states: LinkState[] = [];
const events: HelperEvent[] = [];

beforeEach(() => {
  helper = new FakeHelper();
  clock = new ManualClock();
  stop = new AbortController();
  states.length = 0;
  events.length = 0;
  link = new HelperLink(helper.socketPath, clock, {
    onLinkChange: (state) => states.push(state),
    onHelperEvent: (event) => events.push(event),
  });
});

afterEach(async () => {
  stop.abort();
  await ended;
  await helper.remove();
});

function run(): void {
  ended = link.run(stop.signal);
}

/** Resolves once what was asked before has been answered, and has had its consequences. */
async function answered(): Promise<void> {
  await link.request('status', { name: null });
  await new Promise((resolve) => setImmediate(resolve));
}

/** In words, such as `unreachable: the helper is not running`. */
function told(): string[] {
  return states.map((state) =>
    state.kind === 'unreachable' ? `unreachable: ${state.error.what}` : state.kind,
  );
}

it('says_the_version_and_the_role_of_the_helper_it_reached', async () => {
  await helper.start();
  run();
  await until(() => link.state.kind === 'reached');
  expect(states).toEqual([{ kind: 'reached', version: '1.2.3', role: 'admin' }]);
});

it('says_once_that_there_is_no_helper_and_tries_again_each_second', async () => {
  run();
  await until(() => clock.sleeperCount === 1);
  for (let second = 0; second < 3; second++) {
    clock.advance(999);
    expect(clock.sleeperCount).toBe(1);
    clock.advance(1);
    await until(() => clock.sleeperCount === 1);
  }
  expect(told()).toEqual(['unreachable: the helper is not running']);
  await helper.start();
  clock.advance(1_000);
  await until(() => link.state.kind === 'reached');
});

it('reaches_the_helper_again_that_was_killed', async () => {
  await helper.start();
  run();
  await until(() => link.state.kind === 'reached');
  await helper.stop();
  await until(() => link.state.kind === 'unreachable');
  await helper.start();
  clock.advance(1_000);
  await until(() => link.state.kind === 'reached');
  expect(told()).toEqual(['reached', 'unreachable: the helper ended the connection', 'reached']);
});

it('passes_on_what_the_helper_tells_and_subscribes_again_after_it_was_away', async () => {
  await helper.start();
  run();
  for (let time = 1; time <= 2; time++) {
    await until(() => helper.countOf('subscribe') === time);
    helper.tell({ event: 'tunnel-removed', name: `t${time}`, newName: null });
    await until(() => events.length === time);
    await helper.stop();
    await until(() => link.state.kind === 'unreachable' && clock.sleeperCount === 1);
    await helper.start();
    clock.advance(1_000);
  }
  expect(events.map((event) => 'name' in event && event.name)).toEqual(['t1', 't2']);
});

it('calls_a_helper_that_hangs_unreachable', async () => {
  helper.answers.hello = () => new Promise(() => {});
  await helper.start();
  run();
  await until(() => helper.countOf('hello') === 1);
  clock.advance(10_000);
  await until(() => link.state.kind === 'unreachable');
  expect(told()).toEqual(['unreachable: the helper does not answer']);
  await until(() => helper.clientCount === 0);
});

it('calls_a_helper_unreachable_that_hangs_after_it_was_reached', async () => {
  await helper.start();
  run();
  await until(() => helper.countOf('subscribe') === 1);
  await answered();
  clock.advance(5_000);
  await until(() => helper.countOf('hello') === 2);
  await answered();
  helper.answers.hello = () => new Promise(() => {});
  clock.advance(5_000);
  await until(() => helper.countOf('hello') === 3);
  clock.advance(10_000);
  await until(() => helper.clientCount === 0);
  expect(told()).toEqual(['reached', 'unreachable: the helper does not answer']);
});

it('fails_a_request_in_the_words_that_say_why_there_is_no_helper', async () => {
  await expect(link.request('list', {})).rejects.toThrow('the helper is not reached yet');
  run();
  await until(() => link.state.kind === 'unreachable');
  await expect(link.request('list', {})).rejects.toMatchObject({
    parts: { what: 'the helper is not running', coded: { code: 'helper-not-running' } },
  });
});

it('fails_what_is_being_asked_when_the_helper_dies', async () => {
  helper.answers.up = () => new Promise(() => {});
  await helper.start();
  run();
  await until(() => link.state.kind === 'reached');
  const up = link.request('up', { name: 'home', timeoutSeconds: 30, replace: false, detached: false });
  const failed = expect(up).rejects.toThrow('the helper ended the connection');
  await until(() => helper.countOf('up') === 1);
  await helper.stop();
  await failed;
});

it('says_that_what_answers_is_no_helper', async () => {
  writeFileSync(helper.socketPath, '');
  run();
  await until(() => link.state.kind === 'unreachable');
  expect(told()).toEqual(['unreachable: the helper is not running']);
});

it('hangs_up_at_once_when_the_app_ends', async () => {
  await helper.start();
  run();
  await until(() => link.state.kind === 'reached');
  stop.abort();
  await ended;
  await until(() => helper.clientCount === 0);
  expect(told()).toEqual(['reached']);
});
