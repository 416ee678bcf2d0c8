/**
 * What the app answers to its page, in both shells: one schema a verb and a union of events, as helper/ipc/contract.ts
 * for the helper. The app checks each request, the bridge before the page (electron/preload) each answer and event.
 * What the helper serves keeps the helper's own schema. Times are Unix seconds, sizes bytes, keys base64.
 */
import * as z from 'zod';
import { failureParts } from '../../helper/coded-failure.ts';
import { VERBS as HELPER_VERBS } from '../../helper/ipc/contract.ts';
import { logEntry } from '../../helper/logs/entry.ts';

const nothing = z.strictObject({});

export const THEMES = ['system', 'light', 'dark'] as const;
export const LANGUAGES = ['en', 'de'] as const;

const appSettings = z.strictObject({
  theme: z.enum(THEMES),
  /** Null: as the system has it. */
  language: z.enum(LANGUAGES).nullable(),
  /** The app starts with the desktop, in the tray. */
  autostart: z.boolean(),
  /** The tunnel that is connected when the app starts. */
  connectAtStart: z.string().nullable(),
});

const { theme, language, autostart, connectAtStart } = appSettings.shape;
/** What is left out stays as it is. */
const changedSettings = z.strictObject({
  theme: z.exactOptional(theme),
  language: z.exactOptional(language),
  autostart: z.exactOptional(autostart),
  connectAtStart: z.exactOptional(connectAtStart),
});

/** The desktop itself has it, or not: a control for what is not there is not shown. */
const shell = z.strictObject({
  kind: z.enum(['electron', 'browser']),
  /** Of the app, and of what it runs on. */
  versions: z.array(z.strictObject({ name: z.string(), version: z.string() })),
  platform: z.enum(['linux', 'darwin', 'win32']),
  /** Whether it can start with the desktop. */
  hasAutostart: z.boolean(),
  /** Whether the app can install the helper, with a question for the administrator's password. */
  canInstallHelper: z.boolean(),
});

/** As the engine has it (engine/sentence.ts): a page looks the template up among its messages. */
const sentence = z.strictObject({
  template: z.string(),
  get values() {
    return z.record(z.string(), z.union([z.string(), sentence]));
  },
});

/** A place in a `.conf`, for the editor and the preview. Lines from 1. */
const diagnostic = z.strictObject({
  severity: z.enum(['error', 'warning']),
  line: z.int().min(1).nullable(),
  /** In English. */
  message: z.string(),
  /** The same for other languages, where there are any. */
  sentence: sentence.nullable(),
});

/** What the parser found in a `.conf`, before anything is stored. */
const inspection = z.strictObject({
  /** The name that it would get, taken or not. */
  name: z.string(),
  /** Null where the text is no config: the diagnostics say why. */
  summary: z
    .strictObject({
      ...HELPER_VERBS.import.result.pick({ addresses: true, dns: true, peers: true, hooks: true }).shape,
      publicKey: z.string().nullable(),
      /** Whether all traffic of a family goes into it. */
      isFullTunnel: z.boolean(),
    })
    .nullable(),
  diagnostics: z.array(diagnostic),
});

export const VERBS = {
  /** The first question of a page. */
  hello: { request: nothing, result: z.strictObject({ shell }) },
  /** It goes on where the app ends. */
  up: { ...HELPER_VERBS.up, request: HELPER_VERBS.up.request.omit({ detached: true }) },
  reconnect: {
    ...HELPER_VERBS.reconnect,
    request: HELPER_VERBS.reconnect.request.omit({ detached: true }),
  },
  down: HELPER_VERBS.down,
  /** Parses, and stores nothing. */
  inspect: {
    request: z.strictObject({
      fileName: z.string().max(255),
      content: HELPER_VERBS.import.request.shape.content,
    }),
    result: inspection,
  },
  import: HELPER_VERBS.import,
  export: HELPER_VERBS.export,
  edit: HELPER_VERBS.edit,
  remove: HELPER_VERBS.remove,
  set: HELPER_VERBS.set,
  lockdown: HELPER_VERBS.lockdown,
  traffic: HELPER_VERBS.traffic,
  logs: {
    request: z.strictObject({ limit: z.int().min(1).max(1_000) }),
    result: z.strictObject({ entries: z.array(logEntry) }),
  },
  generateKey: {
    request: nothing,
    result: z.strictObject({ privateKey: z.string(), publicKey: z.string() }),
  },
  /** Of a private key in the editor; null where that is none. */
  publicKey: {
    request: z.strictObject({ privateKey: z.string().max(100) }),
    result: z.strictObject({ publicKey: z.string().nullable() }),
  },
  changeSettings: { request: changedSettings, result: nothing },
  /** Asks for the administrator's password, installs the service and waits until it answers. */
  installHelper: { request: nothing, result: nothing },
} as const satisfies Record<string, { request: z.ZodType; result: z.ZodType }>;

export type Verb = keyof typeof VERBS;
export type RequestOf<V extends Verb> = z.output<(typeof VERBS)[V]['request']>;
export type ResultOf<V extends Verb> = z.output<(typeof VERBS)[V]['result']>;

export function isVerb(text: string): text is Verb {
  return Object.hasOwn(VERBS, text);
}

/** Not thrown: an error loses its class on the way to the page. */
export const answer = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), result: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: failureParts }),
]);
export type RawAnswer = z.output<typeof answer>;
export type Answer<V extends Verb> =
  | { readonly ok: true; readonly result: ResultOf<V> }
  | { readonly ok: false; readonly error: Failure };

const helperLink = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('connecting') }),
  z.strictObject({ kind: z.literal('reached'), ...HELPER_VERBS.hello.result.shape }),
  /** It is tried again each second. */
  z.strictObject({ kind: z.literal('unreachable'), error: failureParts }),
]);

const statusResult = HELPER_VERBS.status.result;

/** Whoever listens hears the present state first: one event each of `helper`, `tunnels`, `settings` and `desktop`. */
export const appEvent = z.discriminatedUnion('event', [
  z.strictObject({ event: z.literal('helper'), link: helperLink }),
  /** All of them, whenever one has changed, and every few seconds while one runs. */
  statusResult.extend({ event: z.literal('tunnels') }),
  /** Once a second while a tunnel runs. Totals since its engine started; `atMs` is for differences alone. */
  z.strictObject({
    event: z.literal('traffic'),
    atMs: z.number(),
    tunnels: z.array(
      z.strictObject({
        name: z.string(),
        rxBytes: z.int().min(0),
        txBytes: z.int().min(0),
        latestHandshake: z.int().min(0).nullable(),
      }),
    ),
  }),
  /** Also when they were changed elsewhere, such as `autostart` in the desktop's own settings. */
  z.strictObject({ event: z.literal('settings'), settings: appSettings }),
  /** The tunnel that is connected when the app starts was not, and its state does not tell why. Null: it is no more. */
  z.strictObject({ event: z.literal('start-failed'), name: z.string(), error: failureParts.nullable() }),
  /** Whether the app has a tray at the moment: the desktop's panel comes and goes. */
  z.strictObject({ event: z.literal('desktop'), hasTray: z.boolean() }),
  /** Files that were opened with the app: to be previewed. Why one is not taken is said in the person's language. */
  z.strictObject({
    event: z.literal('open-files'),
    files: z.array(z.strictObject({ fileName: z.string(), content: z.base64() })),
    notTaken: z.array(z.strictObject({ fileName: z.string(), reason: z.string() })),
  }),
]);

export type AppEvent = z.output<typeof appEvent>;
export type EventOf<E extends AppEvent['event']> = Extract<AppEvent, { event: E }>;
export type OpenedFiles = Omit<EventOf<'open-files'>, 'event'>;
export type Failure = z.output<typeof failureParts>;
export type AppSettings = z.output<typeof appSettings>;
/** The desktop itself keeps what starts with it. */
export type StoredSettings = Omit<AppSettings, 'autostart'>;
export type Shell = z.output<typeof shell>;
export type Inspection = z.output<typeof inspection>;
export type Diagnostic = z.output<typeof diagnostic>;
export type Sentence = z.output<typeof sentence>;
export type HelperLink = z.output<typeof helperLink>;
export type TunnelStatus = EventOf<'tunnels'>['tunnels'][number];
export type PeerStatus = TunnelStatus['peers'][number];
export type LogEntry = ResultOf<'logs'>['entries'][number];
export type TrafficSpan = RequestOf<'traffic'>['span'];

/** What the page is given, as `window.wayfare`. */
export interface WayfareApi {
  request<V extends Verb>(verb: V, request: RequestOf<V>): Promise<Answer<V>>;
  /** Begins with the present state. One listener a page. */
  listen(listener: (event: AppEvent) => void): void;
}
