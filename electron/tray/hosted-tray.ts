/** The tray, for as long as the desktop has a host for it: made anew with each that comes. */
import type { NativeImage } from 'electron';
import type { HelperClock } from '../../helper/clock.ts';
import { Tray, type TrayHandle, type TrayOptions } from './tray.ts';
import type { TrayHost } from './tray-host.ts';
import type { TrayModel } from './tray-model.ts';

export interface HostedTrayOptions extends Omit<TrayOptions, 'tray'> {
  readonly host: Pick<TrayHost, 'ask' | 'follow'>;
  readonly create: (icon: NativeImage) => TrayHandle;
  /** What it shows at the moment. */
  readonly model: () => TrayModel;
  /** Told first as soon as it is known, then each time it changes. */
  readonly onPresence: (isThere: boolean) => void;
  readonly clock: HelperClock;
}

export class HostedTray {
  readonly #options: HostedTrayOptions;
  #tray: Tray | null = null;

  constructor(options: HostedTrayOptions) {
    this.#options = options;
  }

  /** Resolves once the signal aborts, where trays can come and go. */
  run(): Promise<void> {
    const { host, clock, signal, onPresence } = this.#options;
    return host.follow(clock, signal, (isThere) => {
      if (isThere) this.#open();
      else this.#close();
      onPresence(isThere);
    });
  }

  /** It shows something else now. */
  update(): void {
    this.#tray?.update(this.#options.model());
  }

  /** Whether it can be clicked, at this very moment. */
  async isThere(): Promise<boolean> {
    return this.#tray !== null && this.#options.host.ask();
  }

  #open(): void {
    const { create, iconOf, model } = this.#options;
    const first = model();
    this.#tray = new Tray(first, { ...this.#options, tray: create(iconOf(first.icon)) });
  }

  #close(): void {
    this.#tray?.destroy();
    this.#tray = null;
  }
}
