/**
 * The languages. Texts stand in English where they are used, `i18n._('Connect')`; `npm run messages` collects them into
 * locales/, where translations are written.
 */
import { i18n } from '@lingui/core';
import type { AppSettings } from '../../electron/ipc/contract.ts';
import { messages as de } from '../locales/de.ts';
import { messages as en } from '../locales/en.ts';

export const LANGUAGE_NAMES = { en: 'English', de: 'Deutsch' } as const satisfies Record<
  NonNullable<AppSettings['language']>,
  string
>;

i18n.load({ en, de });
activate(null);

/** @param language null for the system's, English where that is none of ours */
export function activate(language: AppSettings['language']): void {
  const [system = 'en'] = navigator.language.split('-');
  const chosen = language ?? (system === 'de' ? 'de' : 'en');
  i18n.activate(chosen);
  document.documentElement.lang = chosen;
}

export { i18n };
