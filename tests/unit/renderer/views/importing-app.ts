/** The app behind the page, without a helper: it parses as the real one does, and keeps what is imported. */
import { inspect } from '../../../../electron/app/inspect.ts';
import type { Failure, RequestOf, Verb } from '../../../../electron/ipc/contract.ts';
import { digestOf } from '../../../../helper/tunnel/digest.ts';
import { useAppState } from '../../../../renderer/store/app-state.ts';
import { answered, FakeApp } from '../../../support/fake-app.ts';
import { tunnelStatusOf } from '../../../support/tunnel-status.ts';

export interface ImportingApp {
  readonly imported: { name: string | null; text: string }[];
  readonly edited: RequestOf<'edit'>[];
  readonly reconnected: RequestOf<'reconnect'>[];
  /** Of the stored tunnels. */
  config: string;
  /** Names that it refuses to store. */
  readonly refused: Map<string, Failure>;
  /** Names whose text it does not give. */
  readonly unreadable: Map<string, Failure>;
}

const MEANWHILE = { what: 'the tunnel was changed meanwhile', where: '', advice: '' };
export const GENERATED_KEY = 'GENERATEDxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0=';

/** As for an administrator, beside these stored tunnels. */
export function installImportingApp(stored: readonly string[] = []): ImportingApp {
  const app: ImportingApp = {
    imported: [],
    edited: [],
    reconnected: [],
    config: '',
    refused: new Map(),
    unreadable: new Map(),
  };
  const handlers: Partial<Record<Verb, (request: never) => unknown>> = {
    inspect: ({ fileName, content }: RequestOf<'inspect'>) =>
      inspect(fileName, Buffer.from(content, 'base64')),
    import: ({ name, content }: RequestOf<'import'>) => {
      const failure = app.refused.get(name ?? '');
      if (failure !== undefined) throw failure;
      app.imported.push({ name, text: Buffer.from(content, 'base64').toString() });
      return {};
    },
    export: ({ name }: RequestOf<'export'>) => {
      const failure = app.unreadable.get(name);
      if (failure !== undefined) throw failure;
      return { config: app.config, digest: digestOf(app.config) };
    },
    edit: (request: RequestOf<'edit'>) => {
      const failure = app.refused.get(request.newName);
      if (failure !== undefined) throw failure;
      if (request.base !== null && request.base !== digestOf(app.config))
        throw { ...MEANWHILE, coded: { code: 'tunnel-changed', tunnel: request.name } };
      app.edited.push(request);
      app.config = Buffer.from(request.content, 'base64').toString();
      return { digest: digestOf(app.config) };
    },
    reconnect: (request: RequestOf<'reconnect'>) => {
      app.reconnected.push(request);
      return { outcome: 'connected' };
    },
    generateKey: () => ({ privateKey: GENERATED_KEY, publicKey: `public of ${GENERATED_KEY}` }),
    publicKey: ({ privateKey }: RequestOf<'publicKey'>) => ({ publicKey: `public of ${privateKey}` }),
  };
  const answers = Object.entries(handlers).map(([verb, handler]) => [
    verb,
    (request: never) => {
      try {
        return answered(handler(request));
      } catch (error) {
        return { ok: false, error };
      }
    },
  ]);
  const api = new FakeApp(Object.fromEntries(answers));
  // jsdom has no layout: the window is a wide one.
  window.matchMedia = () => Object.assign(new EventTarget(), { matches: false }) as MediaQueryList;
  Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
  Object.defineProperty(window, 'wayfare', { value: api, configurable: true });
  useAppState.setState({
    link: { kind: 'reached', version: '0', role: 'admin' },
    tunnels: stored.map((name) => tunnelStatusOf(name)),
  });
  return app;
}
