/** The few texts outside the page: of the tray, the menu and the notifications. Collected by `npm run messages`. */
import { type I18n, setupI18n } from '@lingui/core';
import type { AppSettings } from '../ipc/contract.ts';
import { messages as de } from '../locales/de.ts';
import { messages as en } from '../locales/en.ts';

/** @param systemLocale such as `de-AT`; English where it is none of ours */
export function textsFor(language: AppSettings['language'], systemLocale: string): I18n {
  const ofSystem = systemLocale.split('-')[0] === 'de' ? 'de' : 'en';
  return setupI18n({ locale: language ?? ofSystem, messages: { de, en } });
}
