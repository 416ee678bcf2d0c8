/** Shows a notice on the desktop, one at a time, and none to somebody who looks at the window. */
import type { I18n } from '@lingui/core';
import type { Notification, NotificationConstructorOptions } from 'electron';
import type { DesktopState } from './desktop-state.ts';
import { isSettled, type Notice, noticeOf } from './notices.ts';

export type ShownNotification = Pick<Notification, 'show' | 'close' | 'on'>;

export interface NotificationsOptions {
  readonly create: (options: NotificationConstructorOptions) => ShownNotification;
  readonly isWindowFocused: () => boolean;
  readonly onClick: () => void;
}

export class Notifications {
  readonly #options: NotificationsOptions;
  /** Kept: one that is collected as garbage does not hear its click. */
  #last: ShownNotification | null = null;

  constructor(options: NotificationsOptions) {
    this.#options = options;
  }

  onChange(before: DesktopState, after: DesktopState, i18n: I18n): void {
    const notice = noticeOf(before, after, i18n);
    if (notice !== null) this.#show(notice);
    else if (isSettled(after)) this.#withdraw();
  }

  #show({ title, body }: Notice): void {
    const { create, isWindowFocused, onClick } = this.#options;
    if (isWindowFocused()) return;
    this.#withdraw();
    this.#last = create({ title, body });
    this.#last.on('click', onClick);
    this.#last.show();
  }

  /** What it said is over. */
  #withdraw(): void {
    this.#last?.close();
    this.#last = null;
  }
}
