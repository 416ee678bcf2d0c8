/** One app a person: a second start hands its files over to the first, which shows itself, and ends. */
import type { App } from 'electron';
import { pathsIn } from './opened-files.ts';

/** Among the arguments: the app starts without showing its window, as it does with the desktop. */
export const HIDDEN = '--hidden';

export interface Starts {
  /** The app was started once more, or files were opened with it. */
  onOpen(paths: readonly string[]): void;
}

/** @returns false where another instance runs, which has been told */
export function beTheOnlyOne(
  app: Pick<App, 'requestSingleInstanceLock' | 'on'>,
  { onOpen }: Starts,
): boolean {
  if (!app.requestSingleInstanceLock()) return false;
  app.on('second-instance', (_, commandLine, folder) => onOpen(pathsIn(commandLine, folder)));
  // macOS does not put them on the command line. It may come before Electron is ready.
  app.on('open-file', (event, path) => {
    event.preventDefault();
    onOpen([path]);
  });
  app.on('activate', () => onOpen([])); // a click on macOS's dock
  return true;
}
