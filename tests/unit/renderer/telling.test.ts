// @vitest-environment jsdom
import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { shortened } from '../../../renderer/lib/shortened.ts';
import { fakeTunnel, reached, tunnelsEvent, unreachable } from '../../support/fake-app.ts';
import { renderApp } from './rendered-app.tsx';

const down = fakeTunnel('home');
const connected = fakeTunnel('home', { state: 'connected' });
const failed = fakeTunnel('home', {
  state: 'error',
  error: { cause: 'handshake', what: 'nobody answers', where: '', advice: '' },
});
const polite = () => screen.getAllByRole('status').map(({ textContent }) => textContent);
const alarm = () => screen.getByRole('alert').textContent;

describe('a screen reader', () => {
  it('hears a tunnel connect, and not what it was before', () => {
    const { tell } = renderApp([reached('admin'), tunnelsEvent([down])]);
    expect(polite()).not.toContain('home: Disconnected');
    tell(tunnelsEvent([connected]));
    expect(polite()).toContain('home: Connected');
    expect(alarm()).toBe('');
  });

  it('is interrupted for a failure, with its cause', () => {
    const { tell } = renderApp([reached('admin'), tunnelsEvent([connected])]);
    tell(tunnelsEvent([failed]));
    expect(alarm()).toBe('home: Not connected. nobody answers');
  });

  it('is interrupted for the same failure again', () => {
    const { tell } = renderApp([reached('admin'), tunnelsEvent([connected])]);
    tell(tunnelsEvent([failed]));
    tell(tunnelsEvent([fakeTunnel('home', { state: 'connecting' })]));
    expect(alarm()).toBe('');
    tell(tunnelsEvent([failed]));
    expect(alarm()).toBe('home: Not connected. nobody answers');
  });

  it('is interrupted when the helper goes away, once', () => {
    const { tell } = renderApp([reached('admin'), tunnelsEvent([connected])]);
    tell(unreachable('the helper ended', ''));
    expect(alarm()).toBe('the helper ended');
  });

  it('hears nothing of a tunnel that only moves its bytes', () => {
    const { tell } = renderApp([reached('admin'), tunnelsEvent([connected])]);
    const before = polite();
    tell(tunnelsEvent([{ ...connected, rxBytes: 7 }]));
    expect(polite()).toEqual(before);
  });
});

it('has the state in the title of the window', () => {
  const { tell } = renderApp([reached('admin'), tunnelsEvent([down])]);
  tell(tunnelsEvent([down, fakeTunnel('lab')]));
  expect(document.title).toBe('Disconnected – Wayfare');
  tell(tunnelsEvent([connected, fakeTunnel('lab')]));
  expect(document.title).toBe('home: Connected – Wayfare');
});

it.each([
  ['markup', '<img src=x onerror="globalThis.ran=1"><b>bold</b>'],
  ['an override of direction', '\u202Eevil\u2066'],
  ['10,000 characters', 'W'.repeat(10_000)],
])('shows %s as text wherever it comes from', (_, text) => {
  const hostile = fakeTunnel(text, {
    state: 'error',
    addresses: [text],
    dns: [text],
    interface: text,
    error: { cause: 'set-dns', what: text, where: text, advice: text },
    peers: [{ ...connected.peers[0]!, endpoint: text }],
  });
  renderApp([reached('admin'), tunnelsEvent([hostile])]);
  const main = screen.getByRole('main');
  expect(main.querySelectorAll('img, b')).toHaveLength(0);
  expect(Reflect.has(globalThis, 'ran')).toBe(false);
  const shown = within(main).getAllByText(shortened(text), { collapseWhitespace: false });
  expect(shown.length).toBeGreaterThanOrEqual(7);
  // Each keeps its direction to itself.
  expect(shown.every((each) => each.tagName === 'BDI' || each.dir === 'auto')).toBe(true);
});
