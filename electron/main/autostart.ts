/** Starting with the desktop, in the tray. Linux: Desktop Application Autostart Specification; else the system's own list. */
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { App } from 'electron';
import { replace, unlinkIfThere, writeSynced } from '../../helper/storage/durable-file.ts';
import { HIDDEN } from './single-instance.ts';

export interface AutostartOptions {
  readonly app: Pick<App, 'getLoginItemSettings' | 'setLoginItemSettings'>;
  readonly platform: NodeJS.Platform;
  /** Such as `~/.config`. */
  readonly configFolder: string;
  /** What starts the app. */
  readonly program: string;
}

/** As the desktop has it: a person may have changed it there. */
export async function isAutostartOn({ app, platform, configFolder }: AutostartOptions): Promise<boolean> {
  if (platform === 'linux') return isEntryOn(entryIn(configFolder));
  const { openAtLogin, executableWillLaunchAtLogin } = app.getLoginItemSettings({ args: [HIDDEN] });
  // On Windows, what the task manager has switched off is still among the login items.
  return openAtLogin && (platform !== 'win32' || executableWillLaunchAtLogin);
}

/** @throws the system's error */
export async function setAutostart(isOn: boolean, options: AutostartOptions): Promise<void> {
  const { app, platform, configFolder, program } = options;
  if (platform !== 'linux') {
    app.setLoginItemSettings({ openAtLogin: isOn, args: [HIDDEN] });
    return;
  }
  const path = entryIn(configFolder);
  if (!isOn) return unlinkIfThere(path);
  await mkdir(dirname(path), { recursive: true });
  await replace(path, `${path}.new`, (temporary) =>
    writeSynced(temporary, desktopEntry(program), { mode: 0o644 }),
  );
}

function entryIn(configFolder: string): string {
  return join(configFolder, 'autostart', 'wayfare.desktop');
}

/** Switched off, an entry is `Hidden`; by GNOME's older settings it is not `enabled`. */
async function isEntryOn(path: string): Promise<boolean> {
  const entry = await readFile(path, 'utf8').catch(() => ''); // it is not there: or not for the desktop either
  const has = (line: RegExp) => line.test(entry);
  return has(/^Exec *=/m) && !has(/^Hidden *= *true *$/m) && !has(/^X-GNOME-Autostart-enabled *= *false *$/m);
}

export function desktopEntry(program: string): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Wayfare',
    `Exec=${execValue([program, HIDDEN])}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}

/**
 * Desktop Entry Specification, "The Exec key": a quoted argument escapes `"`, `` ` ``, `$` and `\`; `%` begins a field
 * code; and the whole, being a value of type string, escapes its backslashes and line breaks once more.
 */
function execValue(args: readonly string[]): string {
  const quoted = args.map((arg) => `"${arg.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%')}"`);
  return quoted.join(' ').replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
}
