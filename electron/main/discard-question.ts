/** What a person is asked before a page goes whose text is not stored. */
import type { I18n } from '@lingui/core';
import type { MessageBoxSyncOptions } from 'electron';

/** The number of its button. */
export const DISCARD = 1;

export function discardQuestion(i18n: I18n): MessageBoxSyncOptions {
  return {
    type: 'question',
    title: 'Wayfare',
    message: i18n._('A tunnel’s text is not stored yet'),
    detail: i18n._('What you have changed would be lost.'),
    buttons: [i18n._('Go on editing'), i18n._('Discard the changes')],
    defaultId: 0,
    cancelId: 0,
    noLink: true,
  };
}
