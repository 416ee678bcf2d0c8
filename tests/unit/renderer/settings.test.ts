// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it, vi } from 'vitest';
import type { AppSettings, EventOf, LogEntry } from '../../../electron/ipc/contract.ts';
import { useAppState } from '../../../renderer/store/app-state.ts';
import {
  answered,
  FAKE_SHELL,
  fakeSplitTunnel,
  fakeTunnel,
  type Handlers,
  reached,
  refused,
  tunnelsEvent,
} from '../../support/fake-app.ts';
import { renderApp } from './rendered-app.tsx';

const settings: AppSettings = { theme: 'system', language: null, autostart: false, connectAtStart: 'old' };
const told: EventOf<'settings'> = { event: 'settings', settings };
const events = [reached('admin'), tunnelsEvent([fakeTunnel('home')]), told];

async function open(hash: string, heading: string, handlers: Handlers = {}) {
  const rendered = renderApp(events, { handlers });
  location.hash = hash;
  await screen.findByRole('heading', { level: 1, name: heading });
  return rendered;
}

describe('the settings', () => {
  it('change one thing and leave the others', async () => {
    const { app } = await open('#/settings', 'Settings');
    app.handlers.changeSettings = () => answered({});
    fireEvent.change(screen.getByRole('combobox', { name: 'Theme' }), { target: { value: 'dark' } });
    fireEvent.change(screen.getByRole('combobox', { name: 'Connect at start' }), { target: { value: '' } });
    await waitFor(() =>
      expect(app.requestsOf('changeSettings')).toEqual([{ theme: 'dark' }, { connectAtStart: null }]),
    );
  });

  it('name the tunnel that is connected at start though it is no more', async () => {
    await open('#/settings', 'Settings');
    const choice = within(screen.getByRole('combobox', { name: 'Connect at start' }));
    expect(choice.getAllByRole('option').map(({ textContent }) => textContent)).toEqual([
      'No tunnel',
      'old (is no more)',
      'home',
    ]);
  });

  it('show the start with the desktop where there is one', async () => {
    await open('#/settings', 'Settings');
    expect(screen.queryByRole('switch', { name: 'Start with the desktop' })).toBeNull();
    useAppState.setState({ shell: { ...FAKE_SHELL, hasAutostart: true } });
    expect(await screen.findByRole('switch', { name: 'Start with the desktop' })).toBeDefined();
  });

  it('follow the desktop: its tray as it comes and goes, and its own list of what it starts', async () => {
    const { tell } = await open('#/settings', 'Settings');
    act(() => useAppState.setState({ shell: { ...FAKE_SHELL, hasAutostart: true } }));
    const autostart = () => screen.getByRole('switch', { name: 'Start with the desktop' });
    expect(screen.getByText(/opens its window after you log in/)).toBeDefined();
    tell(
      { event: 'desktop', hasTray: true },
      { event: 'settings', settings: { ...settings, autostart: true } },
    );
    expect(screen.getByText('Wayfare waits in the tray after you log in.')).toBeDefined();
    expect(autostart().getAttribute('aria-checked')).toBe('true');
    tell({ event: 'desktop', hasTray: false }, told);
    expect(screen.getByText(/opens its window after you log in/)).toBeDefined();
    expect(autostart().getAttribute('aria-checked')).toBe('false');
  });

  it('turn lockdown on and off only after saying what it means', async () => {
    const { app, tell } = await open('#/settings', 'Settings');
    app.handlers.lockdown = () => answered({});
    fireEvent.click(screen.getByRole('switch', { name: 'Lockdown' }));
    const dialog = within(await screen.findByRole('alertdialog'));
    expect(dialog.getByText(/has no network unless a tunnel is connected/)).toBeDefined();
    expect(app.requestsOf('lockdown')).toEqual([]);
    fireEvent.click(dialog.getByRole('button', { name: 'Turn on' }));
    await waitFor(() => expect(app.requestsOf('lockdown')).toEqual([{ isOn: true }]));
    tell(tunnelsEvent([fakeTunnel('home')], { lockdown: true, isClosed: true }));
    fireEvent.click(await screen.findByRole('switch', { name: 'Lockdown' }));
    expect(app.requestsOf('lockdown')).toHaveLength(1);
    fireEvent.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Turn off' }));
    await waitFor(() => expect(app.requestsOf('lockdown')).toEqual([{ isOn: true }, { isOn: false }]));
  });
});

describe('a tunnel’s own settings', () => {
  it('ask before they open a kill switch that is closed', async () => {
    const guarded = fakeTunnel('home', { state: 'connected', isGuarded: true });
    const { app } = renderApp([reached('admin'), tunnelsEvent([guarded], { isClosed: true })]);
    app.handlers.set = () => answered({});
    const choice = screen.getByRole('combobox', { name: 'Kill switch' });
    fireEvent.change(choice, { target: { value: 'on' } });
    fireEvent.change(choice, { target: { value: 'off' } });
    fireEvent.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Turn off' }));
    await waitFor(() =>
      expect(app.requestsOf('set')).toEqual([
        { name: 'home', killSwitch: 'on', allowLan: null },
        { name: 'home', killSwitch: 'off', allowLan: null },
      ]),
    );
  });

  it('ask before a tunnel for a part of the traffic goes back to automatic, which opens it', async () => {
    const guarded = fakeSplitTunnel('home', ['10.0.0.0/8'], {
      state: 'connected',
      killSwitch: 'on',
      isGuarded: true,
    });
    const { app } = renderApp([reached('admin'), tunnelsEvent([guarded], { isClosed: true })]);
    fireEvent.change(screen.getByRole('combobox', { name: 'Kill switch' }), {
      target: { value: 'automatic' },
    });
    fireEvent.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Turn off' }));
    await waitFor(() => expect(app.requestsOf('set')).toMatchObject([{ killSwitch: 'automatic' }]));
  });

  it('remove it once that is confirmed, and only while it is down', async () => {
    const { app, tell } = renderApp(events);
    app.handlers.remove = () => answered({});
    fireEvent.keyDown(screen.getByRole('button', { name: 'More for this tunnel' }), { key: 'Enter' });
    fireEvent.click(await screen.findByRole('menuitem', { name: 'Remove…' }));
    const dialog = within(await screen.findByRole('alertdialog', { name: 'Remove home?' }));
    fireEvent.click(dialog.getByRole('button', { name: 'Remove' }));
    await waitFor(() => expect(app.requestsOf('remove')).toEqual([{ name: 'home' }]));
    tell(tunnelsEvent([fakeTunnel('lab', { state: 'connected' })]));
    await waitFor(() => expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('lab'));
    fireEvent.keyDown(screen.getByRole('button', { name: 'More for this tunnel' }), { key: 'Enter' });
    const item = await screen.findByRole('menuitem', { name: 'Remove…' });
    expect(item.getAttribute('aria-disabled')).toBe('true');
  });
});

describe('the log', () => {
  const entry = (level: LogEntry['level'], message: string, rest = {}): LogEntry => ({
    time: '2026-11-21T20:00:00.000Z',
    level,
    message,
    ...rest,
  });
  const entries = [
    entry('info', 'tunnel is connected', { tunnel: 'home' }),
    entry('warning', 'the rules stand again'),
    entry('error', 'the firewall rules are gone', { reason: 'EBUSY' }),
  ];
  const shown = () =>
    within(screen.getByRole('region', { name: 'Entries' }))
      .queryAllByRole('listitem')
      .map((each) => each.textContent);

  it('is filtered by level and by what is in it, its fields too', async () => {
    await open('#/logs', 'Logs', { logs: () => answered({ entries }) });
    await waitFor(() => expect(shown()).toHaveLength(3));
    fireEvent.change(screen.getByRole('combobox', { name: 'Least level' }), { target: { value: 'warning' } });
    expect(shown()).toHaveLength(2);
    fireEvent.change(screen.getByRole('searchbox', { name: 'Search the log' }), {
      target: { value: 'ebusy' },
    });
    expect(shown()).toHaveLength(1);
    expect(shown()[0]).toContain('the firewall rules are gone');
  });

  it('is asked for every few seconds while it is followed and seen, and not otherwise', async () => {
    vi.useFakeTimers({ shouldAdvanceTime: true });
    const { app } = await open('#/logs', 'Logs', { logs: () => answered({ entries }) });
    await waitFor(() => expect(shown()).toHaveLength(3));
    const asked = () => app.requestsOf('logs').length;
    await act(() => vi.advanceTimersByTimeAsync(2_000));
    const first = asked();
    await act(() => vi.advanceTimersByTimeAsync(30_000));
    expect(asked() - first).toBeGreaterThanOrEqual(9);
    expect(asked() - first).toBeLessThanOrEqual(11);
    const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
    await act(() => vi.advanceTimersByTimeAsync(30_000));
    const unseen = asked();
    hidden.mockRestore();
    fireEvent(document, new Event('visibilitychange'));
    expect(asked()).toBe(unseen + 1);
    fireEvent.click(screen.getByRole('switch', { name: 'Follow' }));
    const last = asked();
    await act(() => vi.advanceTimersByTimeAsync(30_000));
    expect(asked()).toBe(last);
    vi.useRealTimers();
  });

  it('says why it cannot be read, and keeps what was', async () => {
    const { app } = await open('#/logs', 'Logs', { logs: () => answered({ entries }) });
    await waitFor(() => expect(shown()).toHaveLength(3));
    app.handlers.logs = () => refused('it is gone');
    expect(await screen.findByText('The log cannot be read: it is gone')).toBeDefined();
    expect(shown()).toHaveLength(3);
  });

  it('is saved as a file, as it is filtered', async () => {
    const saved: Blob[] = [];
    vi.stubGlobal(
      'URL',
      Object.assign(URL, {
        createObjectURL: (blob: Blob) => saved.push(blob) && 'blob:x',
        revokeObjectURL() {},
      }),
    );
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => {});
    await open('#/logs', 'Logs', { logs: () => answered({ entries }) });
    await waitFor(() => expect(shown()).toHaveLength(3));
    fireEvent.change(screen.getByRole('combobox', { name: 'Least level' }), { target: { value: 'error' } });
    fireEvent.click(screen.getByRole('button', { name: 'Save as a file' }));
    expect(saved).toHaveLength(1);
    expect(saved[0]?.size).toBe(
      '2026-11-21T20:00:00.000Z error the firewall rules are gone reason=EBUSY\n'.length,
    );
  });
});
