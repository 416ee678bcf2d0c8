/**
 * The composition root of the Electron shell: makes the parts and joins them. It decides nothing that a test would want
 * to see; that is in the parts, which know Electron by its types alone.
 */
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  desktopCapturer,
  dialog,
  Tray as ElectronTray,
  ipcMain,
  Menu,
  Notification,
  nativeImage,
  nativeTheme,
  protocol,
  screen,
  session,
} from 'electron';
import { DEFAULT_SOCKET } from '../../helper/cli/defaults.ts';
import { systemClock } from '../../helper/clock.ts';
import { toFailure } from '../../helper/failure.ts';
import { App } from '../app/app.ts';
import { openAppSettings } from '../app/settings.ts';
import { Page } from '../shells/page.ts';
import { actOn } from '../tray/actions.ts';
import { HostedTray } from '../tray/hosted-tray.ts';
import { TrayHost } from '../tray/tray-host.ts';
import { iconFile, trayModel } from '../tray/tray-model.ts';
import { electronDesktop } from './desktop.ts';
import { advance, INITIAL_STATE } from './desktop-state.ts';
import { DISCARD, discardQuestion } from './discard-question.ts';
import { PageServer } from './ipc.ts';
import { MainWindow } from './main-window.ts';
import { applicationMenu } from './menu.ts';
import { Notifications } from './notifications.ts';
import { pathsIn, readOpened } from './opened-files.ts';
import { PAGE_SCHEME, servePage } from './protocol.ts';
import { confinePages, confinePermissions, offerScreen } from './security.ts';
import { beTheOnlyOne, HIDDEN } from './single-instance.ts';
import { textsFor } from './texts.ts';

/** Shows the window, and what was opened with it. */
type Open = (paths: readonly string[]) => void;

export async function main(commandLine: readonly string[]): Promise<void> {
  const configFolder = app.getPath('appData');
  app.setPath('userData', join(configFolder, 'wayfare', 'electron')); // beside the settings, which both shells share
  const isFirst = beTheOnlyOne(app, { onOpen: (paths) => void shell.then((open) => open(paths)) });
  if (!isFirst) return app.quit();
  app.enableSandbox();
  protocol.registerSchemesAsPrivileged([PAGE_SCHEME]);
  confinePages(app);
  const shell = app.whenReady().then(() => openShell(commandLine, configFolder));
  try {
    await shell;
  } catch (error) {
    dialog.showErrorBox('Wayfare', toFailure(error).message);
    app.exit(1);
  }
}

async function openShell(commandLine: readonly string[], configFolder: string): Promise<Open> {
  const { platform } = process;
  const inApp = (...path: string[]) => join(app.getAppPath(), ...path);
  const stop = new AbortController();

  const settings = await openAppSettings(join(configFolder, 'wayfare', 'settings.json'));
  const wayfare = new App({
    socketPath: app.commandLine.getSwitchValue('socket') || DEFAULT_SOCKET,
    settings,
    desktop: electronDesktop({ app, configFolder }),
    clock: systemClock,
  });
  const window = new MainWindow({
    create: (options) => new BrowserWindow(options),
    preload: inApp('dist', 'electron', 'preload.cjs'),
    icon: inApp('assets', 'icons', '256x256.png'),
    isDark: () => nativeTheme.shouldUseDarkColors,
    stateFile: join(configFolder, 'wayfare', 'window.json'),
    screens: () => screen.getAllDisplays().map(({ workArea }) => workArea),
    hasTray: () => tray.isThere(),
    onFocus: () => void wayfare.readAutostart(), // set elsewhere, maybe, while this window was not looked at
    mayDiscard: (shown) => dialog.showMessageBoxSync(shown, discardQuestion(texts)) === DISCARD,
  });
  new PageServer(wayfare, ipcMain);
  const open: Open = (paths) => {
    window.show();
    void readOpened(paths, texts).then((opened) => wayfare.openFiles(opened));
  };

  confinePermissions(session.defaultSession);
  offerScreen(session.defaultSession, {
    sources: () => desktopCapturer.getSources({ types: ['screen'], thumbnailSize: { width: 0, height: 0 } }),
    screen,
    windowBounds: () => window.bounds,
  });
  servePage(protocol, new Page({ folder: inApp('dist', 'page'), withBridge: false }));

  const notifications = new Notifications({
    create: (options) => new Notification(options),
    isWindowFocused: () => window.isFocused,
    onClick: () => window.show(),
  });
  let state = INITIAL_STATE;
  let texts = textsFor(settings.current.language, app.getLocale());
  const tray = new HostedTray({
    host: new TrayHost(platform),
    platform,
    create: (icon) => new ElectronTray(icon),
    iconOf: (icon) => nativeImage.createFromPath(inApp('assets', 'tray', iconFile(icon, platform))),
    buildMenu: (template) => Menu.buildFromTemplate(template),
    model: () => trayModel(state, texts),
    onAction: (action) =>
      actOn(action, {
        app: wayfare,
        showWindow: (tunnel) => window.show(tunnel),
        quit: () => app.quit(),
      }),
    onPresence(isThere) {
      wayfare.setTray(isThere);
      if (!isThere) window.reveal();
    },
    clock: systemClock,
    signal: stop.signal,
  });
  wayfare.observe((event) => {
    const before = state;
    state = advance(state, event);
    if (event.event === 'settings') {
      nativeTheme.themeSource = event.settings.theme;
      texts = textsFor(event.settings.language, app.getLocale());
      Menu.setApplicationMenu(Menu.buildFromTemplate(applicationMenu(platform, texts)));
    }
    notifications.onChange(before, state, texts);
    tray.update();
  });

  app.on('before-quit', () => window.quit());
  app.on('will-quit', () => stop.abort());
  void wayfare.run(stop.signal);
  void tray.run();
  // What starts with the desktop stays out of sight, as long as it can be called from there.
  if (!commandLine.includes(HIDDEN)) open(pathsIn(commandLine, process.cwd()));
  return open;
}
