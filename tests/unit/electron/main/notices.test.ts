import { describe, expect, it } from 'vitest';
import { INITIAL_STATE } from '../../../../electron/main/desktop-state.ts';
import { isSettled, noticeOf } from '../../../../electron/main/notices.ts';
import { textsFor } from '../../../../electron/main/texts.ts';
import { tunnel, withTunnels } from '../desktop-states.ts';

const texts = textsFor('en', 'en');
const titleOf = (...[before, after]: [Parameters<typeof noticeOf>[0], Parameters<typeof noticeOf>[1]]) =>
  noticeOf(before, after, texts)?.title ?? null;

const up = tunnel('home', 'connected');
const silent = tunnel('home', 'connecting', { loss: 'no-answer' });

describe('a drop', () => {
  it('is_told_when_nobody_answers_any_more', () => {
    expect(noticeOf(withTunnels([up]), withTunnels([silent]), texts)).toEqual({
      title: 'home does not answer',
      body: 'It keeps trying.',
    });
  });

  it('says_that_nothing_leaves_beside_a_guarded_tunnel', () => {
    const notice = noticeOf(withTunnels([up]), withTunnels([{ ...silent, isGuarded: true }]), texts);
    expect(notice?.body).toBe('Nothing leaves this machine beside it.');
  });

  it.each([
    ['connected', up],
    ['reconnecting', silent],
  ])('says_why_when_a_tunnel_that_was_%s_ended', (_, before) => {
    expect(noticeOf(withTunnels([before]), withTunnels([tunnel('home', 'error')]), texts)).toEqual({
      title: 'home is not connected any more',
      body: 'no answer from 192.0.2.1:51820. What you do on the network is not protected by it now.',
    });
  });

  it('is_told_in_the_persons_language', () => {
    const notice = noticeOf(withTunnels([up]), withTunnels([silent]), textsFor('de', 'en'));
    expect(notice?.title).toBe('home antwortet nicht');
  });
});

describe('nothing is told', () => {
  it.each([
    ['a_person_disconnects', up, tunnel('home', 'disconnecting')],
    ['it_is_down_then', tunnel('home', 'disconnecting'), tunnel('home', 'disconnected')],
    ['a_person_connects', tunnel('home', 'disconnected'), tunnel('home', 'connecting')],
    ['it_is_connected_then', tunnel('home', 'connecting'), up],
    ['it_is_connected_again', silent, up],
    ['an_engine_is_replaced', up, tunnel('home', 'connecting', { loss: 'engine-died' })],
    ['nobody_has_called_yet', up, tunnel('home', 'connecting', { loss: 'not-called' })],
    ['it_cannot_be_connected_at_all', tunnel('home', 'connecting'), tunnel('home', 'error')],
    ['nothing_changes', silent, silent],
  ])('when_%s', (_, before, after) => {
    expect(titleOf(withTunnels([before]), withTunnels([after]))).toBeNull();
  });

  it('by_the_first_that_is_heard', () => {
    expect(titleOf(INITIAL_STATE, withTunnels([{ ...silent, isGuarded: true }]))).toBeNull();
    expect(titleOf(INITIAL_STATE, withTunnels([], { isClosed: true }))).toBeNull();
  });

  it('of_a_tunnel_that_is_new_or_gone', () => {
    expect(titleOf(withTunnels([]), withTunnels([silent]))).toBeNull();
    expect(titleOf(withTunnels([up]), withTunnels([]))).toBeNull();
  });
});

describe('a block', () => {
  const down = tunnel('home', 'disconnected');
  const closed = (...tunnels: Parameters<typeof withTunnels>[0]) => withTunnels(tunnels, { isClosed: true });

  it('is_told_when_nothing_leaves_and_no_tunnel_is_up', () => {
    expect(titleOf(withTunnels([down]), closed(down))).toBe('Nothing leaves this machine');
    expect(titleOf(closed(tunnel('home', 'connecting')), closed(tunnel('home', 'error')))).toBe(
      'Nothing leaves this machine',
    );
  });

  it('is_told_once', () => {
    expect(titleOf(closed(down), closed(tunnel('home', 'error')))).toBeNull();
  });

  it.each(['connecting', 'connected', 'disconnecting'] as const)('is_none_while_a_tunnel_is_%s', (state) => {
    expect(titleOf(withTunnels([down]), closed(tunnel('home', state)))).toBeNull();
  });
});

it('what_was_told_is_over_once_every_tunnel_is_as_it_should_be', () => {
  expect(isSettled(withTunnels([up, tunnel('work', 'disconnected')]))).toBe(true);
  expect(isSettled(withTunnels([silent]))).toBe(false);
  expect(isSettled(withTunnels([tunnel('home', 'error')]))).toBe(false);
  expect(isSettled(withTunnels([], { isClosed: true }))).toBe(false);
});
