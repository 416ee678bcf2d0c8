import { describe, expect, it } from 'vitest';
import { type DesktopState, INITIAL_STATE } from '../../../../electron/main/desktop-state.ts';
import { textsFor } from '../../../../electron/main/texts.ts';
import { iconFile, type TrayItem, trayModel } from '../../../../electron/tray/tray-model.ts';
import { FAILURE, tunnel, withTunnels } from '../desktop-states.ts';

const english = textsFor('en', 'en');
const UNREACHABLE = { kind: 'unreachable', error: FAILURE } as const;

const modelOf = (state: DesktopState) => trayModel(state, english);
const linesOf = (state: DesktopState) => modelOf(state).menu.map(lineOf);

function lineOf(item: TrayItem): string {
  if (item.kind === 'separator') return '—';
  return item.kind === 'text' ? `(${item.label})` : item.label;
}

describe('the icon', () => {
  it.each([
    ['disconnected', INITIAL_STATE],
    ['disconnected', withTunnels([])],
    ['disconnected', withTunnels([tunnel('home', 'disconnected')])],
    ['connecting', withTunnels([tunnel('home', 'connecting')])],
    ['connecting', withTunnels([tunnel('home', 'disconnecting')])],
    ['connecting', withTunnels([tunnel('home', 'connected'), tunnel('work', 'connecting')])],
    ['connected', withTunnels([tunnel('home', 'connected'), tunnel('work', 'disconnected')])],
    ['error', withTunnels([tunnel('home', 'connected'), tunnel('work', 'error')])],
    ['error', withTunnels([tunnel('home', 'disconnected')], { isClosed: true })],
    ['error', withTunnels([tunnel('home', 'connected')], { link: UNREACHABLE })],
  ] as const)('is_%s', (icon, state) => {
    expect(modelOf(state).icon).toBe(icon);
  });

  it('has_a_file_for_each_desktop', () => {
    expect(iconFile('connected', 'linux')).toBe('connected.png');
    expect(iconFile('connected', 'win32')).toBe('connected-16.png');
    expect(iconFile('connected', 'darwin')).toBe('connectedTemplate.png');
  });
});

describe('the menu', () => {
  it('offers_every_tunnel_that_is_down', () => {
    const state = withTunnels([tunnel('home', 'disconnected'), tunnel('work', 'disconnected')]);
    expect(linesOf(state)).toEqual([
      '(Disconnected)',
      '—',
      'Connect home',
      'Connect work',
      '—',
      'Open Wayfare',
      'Quit',
    ]);
  });

  it('tells_of_those_that_run_with_their_rate_and_says_that_they_stay', () => {
    const tunnels = [tunnel('home', 'connected'), tunnel('work', 'disconnected')];
    expect(linesOf(withTunnels(tunnels, { rate: { rx: 1_500_000, tx: 25_000 } }))).toEqual([
      '(home: Connected)',
      '(↓ 12 Mbit/s   ↑ 200 kbit/s)',
      'Disconnect home',
      '—',
      'Connect work',
      '—',
      'Open Wayfare',
      'Quit (tunnels stay connected)',
    ]);
  });

  it.each([
    ['connecting', null, 'Connecting…'],
    ['connecting', 'no-answer', 'Reconnecting…'],
    ['connecting', 'not-called', 'Connecting…'],
    ['disconnecting', null, 'Disconnecting…'],
    ['error', null, 'Not connected'],
  ] as const)('says_%s_with_%s_in_words_and_no_rate', (state, loss, words) => {
    const lines = linesOf(withTunnels([tunnel('home', state, { loss })], { rate: { rx: 1, tx: 1 } }));
    expect(lines[0]).toBe(`(home: ${words})`);
    expect(lines[1]).toBe('Disconnect home');
  });

  it('offers_to_try_again_after_an_error_and_to_release_it', () => {
    expect(linesOf(withTunnels([tunnel('home', 'error')]))).toEqual([
      '(home: Not connected)',
      'Disconnect home',
      '—',
      'Connect home',
      '—',
      'Open Wayfare',
      'Quit (tunnels stay connected)',
    ]);
  });

  it('says_that_nothing_leaves', () => {
    expect(linesOf(withTunnels([], { isClosed: true }))[0]).toBe('(Nothing leaves this machine)');
  });

  it('offers_nothing_that_needs_a_helper_which_is_not_there', () => {
    const state = withTunnels([tunnel('home', 'disconnected')], { link: UNREACHABLE });
    expect(linesOf(state)).toEqual(['(The helper is not reached)', '—', 'Open Wayfare', 'Quit']);
    expect(linesOf(INITIAL_STATE)).toEqual(['(Disconnected)', '—', 'Open Wayfare', 'Quit']);
  });

  it('offers_twelve_and_the_window_for_the_rest', () => {
    const tunnels = Array.from({ length: 200 }, (_, index) => tunnel(`t${index}`, 'disconnected'));
    const lines = linesOf(withTunnels(tunnels));
    expect(lines.filter((line) => line.startsWith('Connect '))).toHaveLength(12);
    expect(lines).toContain('188 more in the window…');
  });

  it.each([
    ['full for full', [tunnel('a', 'connected')], true, true],
    ['split for a full one', [tunnel('a', 'connected')], false, false],
    ['full for a split one', [tunnel('a', 'connected', { isFullTunnel: false })], true, false],
    [
      'full for both',
      [tunnel('a', 'connected'), tunnel('b', 'connected', { isFullTunnel: false })],
      true,
      false,
    ],
    ['full for nothing', [], true, false],
  ])('replaces_unasked_only_full_by_full: %s', (_, running, isFullTunnel, replace) => {
    const model = modelOf(withTunnels([...running, tunnel('work', 'disconnected', { isFullTunnel })]));
    const actions = model.menu.flatMap((item) => (item.kind === 'action' ? [item.action] : []));
    expect(actions).toContainEqual({ kind: 'connect', name: 'work', replace });
  });

  it('does_what_it_says', () => {
    const state = withTunnels([tunnel('home', 'connected'), tunnel('work', 'disconnected')]);
    const actions = modelOf(state).menu.flatMap((item) => (item.kind === 'action' ? [item.action] : []));
    expect(actions).toEqual([
      { kind: 'disconnect', name: 'home' },
      { kind: 'connect', name: 'work', replace: true },
      { kind: 'open' },
      { kind: 'quit' },
    ]);
  });

  it('speaks_the_persons_language', () => {
    const state = withTunnels([tunnel('home', 'connected')], { rate: { rx: 187_500, tx: 0 } });
    const { menu, tooltip } = trayModel(state, textsFor(null, 'de-AT'));
    expect(tooltip).toBe('Wayfare\nhome: Verbunden\n↓ 1,5 Mbit/s   ↑ 0 bit/s');
    expect(menu.map(lineOf)).toContain('home trennen');
  });
});
