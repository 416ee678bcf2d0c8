/** Drives Electron's Tray by the model: at most once a second, and nothing that has not changed. */
import type { Tray as ElectronTray, Menu, MenuItemConstructorOptions, NativeImage } from 'electron';
import type { HelperClock } from '../../helper/clock.ts';
import type { TrayAction, TrayIcon, TrayItem, TrayModel } from './tray-model.ts';

const REST_MS = 1_000;

export type TrayHandle = Pick<
  ElectronTray,
  'setImage' | 'setToolTip' | 'setContextMenu' | 'popUpContextMenu' | 'on' | 'destroy'
>;

export interface TrayOptions {
  readonly tray: TrayHandle;
  readonly platform: NodeJS.Platform;
  readonly iconOf: (icon: TrayIcon) => NativeImage;
  readonly buildMenu: (template: MenuItemConstructorOptions[]) => Menu;
  readonly onAction: (action: TrayAction) => void;
  readonly clock: Pick<HelperClock, 'sleep'>;
  readonly signal: AbortSignal;
}

export class Tray {
  readonly #options: TrayOptions;
  #shown: TrayModel;
  #wanted: TrayModel;
  #isResting = false;
  #isDestroyed = false;

  constructor(first: TrayModel, options: TrayOptions) {
    this.#options = options;
    this.#shown = first;
    this.#wanted = first;
    const { tray, platform } = options;
    this.#setIcon();
    tray.setToolTip(first.tooltip);
    if (platform === 'linux') {
      this.#setMenu();
      tray.on('click', () => options.onAction({ kind: 'open' }));
      return;
    }
    // To set a menu here would close the one that is open; so each is made when it is asked for.
    const popUp = () => tray.popUpContextMenu(this.#menu());
    tray.on('right-click', popUp);
    tray.on('click', platform === 'darwin' ? popUp : () => options.onAction({ kind: 'open' }));
  }

  update(model: TrayModel): void {
    this.#wanted = model;
    if (!this.#isResting) this.#show();
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#options.tray.destroy();
  }

  #show(): void {
    const [before, now] = [this.#shown, this.#wanted];
    this.#shown = now;
    const isMenuNew = JSON.stringify(now.menu) !== JSON.stringify(before.menu);
    if (!isMenuNew && now.icon === before.icon && now.tooltip === before.tooltip) return;
    const { tray, platform, clock, signal } = this.#options;
    if (now.icon !== before.icon) this.#setIcon();
    if (now.tooltip !== before.tooltip) tray.setToolTip(now.tooltip);
    if (isMenuNew && platform === 'linux') this.#setMenu();
    this.#isResting = true;
    clock.sleep(REST_MS, signal).then(
      () => {
        this.#isResting = false;
        if (!this.#isDestroyed) this.#show();
      },
      () => {}, // it is over
    );
  }

  #setIcon(): void {
    this.#options.tray.setImage(this.#options.iconOf(this.#shown.icon));
  }

  #setMenu(): void {
    this.#options.tray.setContextMenu(this.#menu());
  }

  #menu(): Menu {
    return this.#options.buildMenu(this.#shown.menu.map((item) => this.#template(item)));
  }

  #template(item: TrayItem): MenuItemConstructorOptions {
    switch (item.kind) {
      case 'separator':
        return { type: 'separator' };
      case 'text':
        return { label: item.label, enabled: false };
      case 'action':
        return { label: item.label, click: () => this.#options.onAction(item.action) };
    }
  }
}
