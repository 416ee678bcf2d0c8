/** The contract over Electron's messages: each is answered only to the main frame of our own page. */
import type { IpcMain, IpcMainInvokeEvent, WebContents } from 'electron';
import type { App } from '../app/app.ts';
import { dispatch } from '../app/dispatch.ts';
import { EVENT, LISTEN, REQUEST } from '../ipc/channels.ts';
import { isOurFrame } from './security.ts';

type Served = Pick<App, 'handlers' | 'listen'>;

export class PageServer {
  readonly #app: Served;
  /** The pages that hear the events, and what ends that. */
  readonly #listening = new Map<WebContents, () => void>();
  /** Whose end is waited for. */
  readonly #known = new WeakSet<WebContents>();

  constructor(app: Served, ipc: Pick<IpcMain, 'handle'>) {
    this.#app = app;
    ipc.handle(REQUEST, (event, verb: unknown, request: unknown) => {
      requireOurPage(event);
      return dispatch(verb, request, app.handlers);
    });
    ipc.handle(LISTEN, (event) => {
      requireOurPage(event);
      this.#listen(event.sender);
    });
  }

  #listen(page: WebContents): void {
    this.#end(page);
    this.#listening.set(
      page,
      this.#app.listen((event) => page.send(EVENT, event)),
    );
    this.#watch(page);
  }

  #watch(page: WebContents): void {
    if (this.#known.has(page)) return;
    this.#known.add(page);
    page.on('destroyed', () => this.#end(page));
    page.on('render-process-gone', () => this.#end(page));
    // Another document takes its place, such as itself after a reload, and asks again.
    page.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
      if (isMainFrame && !isSameDocument) this.#end(page);
    });
  }

  #end(page: WebContents): void {
    this.#listening.get(page)?.();
    this.#listening.delete(page);
  }
}

/** @throws for anybody else: what asks there is no page of ours, and needs no words */
function requireOurPage({ senderFrame }: IpcMainInvokeEvent): void {
  if (!isOurFrame(senderFrame)) throw new Error('refused');
}
