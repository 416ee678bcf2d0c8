// @vitest-environment jsdom
import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { activate } from '../../../renderer/lib/i18n.ts';
import {
  answered,
  fakeSplitTunnel,
  fakeTunnel,
  reached,
  refused,
  tunnelsEvent,
} from '../../support/fake-app.ts';
import { renderApp } from './rendered-app.tsx';

const view = () => within(screen.getByRole('main'));
const button = (name: string) => view().getByRole('button', { name });
const up = (name: string) => fakeTunnel(name, { state: 'connected', isGuarded: true, interface: name });

/** An answer that a test gives when it likes. */
function pending<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((resolves) => {
    resolve = resolves;
  });
  return { promise, resolve };
}

describe('the button of a tunnel', () => {
  it('connects, and takes nobody else down for it', async () => {
    const { app } = renderApp([reached('admin'), tunnelsEvent([fakeTunnel('home')])]);
    fireEvent.click(button('Connect'));
    await waitFor(() =>
      expect(app.requestsOf('up')).toEqual([{ name: 'home', timeoutSeconds: 30, replace: false }]),
    );
  });

  it('cancels while it connects, and the attempt that ends so is no failure', async () => {
    const { app, tell } = renderApp([reached('admin'), tunnelsEvent([fakeTunnel('home')])]);
    const attempt = pending<ReturnType<typeof refused>>();
    app.handlers.up = () => attempt.promise;
    app.handlers.down = () => answered({ names: ['home'], hasOpened: false, leftovers: [] });
    fireEvent.click(button('Connect'));
    tell(tunnelsEvent([fakeTunnel('home', { state: 'connecting' })]));
    fireEvent.click(button('Cancel'));
    attempt.resolve(refused('it was cancelled'));
    tell(tunnelsEvent([fakeTunnel('home')]));
    await screen.findByRole('button', { name: 'Connect' });
    expect(app.requestsOf('down')).toEqual([{ name: 'home' }]);
    expect(screen.queryByText('it was cancelled')).toBeNull();
  });

  it('is not pressed twice by a double click', () => {
    const { app, tell } = renderApp([reached('admin'), tunnelsEvent([fakeTunnel('home')])]);
    fireEvent.click(button('Connect'), { detail: 1 });
    tell(tunnelsEvent([fakeTunnel('home', { state: 'connecting' })]));
    fireEvent.click(button('Cancel'), { detail: 2 });
    expect(app.requestsOf('down')).toEqual([]);
  });

  it('says which tunnel for all traffic it switches from, and replaces it', async () => {
    const { app } = renderApp([reached('admin'), tunnelsEvent([up('home'), fakeTunnel('office')])]);
    location.hash = '#/tunnel/office';
    fireEvent.click(await screen.findByRole('button', { name: 'Switch from home' }));
    await waitFor(() => expect(app.requestsOf('up')).toMatchObject([{ name: 'office', replace: true }]));
  });

  it('lets the other end that does not answer be left while it tries again', () => {
    const lost = fakeTunnel('home', { state: 'connecting', loss: 'no-answer' });
    renderApp([reached('admin'), tunnelsEvent([lost])]);
    expect(button('Disconnect')).toBeDefined();
    expect(view().getByText(/no longer answers/)).toBeDefined();
  });
});

describe('a refusal for the sake of another tunnel', () => {
  const events = [
    reached('admin'),
    tunnelsEvent([
      fakeSplitTunnel('lab', ['10.0.0.0/8'], { state: 'connected' }),
      fakeSplitTunnel('office', ['10.1.0.0/16']),
      fakeSplitTunnel('garden', ['192.168.7.0/24'], { state: 'connected' }),
    ]),
  ];

  it('says what the helper says, and replaces those that are in the way when told to', async () => {
    const { app } = renderApp(events);
    app.handlers.up = ({ replace }) =>
      replace
        ? answered({ outcome: 'connected' })
        : refused('its allowed IPs meet those of lab, which is up');
    fireEvent.click(screen.getByRole('switch', { name: 'Connect office' }));
    const dialog = within(await screen.findByRole('alertdialog'));
    expect(dialog.getByText(/meet those of lab/)).toBeDefined();
    expect(dialog.queryByText(/garden/)).toBeNull();
    fireEvent.click(dialog.getByRole('button', { name: 'Replace' }));
    await waitFor(() => expect(app.requestsOf('up').map(({ replace }) => replace)).toEqual([false, true]));
  });

  it('is said in the language of the window', async () => {
    const { app } = renderApp(events);
    act(() => activate('de'));
    app.handlers.up = () =>
      refused('its allowed IPs meet those of lab, which is up', {
        advice: 'take that down first: wayfare down lab',
        coded: { code: 'allowed-ips-taken', tunnel: 'office', other: 'lab', prefix: '10.1.0.0/16' },
      });
    fireEvent.click(screen.getByRole('switch', { name: /office/ }));
    const dialog = await screen.findByRole('alertdialog');
    expect(dialog.textContent).toContain(
      'Die erlaubten IPs von office überschneiden sich bei 10.1.0.0/16 mit denen von lab, der verbunden ist.',
    );
    expect(dialog.textContent).not.toMatch(/which is up|wayfare down/);
  });

  it('leaves all as it is when it is declined', async () => {
    const { app } = renderApp(events);
    app.handlers.up = () => refused('its allowed IPs meet those of lab, which is up');
    fireEvent.click(screen.getByRole('switch', { name: 'Connect office' }));
    fireEvent.click(within(await screen.findByRole('alertdialog')).getByRole('button', { name: 'Cancel' }));
    await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull());
    expect(app.requestsOf('up')).toHaveLength(1);
  });
});

describe('a kill switch that has no successor', () => {
  const office = fakeTunnel('office', { killSwitch: 'off' });

  it('is said to open before it does', async () => {
    const { app } = renderApp([reached('admin'), tunnelsEvent([up('home'), office])]);
    app.handlers.up = () => refused('its allowed IPs meet those of home, which is up');
    fireEvent.click(screen.getByRole('switch', { name: /^Connect office/ }));
    const dialog = within(await screen.findByRole('alertdialog'));
    expect(dialog.getByText(/The kill switch of home opens: office has none/)).toBeDefined();
    expect(app.requestsOf('up')).toMatchObject([{ replace: false }]);
  });

  it('is no matter in a lockdown', async () => {
    const { app } = renderApp([reached('admin'), tunnelsEvent([up('home'), office], { lockdown: true })]);
    fireEvent.click(screen.getByRole('switch', { name: /^Connect office/ }));
    await waitFor(() => expect(app.requestsOf('up')).toMatchObject([{ replace: true }]));
  });
});

describe('a tunnel that failed', () => {
  const error = {
    cause: 'handshake',
    what: 'no authenticated packet came back',
    where: '192.0.2.1:51820',
    advice: 'check the endpoint',
  } as const;

  it('says what happened, where and what to do, and lets it be tried again', async () => {
    const { app } = renderApp([
      reached('admin'),
      tunnelsEvent([fakeTunnel('home', { state: 'error', error })]),
    ]);
    expect(view().getByText(error.what)).toBeDefined();
    expect(view().getByText(/while the other end was called/).textContent).toContain(error.where);
    expect(view().getByText(error.advice)).toBeDefined();
    fireEvent.click(button('Try again'));
    await waitFor(() => expect(app.requestsOf('up')).toHaveLength(1));
  });

  it('says that nothing leaves while it is guarded, and how to open the network', async () => {
    const { app } = renderApp([
      reached('operator'),
      tunnelsEvent([fakeTunnel('home', { state: 'error', error, isGuarded: true })], { isClosed: true }),
    ]);
    expect(view().getByText(/Nothing leaves this machine until you disconnect/)).toBeDefined();
    fireEvent.click(button('Disconnect and open the network'));
    await waitFor(() => expect(app.requestsOf('down')).toEqual([{ name: 'home' }]));
  });

  it('opens no network in a lockdown, and does not say so', () => {
    const failed = fakeTunnel('home', { state: 'error', error, isGuarded: true });
    renderApp([reached('operator'), tunnelsEvent([failed], { isClosed: true, lockdown: true })]);
    expect(view().getByText(/lockdown is on/)).toBeDefined();
    expect(view().queryByText(/until you disconnect:|open the network/)).toBeNull();
    expect(button('Disconnect')).toBeDefined();
  });

  it('is told by its own state, and not in passing as well', async () => {
    const { app, tell } = renderApp([reached('admin'), tunnelsEvent([fakeTunnel('home')])]);
    const attempt = pending<ReturnType<typeof refused>>();
    app.handlers.up = () => attempt.promise;
    fireEvent.click(button('Connect'));
    tell(tunnelsEvent([fakeTunnel('home', { state: 'connecting' })]));
    tell(tunnelsEvent([fakeTunnel('home', { state: 'error', error })]));
    attempt.resolve(refused(error.what));
    await attempt.promise;
    expect(view().getByText(error.what)).toBeDefined();
    expect(within(screen.getByRole('region', { name: /Messages/ })).queryByText(error.what)).toBeNull();
  });
});

it('says in passing why the tunnel of the start was not connected', async () => {
  const { tell } = renderApp([reached('admin'), tunnelsEvent([fakeTunnel('home')])]);
  tell({
    event: 'start-failed',
    name: 'home',
    error: {
      what: 'the helper is stopping',
      where: '',
      advice: 'start it again',
      coded: { code: 'all-traffic-taken', other: 'lab' },
    },
  });
  const messages = within(screen.getByRole('region', { name: /Messages/ }));
  expect(
    await messages.findByText(/^home was not connected at start: Only one tunnel .* lab is/),
  ).toBeDefined();
  expect(messages.getByText('Disconnect lab first.')).toBeDefined();
  tell({ event: 'start-failed', name: 'lab', error: null });
  expect(await messages.findByText('lab was not connected at start: it is no more')).toBeDefined();
});

it('says in passing why an attempt was not even begun', async () => {
  const { app } = renderApp([reached('admin'), tunnelsEvent([fakeTunnel('home')])]);
  app.handlers.up = () => refused('the helper is stopping', { advice: 'start it again' });
  fireEvent.click(button('Connect'));
  const messages = within(screen.getByRole('region', { name: /Messages/ }));
  expect(await messages.findByText('the helper is stopping')).toBeDefined();
  fireEvent.click(messages.getByRole('button', { name: 'Dismiss' }));
  await waitFor(() => expect(messages.queryByText('the helper is stopping')).toBeNull());
});
