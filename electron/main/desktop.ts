/** What the app may ask of the desktop that Electron runs on. */
import type { App as ElectronApp } from 'electron';
import { exec } from 'sudo-prompt';
import packageJson from '../../package.json' with { type: 'json' };
import type { Desktop } from '../app/app.ts';
import { type AutostartOptions, isAutostartOn, setAutostart } from './autostart.ts';
import { canInstallHelper, installHelper } from './install-helper.ts';

export interface ElectronDesktopOptions {
  readonly app: Pick<ElectronApp, 'isPackaged' | 'getLoginItemSettings' | 'setLoginItemSettings'>;
  readonly configFolder: string;
}

export function electronDesktop({ app, configFolder }: ElectronDesktopOptions): Desktop {
  const { platform, versions, env, execPath } = process;
  // An AppImage runs from a mount that is gone with it; its file starts it.
  const autostart: AutostartOptions = { app, platform, configFolder, program: env.APPIMAGE ?? execPath };
  return {
    get shell() {
      return {
        kind: 'electron' as const,
        versions: [
          { name: 'Wayfare', version: packageJson.version },
          { name: 'Electron', version: versions.electron ?? '' },
          { name: 'Chromium', version: versions.chrome ?? '' },
          { name: 'Node', version: versions.node },
        ],
        platform: platform as 'linux' | 'darwin' | 'win32',
        hasAutostart: app.isPackaged,
        canInstallHelper: canInstallHelper(platform),
      };
    },
    isAutostartOn: () => isAutostartOn(autostart),
    setAutostart: (isOn) => setAutostart(isOn, autostart),
    installHelper: () => installHelper({ exec, chdir: (folder) => process.chdir(folder) }),
  };
}
