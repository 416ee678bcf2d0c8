import { I18nProvider } from '@lingui/react';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ask, listen } from './api.ts';
import { activate, i18n } from './lib/i18n.ts';
import { attempt } from './store/announcements.ts';
import { onAppEvent, useAppState } from './store/app-state.ts';
import { startClock, tick } from './store/clock.ts';
import { onStartFailed } from './store/connection.ts';
import { onOpenFiles } from './store/import-queue.ts';
import { watchState } from './store/state-watch.ts';
import { onTraffic } from './store/traffic.ts';
import './theme.css';
import { Window } from './views/Window.tsx';

const nonce = document.querySelector<HTMLMetaElement>('meta[name=csp-nonce]')?.content ?? '';
setNonce(nonce); // of the dialogs' own style elements

useAppState.subscribe(({ settings }, before) => {
  if (settings === null || settings === before.settings) return;
  activate(settings.language);
  document.documentElement.dataset.theme = settings.theme;
});

watchState();
startClock();
listen((event) => {
  onAppEvent(event);
  if (event.event === 'traffic') {
    onTraffic(event);
    tick();
  }
  if (event.event === 'open-files') onOpenFiles(event);
  if (event.event === 'start-failed') onStartFailed(event);
});
void attempt(ask('hello', {})).then((hello) => {
  if (hello !== null) useAppState.setState({ shell: hello.shell });
});

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <I18nProvider i18n={i18n}>
      <Window />
    </I18nProvider>
  </StrictMode>,
);
