/** Shows an address in the person's own browser. */
import { spawn } from 'node:child_process';

/** @returns whether there is a screen, and a person whose browser it could be: root's would have root's rights */
export function canOpenBrowser({ DISPLAY, WAYLAND_DISPLAY }: NodeJS.ProcessEnv): boolean {
  return process.platform === 'linux' && process.getuid?.() !== 0 && Boolean(DISPLAY || WAYLAND_DISPLAY);
}

/** By xdg-open(1), which may stay as long as the browser does. Whether it could is seen on the screen alone. */
export function openBrowser(url: string): void {
  const child = spawn('xdg-open', [url], { stdio: 'ignore', detached: true });
  child.on('error', () => {}); // the terminal has the address, too
  child.unref();
}
