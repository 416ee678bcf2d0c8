/** What a page is given as `window.wayfare`, over either shell's transport: every answer and event is checked first. */
import * as z from 'zod';
import {
  type Answer,
  answer,
  appEvent,
  type Failure,
  type RequestOf,
  type ResultOf,
  VERBS,
  type Verb,
  type WayfareApi,
} from '../ipc/contract.ts';

z.config({ jitless: true }); // the page's policy lets no text become code

export interface Transport {
  /** Rejects where the app cannot be reached. */
  request(verb: Verb, request: unknown): Promise<unknown>;
  listen(listener: (event: unknown) => void): void;
}

export function createBridge(transport: Transport): WayfareApi {
  return {
    async request<V extends Verb>(verb: V, request: RequestOf<V>): Promise<Answer<V>> {
      try {
        const raw = answer.parse(await transport.request(verb, request));
        return raw.ok ? { ok: true, result: VERBS[verb].result.parse(raw.result) as ResultOf<V> } : raw;
      } catch (error) {
        return { ok: false, error: error instanceof z.ZodError ? NOT_UNDERSTOOD : UNREACHABLE };
      }
    },
    listen: (listener) =>
      transport.listen((event) => {
        const parsed = appEvent.safeParse(event);
        if (parsed.success) listener(parsed.data);
      }),
  };
}

export const UNREACHABLE: Failure = {
  what: 'the app behind this page has ended',
  where: '',
  advice: 'start it again',
  coded: { code: 'app-ended' },
};
const NOT_UNDERSTOOD: Failure = {
  what: 'the app answered in a way this page does not know',
  where: '',
  advice: 'load the page again',
  coded: { code: 'app-of-other-version' },
};
