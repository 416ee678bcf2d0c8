/**
 * What is behind the page, whichever shell shows it: asks the helper, keeps the state that the page draws, and answers
 * the contract's verbs. It has no rights but the person's own.
 */
import { randomBytes } from 'node:crypto';
import { decodeBase64Key, generatePrivateKey, PrivateKey, PublicKey } from '../../engine/crypto/keys.ts';
import { dhKey } from '../../engine/crypto/primitives.ts';
import type { HelperClock } from '../../helper/clock.ts';
import { type Failure, toFailure } from '../../helper/failure.ts';
import { DEFAULT_UP_TIMEOUT_SECONDS, type HelperEvent } from '../../helper/ipc/contract.ts';
import type {
  AppEvent,
  AppSettings,
  EventOf,
  HelperLink as HelperLinkState,
  OpenedFiles,
  Shell,
  StoredSettings,
} from '../ipc/contract.ts';
import type { AppHandlers } from './dispatch.ts';
import { HelperLink } from './helper-link.ts';
import { inspect } from './inspect.ts';
import type { AppSettingsStore } from './settings.ts';

/** What a shell does for the app. */
export interface Desktop {
  readonly shell: Shell;
  isAutostartOn(): Promise<boolean>;
  /** @throws Failure */
  setAutostart(isOn: boolean): Promise<void>;
  /** @throws Failure */
  installHelper(): Promise<void>;
}

export interface AppOptions {
  readonly socketPath: string;
  readonly settings: AppSettingsStore;
  readonly desktop: Desktop;
  readonly clock: HelperClock;
}

export type AppListener = (event: AppEvent) => void;

/** Endpoints and handshakes change without an event. */
const REFRESH_MS = 5_000;

export class App {
  readonly #options: AppOptions;
  readonly #link: HelperLink;
  readonly #pages = new Set<AppListener>();
  /** Parts of the shell, such as its tray: what they show needs no figure of the moment. */
  readonly #observers = new Set<AppListener>();
  /** Why a helper that is reached does not tell its state. */
  #refusal: Failure | null = null;
  #tunnels: EventOf<'tunnels'> | null = null;
  /** The refresh that runs; null: none. */
  #refreshing: Promise<void> | null = null;
  /** The one that follows it, for what has changed meanwhile. */
  #following: Promise<void> | null = null;
  /** For the first page to come. */
  #waiting: (EventOf<'open-files'> | EventOf<'start-failed'>)[] = [];
  /** As the desktop had it last. */
  #isAutostartOn = false;
  #hasTray = false;
  #isStarting = true;

  constructor(options: AppOptions) {
    this.#options = options;
    this.#link = new HelperLink(options.socketPath, options.clock, {
      onLinkChange: (link) => this.#onLinkChange(link),
      onHelperEvent: (event) => this.#onHelperEvent(event),
    });
  }

  /** Resolves once the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#link.run(signal), this.#keepFresh(signal)]);
  }

  /** Tells a page the present state at once, then what changes. @returns what ends it */
  listen(listener: AppListener): () => void {
    this.#tellPresent(listener);
    for (const event of this.#waiting.splice(0)) listener(event);
    this.#pages.add(listener);
    void this.readAutostart();
    return () => this.#pages.delete(listener);
  }

  /** As a page hears it, to the end. */
  observe(listener: AppListener): void {
    this.#tellPresent(listener);
    this.#observers.add(listener);
  }

  /** Files that were opened with the app; the first page to come hears of those that nobody has. */
  openFiles(opened: OpenedFiles): void {
    if (opened.files.length + opened.notTaken.length === 0) return;
    this.#tellPages({ event: 'open-files', ...opened });
  }

  /** Where a person may have changed it in the desktop's own settings. */
  async readAutostart(): Promise<void> {
    const isOn = await this.#options.desktop.isAutostartOn();
    if (isOn === this.#isAutostartOn) return;
    this.#isAutostartOn = isOn;
    this.#tell({ event: 'settings', settings: this.#settings });
  }

  setTray(hasTray: boolean): void {
    this.#hasTray = hasTray;
    this.#tell({ event: 'desktop', hasTray });
  }

  readonly handlers: AppHandlers = {
    hello: async () => ({ shell: this.#options.desktop.shell }),
    up: (request) => this.#link.request('up', { ...request, detached: true }),
    reconnect: (request) => this.#link.request('reconnect', { ...request, detached: true }),
    down: (request) => this.#refreshAfter(this.#link.request('down', request)),
    inspect: async ({ fileName, content }) => inspect(fileName, Buffer.from(content, 'base64')),
    import: (request) => this.#link.request('import', request),
    export: (request) => this.#link.request('export', request),
    edit: (request) => this.#link.request('edit', request),
    remove: (request) => this.#link.request('remove', request),
    set: (request) => this.#refreshAfter(this.#link.request('set', request)),
    lockdown: (request) => this.#refreshAfter(this.#link.request('lockdown', request)),
    traffic: (request) => this.#link.request('traffic', request),
    logs: async ({ limit }) => {
      const { entries } = await this.#link.request('logs', { since: 0, limit });
      return { entries };
    },
    generateKey: async () => {
      const key = generatePrivateKey({ bytes: (length) => randomBytes(length) });
      return { privateKey: key.toBase64(), publicKey: publicKeyOf(key) };
    },
    publicKey: async ({ privateKey }) => {
      const bytes = decodeBase64Key(privateKey);
      return { publicKey: bytes === null ? null : publicKeyOf(new PrivateKey(bytes)) };
    },
    changeSettings: async ({ autostart, ...changes }) => {
      if (autostart !== undefined) await this.#options.desktop.setAutostart(autostart);
      await this.readAutostart();
      await this.#changeSettings((stored) => ({ ...stored, ...changes }));
      return {};
    },
    installHelper: async () => {
      await this.#options.desktop.installHelper();
      return {};
    },
  };

  get #settings(): AppSettings {
    return { ...this.#options.settings.current, autostart: this.#isAutostartOn };
  }

  get #linkState(): HelperLinkState {
    if (this.#refusal === null) return this.#link.state;
    return { kind: 'unreachable', error: this.#refusal.parts };
  }

  #onLinkChange(link: HelperLinkState): void {
    this.#refusal = null;
    this.#tunnels = null; // whoever comes before the next state must not take the last for it
    this.#tell({ event: 'helper', link });
    if (link.kind === 'reached') void this.#refresh(); // where there is no tunnel, no event tells it
  }

  #onHelperEvent(event: HelperEvent): void {
    if (event.event === 'traffic') this.#tell(event);
    else void this.#refresh();
    if (event.event === 'tunnel-removed') this.#followAtStart(event.name, event.newName);
  }

  /** Never two at once. Resolves once a state is told that was asked for after this call. */
  #refresh(): Promise<void> {
    if (this.#refreshing === null) {
      this.#refreshing = this.#readStatus().finally(() => {
        this.#refreshing = null;
      });
      return this.#refreshing;
    }
    this.#following ??= this.#refreshing.then(() => {
      this.#following = null;
      return this.#refresh();
    });
    return this.#following;
  }

  async #readStatus(): Promise<void> {
    try {
      this.#tunnels = { event: 'tunnels', ...(await this.#link.request('status', { name: null })) };
    } catch (error) {
      this.#onRefused(toFailure(error));
      return;
    }
    if (this.#refusal !== null) {
      this.#refusal = null;
      this.#tell({ event: 'helper', link: this.#linkState });
    }
    this.#tell(this.#tunnels);
    this.#connectAtStart(this.#tunnels);
  }

  #onRefused(refusal: Failure): void {
    if (this.#link.state.kind !== 'reached') return; // the link tells that it is gone
    this.#refusal = refusal;
    this.#tunnels = null;
    this.#tell({ event: 'helper', link: this.#linkState });
  }

  async #refreshAfter<T>(work: Promise<T>): Promise<T> {
    const result = await work;
    await this.#refresh();
    return result;
  }

  async #keepFresh(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#options.clock.sleep(REFRESH_MS, signal).catch(() => {}); // it is over
      if (this.#pages.size > 0 && this.#isToBeAskedAgain) await this.#refresh();
    }
  }

  get #isToBeAskedAgain(): boolean {
    if (this.#link.state.kind !== 'reached') return false;
    const isRunning = this.#tunnels?.tunnels.some(({ state }) => state !== 'disconnected') ?? false;
    return isRunning || this.#refusal !== null;
  }

  /** Once, as soon as the helper is there. */
  #connectAtStart({ tunnels }: EventOf<'tunnels'>): void {
    if (!this.#isStarting) return;
    this.#isStarting = false;
    const name = this.#options.settings.current.connectAtStart;
    if (name === null) return;
    const tunnel = tunnels.find((each) => each.name === name);
    if (tunnel?.state === 'disconnected') void this.#bringUpAtStart(name);
    // It stays set: another helper may have it.
    if (tunnel === undefined) this.#tellPages({ event: 'start-failed', name, error: null });
  }

  async #bringUpAtStart(name: string): Promise<void> {
    let wasBegun = false;
    const watch = (event: AppEvent) => {
      if (event.event !== 'tunnels') return;
      wasBegun ||= event.tunnels.some((each) => each.name === name && each.state !== 'disconnected');
    };
    this.#observers.add(watch);
    try {
      await this.handlers.up({ name, timeoutSeconds: DEFAULT_UP_TIMEOUT_SECONDS, replace: false });
    } catch (error) {
      await this.#refresh();
      // Where it was begun, its state tells the failure.
      if (!wasBegun) this.#tellPages({ event: 'start-failed', name, error: toFailure(error).parts });
    } finally {
      this.#observers.delete(watch);
    }
  }

  /** The tunnel of the start is called otherwise, or is no more. */
  #followAtStart(name: string, newName: string | null): void {
    const followed = this.#changeSettings((stored) =>
      stored.connectAtStart === name ? { ...stored, connectAtStart: newName } : stored,
    );
    followed.catch(() => {}); // the next start tells that it is no more
  }

  async #changeSettings(change: (settings: StoredSettings) => StoredSettings): Promise<void> {
    const { settings } = this.#options;
    let isChanged = false;
    await settings.change((stored) => {
      const changed = change(stored);
      isChanged = changed !== stored;
      return changed;
    });
    if (isChanged) this.#tell({ event: 'settings', settings: this.#settings });
  }

  #tellPresent(listener: AppListener): void {
    listener({ event: 'helper', link: this.#linkState });
    if (this.#tunnels !== null) listener(this.#tunnels);
    listener({ event: 'settings', settings: this.#settings });
    listener({ event: 'desktop', hasTray: this.#hasTray });
  }

  #tellPages(event: EventOf<'open-files'> | EventOf<'start-failed'>): void {
    if (this.#pages.size === 0) this.#waiting.push(event);
    else this.#tell(event);
  }

  #tell(event: AppEvent): void {
    for (const listener of [...this.#observers, ...this.#pages]) listener(event);
  }
}

function publicKeyOf(key: PrivateKey): string {
  return new PublicKey(dhKey(key.bytes).publicKey).toBase64();
}
