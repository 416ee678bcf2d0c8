/** The one window: made when it is first shown, hidden to the tray when it is closed, if there is a tray to bring it back. */
import type { BrowserWindow, BrowserWindowConstructorOptions, Rectangle } from 'electron';
import { PAGE_URL } from './protocol.ts';
import { FIRST_SIZE, LEAST_SIZE, readWindowState, writeWindowState } from './window-state.ts';

export interface MainWindowOptions {
  readonly create: (options: BrowserWindowConstructorOptions) => BrowserWindow;
  readonly preload: string;
  readonly icon: string;
  readonly isDark: () => boolean;
  readonly stateFile: string;
  readonly screens: () => readonly Rectangle[];
  /** Whether something can bring a hidden window back. */
  readonly hasTray: () => Promise<boolean>;
  readonly onFocus: () => void;
  /** Asks the person, and waits: whether what is not stored of the page may be lost. */
  readonly mayDiscard: (window: BrowserWindow) => boolean;
}

/** As `--page` in renderer/theme.css: what is seen until the page is drawn. */
const BACKGROUND = { dark: '#14171c', light: '#f6f7f9' };

export class MainWindow {
  readonly #options: MainWindowOptions;
  #window: BrowserWindow | null = null;
  #isQuitting = false;

  constructor(options: MainWindowOptions) {
    this.#options = options;
  }

  get isFocused(): boolean {
    return this.#window?.isFocused() ?? false;
  }

  get bounds(): Rectangle {
    return this.#window?.getBounds() ?? { x: 0, y: 0, ...FIRST_SIZE };
  }

  /** Before the others. @param tunnel whose view it shows; else the one that it has */
  show(tunnel?: string): void {
    const view = tunnel === undefined ? '' : `#/tunnel/${encodeURIComponent(tunnel)}`;
    if (this.#window === null) {
      this.#window = this.#open(view);
      return;
    }
    if (view !== '') void this.#window.loadURL(PAGE_URL + view); // within the page: nothing is loaded again
    if (this.#window.isMinimized()) this.#window.restore();
    this.#window.show();
    this.#window.focus();
  }

  /** Where nothing else would bring it back. */
  reveal(): void {
    if (this.#window === null || !(this.#window.isVisible() || this.#window.isMinimized())) this.show();
  }

  /** From now on closing it ends it. */
  quit(): void {
    this.#isQuitting = true;
  }

  #open(view: string): BrowserWindow {
    const { create, isDark, stateFile, screens } = this.#options;
    const state = readWindowState(stateFile, screens());
    const window = create({
      ...FIRST_SIZE,
      ...state.bounds,
      minWidth: LEAST_SIZE.width,
      minHeight: LEAST_SIZE.height,
      title: 'Wayfare',
      icon: this.#options.icon,
      backgroundColor: isDark() ? BACKGROUND.dark : BACKGROUND.light,
      autoHideMenuBar: true,
      show: false,
      webPreferences: {
        preload: this.#options.preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        spellcheck: false,
      },
    });
    if (state.isMaximized) window.maximize();
    window.once('ready-to-show', () => window.show());
    window.on('focus', this.#options.onFocus);
    window.on('close', (event) => this.#onClose(window, event));
    window.on('closed', () => {
      this.#window = null;
      this.#isQuitting = false;
    });
    window.webContents.on('will-prevent-unload', (event) => {
      window.show();
      if (this.#options.mayDiscard(window))
        event.preventDefault(); // of what the page wants: to stay
      else this.#isQuitting = false;
    });
    window.webContents.on('render-process-gone', (_, { reason }) => {
      if (reason !== 'clean-exit') window.reload();
    });
    void window.loadURL(PAGE_URL + view);
    return window;
  }

  #onClose(window: BrowserWindow, event: { preventDefault(): void }): void {
    const bounds = window.getNormalBounds();
    writeWindowState(this.#options.stateFile, { bounds, isMaximized: window.isMaximized() });
    if (this.#isQuitting) return;
    event.preventDefault();
    // Asked each time: a panel may have come or gone.
    void this.#options.hasTray().then((hasTray) => {
      if (hasTray) return window.hide();
      this.#isQuitting = true;
      window.close();
    });
  }
}
