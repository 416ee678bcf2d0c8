/**
 * Electron's parts as far as the app uses them, without its binary. Each fake is held against Electron's own types by
 * `satisfies`; a test plays the person, the page or the system by its `emit` and the like.
 */
import type {
  App,
  BrowserWindow,
  BrowserWindowConstructorOptions,
  CustomScheme,
  IpcMain,
  IpcMainInvokeEvent,
  LoginItemSettings,
  Menu,
  MenuItemConstructorOptions,
  MessageBoxSyncOptions,
  NativeImage,
  Notification,
  Protocol,
  Rectangle,
  Session,
  Tray,
  WebContents,
  WebFrameMain,
} from 'electron';

type Listener = (...args: never[]) => void;

/** As Node's emitter, for listeners of any kind. None of the app's calls is chained. */
export class FakeEvents {
  readonly #listeners = new Map<string, Listener[]>();

  on(event: string, listener: Listener): never {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return undefined as never;
  }

  once(event: string, listener: Listener): never {
    return this.on(event, listener);
  }

  listenerCount(event: string): number {
    return this.#listeners.get(event)?.length ?? 0;
  }

  emit(event: string, ...args: unknown[]): void {
    for (const listener of this.#listeners.get(event) ?? [])
      (listener as (...args: unknown[]) => void)(...args);
  }

  /** As for what can be prevented. @returns whether it was */
  emitPreventable(event: string, ...args: unknown[]): boolean {
    let isPrevented = false;
    const preventable = { preventDefault: () => (isPrevented = true) };
    this.emit(event, preventable, ...args);
    return isPrevented;
  }
}

export const OUR_FRAME = { origin: 'app://wayfare', parent: null, url: 'app://wayfare/#/import' };

export class FakeApp extends FakeEvents {
  isFirst = true;
  isPackaged = true;
  /** Of the app, with its page; and of the person's settings. */
  folder = '';
  readonly switches: Record<string, string> = {};
  /** What was asked of the system's list of what starts with it, and what that says. */
  readonly loginItems: unknown[] = [];
  loginItem: Partial<LoginItemSettings> = {};
  /** What was done, in order. */
  readonly done: string[] = [];

  requestSingleInstanceLock = () => this.isFirst;
  enableSandbox = () => void this.done.push('sandbox');
  quit = () => void this.done.push('quit');
  exit = () => void this.done.push('exit');
  getPath = () => this.folder;
  setPath = (name: string, path: string) => void this.done.push(`${name} ${path}`);
  getAppPath = () => this.folder;
  getLocale = () => 'de-AT';
  commandLine = { getSwitchValue: (name: string) => this.switches[name] ?? '' } as App['commandLine'];

  async whenReady(): Promise<void> {
    this.done.push('ready');
  }

  getLoginItemSettings(options: unknown): LoginItemSettings {
    this.loginItems.push(options);
    return { openAtLogin: false, executableWillLaunchAtLogin: false, ...this.loginItem } as LoginItemSettings;
  }

  setLoginItemSettings(settings: unknown): void {
    this.loginItems.push(settings);
  }
}
new FakeApp() satisfies Pick<
  App,
  | (
      | 'on'
      | 'once'
      | 'requestSingleInstanceLock'
      | 'getLoginItemSettings'
      | 'setLoginItemSettings'
      | 'isPackaged'
      | 'enableSandbox'
      | 'quit'
    )
  | ('exit' | 'getPath' | 'setPath' | 'getAppPath' | 'getLocale' | 'commandLine' | 'whenReady')
>;

/** A page, with the events that it was sent. */
export class FakeContents extends FakeEvents {
  url = 'app://wayfare/';
  readonly sent: { channel: string; value: unknown }[] = [];
  openWindow: Parameters<WebContents['setWindowOpenHandler']>[0] = () => ({ action: 'allow' });

  getURL = () => this.url;

  send(channel: string, value: unknown): void {
    this.sent.push({ channel, value });
  }

  setWindowOpenHandler(handler: typeof this.openWindow): void {
    this.openWindow = handler;
  }

  /** WebContents has 200 members more. */
  asContents(): WebContents {
    return this as unknown as WebContents;
  }
}
new FakeContents() satisfies Pick<WebContents, 'on' | 'once' | 'getURL' | 'send' | 'setWindowOpenHandler'>;

export class FakeIpcMain {
  readonly #handlers = new Map<string, (event: IpcMainInvokeEvent, ...args: unknown[]) => unknown>();

  handle(channel: string, handler: (event: IpcMainInvokeEvent, ...args: never[]) => unknown): void {
    this.#handlers.set(channel, handler as (event: IpcMainInvokeEvent, ...args: unknown[]) => unknown);
  }

  /** What a frame of a page asks. */
  async invoke(
    page: FakeContents,
    frame: object | null,
    channel: string,
    ...args: unknown[]
  ): Promise<unknown> {
    const event = { sender: page.asContents(), senderFrame: frame as WebFrameMain | null };
    return this.#handlers.get(channel)?.(event as IpcMainInvokeEvent, ...args);
  }
}
new FakeIpcMain() satisfies Pick<IpcMain, 'handle'>;

export class FakeProtocol {
  readonly schemes: CustomScheme[] = [];
  #handler: Parameters<Protocol['handle']>[1] | null = null;

  handle(_: string, handler: Parameters<Protocol['handle']>[1]): void {
    this.#handler = handler;
  }

  registerSchemesAsPrivileged(schemes: CustomScheme[]): void {
    this.schemes.push(...schemes);
  }

  async fetch(url: string, method = 'GET'): Promise<Response> {
    return (await this.#handler?.({ url, method } as Request)) ?? Response.error();
  }
}
new FakeProtocol() satisfies Pick<Protocol, 'handle' | 'registerSchemesAsPrivileged'>;

type RequestHandler = NonNullable<Parameters<Session['setPermissionRequestHandler']>[0]>;
type CheckHandler = NonNullable<Parameters<Session['setPermissionCheckHandler']>[0]>;
type CaptureHandler = NonNullable<Parameters<Session['setDisplayMediaRequestHandler']>[0]>;
type DeviceHandler = NonNullable<Parameters<Session['setDevicePermissionHandler']>[0]>;

export class FakeSession {
  request: RequestHandler = (_contents, _permission, callback) => callback(true);
  check: CheckHandler = () => true;
  device: DeviceHandler = () => true;
  capture: CaptureHandler = () => {};

  setPermissionRequestHandler(handler: RequestHandler | null): void {
    this.request = handler ?? this.request;
  }

  setPermissionCheckHandler(handler: CheckHandler | null): void {
    this.check = handler ?? this.check;
  }

  setDevicePermissionHandler(handler: DeviceHandler | null): void {
    this.device = handler ?? this.device;
  }

  setDisplayMediaRequestHandler(handler: CaptureHandler | null): void {
    this.capture = handler ?? this.capture;
  }
}
new FakeSession() satisfies Pick<
  Session,
  | 'setPermissionRequestHandler'
  | 'setPermissionCheckHandler'
  | 'setDevicePermissionHandler'
  | 'setDisplayMediaRequestHandler'
>;

export class FakeWindow extends FakeEvents {
  readonly webContents = new FakeContents();
  readonly options: BrowserWindowConstructorOptions;
  /** What was done with it, in order. */
  readonly done: string[] = [];
  isSeen = false;
  isMax = false;
  isMin = false;
  hasFocus = false;
  hasUnsavedText = false;

  constructor(options: BrowserWindowConstructorOptions = {}) {
    super();
    this.options = options;
  }

  focus = () => void this.done.push('focus');
  restore = () => void this.done.push('restore');
  reload = () => void this.done.push('reload');
  maximize = () => void this.done.push('maximize');
  isVisible = () => this.isSeen;
  isMaximized = () => this.isMax;
  isMinimized = () => this.isMin;
  isFocused = () => this.hasFocus;
  getBounds = (): Rectangle => ({ x: 10, y: 20, width: 800, height: 600 });
  getNormalBounds = this.getBounds;

  show(): void {
    this.isSeen = true;
    this.done.push('show');
  }

  hide(): void {
    this.isSeen = false;
    this.done.push('hide');
  }

  async loadURL(url: string): Promise<void> {
    this.done.push(`load ${url}`);
  }

  close(): void {
    if (this.emitPreventable('close')) return;
    if (this.hasUnsavedText && !this.webContents.emitPreventable('will-prevent-unload')) return;
    this.done.push('close');
    this.emit('closed');
  }

  asWindow(): BrowserWindow {
    return this as unknown as BrowserWindow;
  }
}
new FakeWindow() satisfies Pick<
  BrowserWindow,
  | ('on' | 'once' | 'show' | 'hide' | 'focus' | 'restore' | 'reload' | 'maximize' | 'close')
  | ('isVisible' | 'isMaximized' | 'isMinimized' | 'isFocused' | 'getBounds' | 'getNormalBounds' | 'loadURL')
>;

export class FakeNotification extends FakeEvents {
  state: 'made' | 'shown' | 'closed' = 'made';

  show(): void {
    this.state = 'shown';
  }

  close(): void {
    this.state = 'closed';
  }
}
new FakeNotification() satisfies Pick<Notification, 'on' | 'show' | 'close'>;

/** A menu is its template. */
export type FakeMenu = readonly MenuItemConstructorOptions[];

export function buildFakeMenu(template: MenuItemConstructorOptions[]): Menu {
  return template as unknown as Menu;
}

/** An image is the name of its icon. */
export function fakeImage(name: string): NativeImage {
  return name as unknown as NativeImage;
}

export class FakeTray extends FakeEvents {
  readonly images: string[] = [];
  readonly tooltips: string[] = [];
  readonly menus: FakeMenu[] = [];
  readonly poppedUp: FakeMenu[] = [];
  isDestroyed = false;

  setImage(image: NativeImage | string): void {
    this.images.push(String(image));
  }

  setToolTip(text: string): void {
    this.tooltips.push(text);
  }

  setContextMenu(menu: Menu | null): void {
    this.menus.push(menu as unknown as FakeMenu);
  }

  popUpContextMenu(menu?: Menu): void {
    this.poppedUp.push(menu as unknown as FakeMenu);
  }

  destroy(): void {
    this.isDestroyed = true;
  }
}
new FakeTray() satisfies Pick<
  Tray,
  'on' | 'setImage' | 'setToolTip' | 'setContextMenu' | 'popUpContextMenu' | 'destroy'
>;

/** The module itself, for the composition root alone: every other part is given what it needs. */
export class FakeElectron {
  readonly app = new FakeApp();
  readonly ipcMain = new FakeIpcMain();
  readonly protocol = new FakeProtocol();
  readonly session = { defaultSession: new FakeSession() };
  readonly nativeTheme = { themeSource: 'system', shouldUseDarkColors: false };
  readonly screen = {
    getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1_920, height: 1_080 } }],
    getDisplayMatching: () => ({ id: 1 }),
  };
  readonly desktopCapturer = { getSources: async () => [] };
  readonly dialog = {
    shown: [] as string[],
    showErrorBox: (_: string, text: string) => void this.dialog.shown.push(text),
    /** The number of the button that the person presses. */
    pressed: 0,
    showMessageBoxSync: (_: unknown, { buttons = [] }: MessageBoxSyncOptions) => {
      this.dialog.shown.push(buttons[this.dialog.pressed] ?? '');
      return this.dialog.pressed;
    },
  };
  readonly nativeImage = { createFromPath: fakeImage };
  readonly menus: FakeMenu[] = [];
  readonly Menu = {
    buildFromTemplate: buildFakeMenu,
    setApplicationMenu: (menu: Menu | null) => void this.menus.push(menu as unknown as FakeMenu),
  };
  readonly windows: FakeWindow[] = [];
  readonly Notification = FakeNotification;
  readonly Tray = FakeTray;
  readonly BrowserWindow: new (
    options: BrowserWindowConstructorOptions,
  ) => FakeWindow;

  constructor() {
    const { windows } = this;
    this.BrowserWindow = class extends FakeWindow {
      constructor(options: BrowserWindowConstructorOptions) {
        super(options);
        windows.push(this);
      }
    };
  }
}
