/** What the app may ask of the desktop that Electron runs on. */
import type { App as ElectronApp } from 'electron';
import { exec } from 'sudo-prompt';
import packageJson from '../../package.json' with { type: 'json' };
import type { Desktop } from '../app/app.ts';
import { setAutostart } from './autostart.ts';
import { canInstallHelper, installHelper } from './install-helper.ts';

export interface ElectronDesktopOptions {
  readonly app: Pick<ElectronApp, 'isPackaged' | 'setLoginItemSettings'>;
  readonly configFolder: string;
  readonly hasTray: () => boolean;
}

export function electronDesktop({ app, configFolder, hasTray }: ElectronDesktopOptions): Desktop {
  const { platform, versions, env, execPath } = process;
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
        hasTray: hasTray(),
        hasAutostart: app.isPackaged,
        canInstallHelper: canInstallHelper(platform),
      };
    },
    // An AppImage runs from a mount that is gone with it; its file starts it.
    setAutostart: (isOn) =>
      setAutostart(isOn, { app, platform, configFolder, program: env.APPIMAGE ?? execPath }),
    installHelper: () => installHelper({ exec, chdir: (folder) => process.chdir(folder) }),
  };
}
