// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { strangerRefused } from '../../../helper/ipc/authorize.ts';
import { activate } from '../../../renderer/lib/i18n.ts';
import { useAppState } from '../../../renderer/store/app-state.ts';
import { show } from '../../../renderer/store/navigation.ts';
import {
  FAKE_SHELL,
  fakeTunnel,
  reached,
  refused,
  tunnelsEvent,
  unreachable,
} from '../../support/fake-app.ts';
import { renderApp } from './rendered-app.tsx';

const NARROW = 400;
const main = () => within(screen.getByRole('main'));
const running = fakeTunnel('home', { state: 'connected', isGuarded: true });
const list = () => within(screen.getByRole('navigation', { name: 'Tunnels' }));

describe('without tunnels', () => {
  it('offers to import one or to create one', () => {
    renderApp([reached('admin'), tunnelsEvent([])]);
    expect(main().getByRole('link', { name: 'Import a tunnel' }).getAttribute('href')).toBe('#/import');
    expect(main().getByRole('link', { name: 'Create one' }).getAttribute('href')).toBe('#/new');
  });

  it('tells an operator who can add one', () => {
    renderApp([reached('operator'), tunnelsEvent([])]);
    expect(main().getByText(/administrator of this machine has to add one/)).toBeDefined();
    expect(main().queryByRole('link')).toBeNull();
  });
});

describe('while the helper is not there', () => {
  it('says that it is connecting', () => {
    renderApp([]);
    expect(main().getByRole('heading', { name: 'Connecting to the helper…' })).toBeDefined();
  });

  it('says why and what to do, and nothing of the state that the tunnels had', async () => {
    const { tell } = renderApp([reached('admin'), tunnelsEvent([running])]);
    expect(list().getByText('Connected')).toBeDefined();
    tell(unreachable('the helper is not running', 'start it'));
    expect(main().getByText('the helper is not running')).toBeDefined();
    expect(main().getByText('What to do: start it')).toBeDefined();
    expect(screen.queryByText('Connected')).toBeNull();
    expect(list().getByText('State unknown')).toBeDefined();
    expect(list().getByRole('switch', { name: 'Connect home' })).toHaveProperty('disabled', true);
    expect(document.title).not.toContain('Connected');
  });

  it('knows no state yet when the helper is there again, until it is told', () => {
    const { tell } = renderApp([reached('admin'), tunnelsEvent([running])]);
    tell(unreachable('the helper is not running', ''), reached('admin'));
    expect(screen.queryByText('Connected')).toBeNull();
    tell(tunnelsEvent([running]));
    expect(list().getByText('Connected')).toBeDefined();
  });
});

describe('a failure that has a code', () => {
  it('is said in the language of the window, also where that changes meanwhile', () => {
    const advice = "start it with 'sudo npx wayfare helper'";
    renderApp([unreachable('the helper is not running', advice, { code: 'helper-not-running' })]);
    expect(main().getByText('The helper is not running.')).toBeDefined();
    act(() => activate('de'));
    expect(main().getByText('Der Helfer läuft nicht.')).toBeDefined();
    expect(main().getByText(/von einem Administrator dieses Rechners starten/)).toBeDefined();
    expect(screen.getByRole('main').textContent).not.toMatch(/sudo|not running/);
  });

  it('is said so where a tunnel failed', () => {
    const error = {
      cause: 'resolve-endpoints',
      what: 'the name of an endpoint does not exist',
      where: 'tunnel home at vpn.example',
      advice: 'check its spelling',
      coded: { code: 'no-such-name', host: 'vpn.example' },
    } as const;
    renderApp([reached('admin'), tunnelsEvent([fakeTunnel('home', { state: 'error', error })])]);
    act(() => activate('de'));
    expect(main().getByText('Den Namen vpn.example gibt es nicht.')).toBeDefined();
    expect(main().getByText(/prüfe, wie sein Endpunkt geschrieben ist/)).toBeDefined();
    expect(screen.getByRole('main').textContent).not.toMatch(/tunnel home at|spelling/);
  });
});

describe('where there is no room beside the list', () => {
  it('says in its place that the helper is not there', () => {
    const { tell } = renderApp([reached('admin'), tunnelsEvent([running])], { width: NARROW });
    tell(unreachable('the helper is not running', 'start it'));
    expect(main().getByRole('heading', { level: 1, name: 'The helper is not reached' })).toBeDefined();
    expect(screen.queryByText('home')).toBeNull();
  });

  it('offers in its place to import a first tunnel', () => {
    renderApp([reached('admin'), tunnelsEvent([])], { width: NARROW });
    expect(main().getByRole('link', { name: 'Import a tunnel' })).toBeDefined();
  });

  it('says above it that the machine is closed', () => {
    renderApp([reached('admin'), tunnelsEvent([fakeTunnel('home')], { isClosed: true })], { width: NARROW });
    expect(main().getByRole('button', { name: 'Open the network' })).toBeDefined();
  });
});

describe('the list', () => {
  const many = Array.from({ length: 12 }, (_, index) => fakeTunnel(`site-${index + 1}`));

  it('is sorted as people count', () => {
    renderApp([reached('admin'), tunnelsEvent([fakeTunnel('b-10'), fakeTunnel('b-9'), fakeTunnel('A')])]);
    expect(
      list()
        .getAllByRole('link')
        .map(({ title }) => title),
    ).toEqual(['A', 'b-9', 'b-10']);
  });

  it('can be searched once it is long', () => {
    const { tell } = renderApp([reached('admin'), tunnelsEvent(many.slice(0, 8))]);
    expect(screen.queryByRole('searchbox')).toBeNull();
    tell(tunnelsEvent(many));
    fireEvent.change(screen.getByRole('searchbox', { name: 'Search tunnels' }), {
      target: { value: 'TE-12' },
    });
    expect(
      list()
        .getAllByRole('link')
        .map(({ title }) => title),
    ).toEqual(['site-12']);
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: 'nowhere' } });
    expect(list().getByText('No tunnel has this in its name')).toBeDefined();
  });

  it('is one stop for the keyboard, with arrows within', () => {
    renderApp([reached('admin'), tunnelsEvent(many)]);
    const links = list().getAllByRole('link');
    expect(links.filter(({ tabIndex }) => tabIndex === 0)).toEqual([links[0]]);
    links[0]?.focus();
    fireEvent.keyDown(links[0]!, { key: 'ArrowDown' });
    expect(document.activeElement).toBe(links[1]);
    expect(links.filter(({ tabIndex }) => tabIndex === 0)).toEqual([links[1]]);
    fireEvent.keyDown(links[1]!, { key: 'End' });
    expect(document.activeElement).toBe(links[11]);
    fireEvent.keyDown(links[11]!, { key: 'ArrowDown' });
    expect(document.activeElement).toBe(links[11]);
  });

  it('connects and disconnects by Ctrl+Enter', async () => {
    const { app } = renderApp([reached('admin'), tunnelsEvent([running, fakeTunnel('office')])]);
    const [home, office] = list().getAllByRole('link');
    office?.focus();
    fireEvent.keyDown(office!, { key: 'Enter', ctrlKey: true });
    home?.focus();
    fireEvent.keyDown(home!, { key: 'Enter', ctrlKey: true });
    await waitFor(() => expect(app.requestsOf('down')).toEqual([{ name: 'home' }]));
    expect(app.requestsOf('up')).toMatchObject([{ name: 'office', replace: true }]);
  });
});

describe('what is shown', () => {
  it('is the tunnel that runs, where none was chosen', () => {
    renderApp([reached('admin'), tunnelsEvent([fakeTunnel('aaa'), running])]);
    expect(main().getByRole('heading', { level: 1, name: 'home' })).toBeDefined();
  });

  it('is the view that the address names, with a way to each', async () => {
    renderApp([reached('admin'), tunnelsEvent([running])]);
    const links = within(screen.getByRole('navigation', { name: 'Wayfare' })).getAllByRole('link');
    expect(links.map((link) => link.getAttribute('href'))).toEqual([
      '#/import',
      '#/split',
      '#/settings',
      '#/logs',
      '#/about',
    ]);
    show({ kind: 'about' });
    expect(await screen.findByRole('heading', { level: 1, name: 'About Wayfare' })).toBeDefined();
    show({ kind: 'tunnel', name: 'nowhere' });
    expect(await screen.findByRole('heading', { level: 1, name: 'There is no such tunnel' })).toBeDefined();
  });

  it('is no error for an address that a person mistyped', async () => {
    renderApp([reached('admin'), tunnelsEvent([running])]);
    location.hash = '#/tunnel/%zz';
    expect(await screen.findByText('%zz has been removed or renamed.')).toBeDefined();
  });

  it('is either the list or a view where both have no room, and the keyboard comes along', async () => {
    renderApp([reached('admin'), tunnelsEvent([running])], { width: NARROW });
    expect(main().getByRole('heading', { level: 1, name: 'Tunnels' })).toBeDefined();
    show({ kind: 'tunnel', name: 'home' });
    const heading = await screen.findByRole('heading', { level: 1, name: 'home' });
    expect(screen.queryByRole('heading', { name: 'Tunnels' })).toBeNull();
    expect(document.activeElement).toBe(heading);
    expect(main().getByRole('link', { name: 'All tunnels' }).getAttribute('href')).toBe('#/tunnels');
  });
});

describe('an operator', () => {
  it('sees what only administrators can change, and why', async () => {
    const { app } = renderApp([reached('operator'), tunnelsEvent([fakeTunnel('home')])]);
    app.handlers.up = () => refused('no');
    const allowLan = main().getByRole('switch', { name: 'Allow the local network' });
    expect(allowLan).toHaveProperty('disabled', true);
    expect(main().getAllByText(/Only administrators can change this/)).toHaveLength(2);
    fireEvent.click(main().getByRole('button', { name: 'Connect' }));
    await waitFor(() => expect(app.requestsOf('up')).toHaveLength(1));
  });

  it('finds the menu barred, and the reason in it', async () => {
    renderApp([reached('operator'), tunnelsEvent([fakeTunnel('home')])]);
    const menu = screen.getByRole('button', { name: 'More for this tunnel' });
    fireEvent.keyDown(menu, { key: 'Enter' });
    const items = await screen.findAllByRole('menuitem');
    expect(items.map((item) => item.getAttribute('aria-disabled'))).toEqual(['true', 'true', 'true', 'true']);
    expect(within(screen.getByRole('menu')).getByText(/members of the group wayfare-admin/)).toBeDefined();
  });

  it.each(['import', 'new', 'edit/home'])('is told who may, in place of #/%s', async (hash) => {
    renderApp([reached('operator'), tunnelsEvent([fakeTunnel('home')])]);
    location.hash = `#/${hash}`;
    expect(await screen.findByRole('heading', { level: 1, name: 'For administrators' })).toBeDefined();
  });
});

describe('a tunnel that failed and keeps the network closed', () => {
  const failed = fakeTunnel('home', { state: 'error', isGuarded: true });
  const banner = /home failed and keeps the network closed/;

  it('is told of in every view but its own', async () => {
    const { app } = renderApp([reached('operator'), tunnelsEvent([failed], { isClosed: true })]);
    expect(main().queryByText(banner)).toBeNull();
    show({ kind: 'about' });
    expect(await main().findByText(banner)).toBeDefined();
    expect(main().getByRole('link', { name: 'What happened' }).getAttribute('href')).toBe('#/tunnel/home');
    fireEvent.click(main().getByRole('button', { name: 'Disconnect' }));
    await waitFor(() => expect(app.requestsOf('down')).toEqual([{ name: 'home' }]));
  });

  it('is told of above the list where that stands alone', () => {
    renderApp([reached('operator'), tunnelsEvent([failed], { isClosed: true })], { width: NARROW });
    expect(main().getByText(banner)).toBeDefined();
  });
});

it('tells a person who may not use the helper how to be let in, and offers no installation', () => {
  const { tell } = renderApp([]);
  act(() => useAppState.setState({ shell: { ...FAKE_SHELL, canInstallHelper: true } }));
  const { what, advice, coded } = strangerRefused('').parts;
  tell(unreachable(what, advice, coded));
  expect(main().getByText(/administrator of this machine has to add you/)).toBeDefined();
  expect(main().queryByText(/usermod/)).toBeNull();
  expect(main().queryByRole('button')).toBeNull();
});

describe('a machine that is closed without a tunnel', () => {
  it('says so, and opens it when told to', async () => {
    const { app } = renderApp([reached('operator'), tunnelsEvent([fakeTunnel('home')], { isClosed: true })]);
    expect(main().getByText(/a kill switch of an earlier connection is still closed/)).toBeDefined();
    fireEvent.click(main().getByRole('button', { name: 'Open the network' }));
    await waitFor(() => expect(app.requestsOf('down')).toEqual([{ name: null }]));
  });

  it('is as it should be in a lockdown', () => {
    const closed = { isClosed: true, lockdown: true };
    renderApp([reached('operator'), tunnelsEvent([fakeTunnel('home')], closed)]);
    expect(main().getByText(/Lockdown is on/)).toBeDefined();
    expect(main().queryByRole('button', { name: 'Open the network' })).toBeNull();
  });
});
