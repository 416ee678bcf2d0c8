import { I18nProvider } from '@lingui/react';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ask, listen } from './api.ts';
import { activate, i18n } from './lib/i18n.ts';
import { attempt } from './store/announcements.ts';
import { useAppState } from './store/app-state.ts';
import { startClock } from './store/clock.ts';
import { onEvent } from './store/on-event.ts';
import { watchState } from './store/state-watch.ts';
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
listen(onEvent);
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
