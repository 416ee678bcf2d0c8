/** The whole window in jsdom, as main.tsx puts it together, over a fake app. */
import { I18nProvider } from '@lingui/react';
import { act, cleanup, configure, render } from '@testing-library/react';
import { afterEach, vi } from 'vitest';
import type { AppEvent } from '../../../electron/ipc/contract.ts';
import { listen } from '../../../renderer/api.ts';
import { activate, i18n } from '../../../renderer/lib/i18n.ts';
import { useAnnouncements } from '../../../renderer/store/announcements.ts';
import { useAppState } from '../../../renderer/store/app-state.ts';
import { useRefusal } from '../../../renderer/store/connection.ts';
import { useNavigation, viewOf } from '../../../renderer/store/navigation.ts';
import { onEvent } from '../../../renderer/store/on-event.ts';
import { watchState } from '../../../renderer/store/state-watch.ts';
import { useTraffic } from '../../../renderer/store/traffic.ts';
import { Window } from '../../../renderer/views/Window.tsx';
import { FAKE_SHELL, FakeApp, type Handlers } from '../../support/fake-app.ts';
import { FakePlot } from './fake-plot.ts';

vi.mock('uplot', () => ({ default: FakePlot })); // jsdom has no canvas
configure({ asyncUtilTimeout: 5_000 });
watchState();
afterEach(cleanup);

export interface RenderedApp {
  readonly app: FakeApp;
  tell(...events: AppEvent[]): void;
}

interface Options {
  /** What the app answers from the beginning. */
  readonly handlers?: Handlers;
  /** Of the window, in pixels. */
  readonly width?: number;
}

/** @param events what the app tells at once */
export function renderApp(events: readonly AppEvent[] = [], options: Options = {}): RenderedApp {
  const { handlers = {}, width = 1_000 } = options;
  const app = new FakeApp(handlers);
  const stores = [useAppState, useAnnouncements, useTraffic, useRefusal];
  for (const store of stores) (store as typeof useAppState).setState(store.getInitialState() as never, true);
  useAppState.setState({ shell: FAKE_SHELL });
  location.hash = '';
  useNavigation.setState({ view: viewOf('') });
  activate('en');
  vi.stubGlobal('wayfare', app);
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.stubGlobal('matchMedia', (query: string) => ({
    matches: query === '(max-width: 639px)' && width < 640,
    addEventListener() {},
    removeEventListener() {},
  }));
  listen(onEvent);
  const tell = (...told: AppEvent[]) =>
    act(() => {
      for (const event of told) app.tell(event);
    });
  for (const event of events) app.tell(event);
  render(
    <I18nProvider i18n={i18n}>
      <Window />
    </I18nProvider>,
  );
  return { app, tell };
}
