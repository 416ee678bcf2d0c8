/** `wayfare ui`: the app in a browser, until a signal ends it. The composition root of the browser shell. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DEFAULT_SOCKET } from '../../helper/cli/defaults.ts';
import { systemClock } from '../../helper/clock.ts';
import { notOnThisSystem, toFailure } from '../../helper/failure.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { App, type Desktop } from '../app/app.ts';
import { openAppSettings } from '../app/settings.ts';
import { openBrowserShell } from './browser.ts';
import { canOpenBrowser, openBrowser } from './open-browser.ts';
import { Page } from './page.ts';

/** The page lies beside the bundle that this file is part of. */
const PAGE_FOLDER = fileURLToPath(new URL('./page', import.meta.url));

const BROWSER: Desktop = {
  shell: {
    kind: 'browser',
    versions: [
      { name: 'Wayfare', version: packageJson.version },
      { name: 'Node', version: process.versions.node },
    ],
    platform: process.platform as 'linux' | 'darwin' | 'win32',
    hasAutostart: false,
    canInstallHelper: false,
  },
  isAutostartOn: async () => false,
  setAutostart: () => Promise.reject(notOnThisSystem('starting with the desktop')),
  installHelper: () => Promise.reject(notOnThisSystem('installing from a browser')),
};

/** @param args `--socket PATH [--port N] [--no-open]` @returns the exit code */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      socket: { type: 'string', default: DEFAULT_SOCKET },
      port: { type: 'string', default: '0' },
      'no-open': { type: 'boolean', default: false },
    },
  });
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort());
  try {
    const settings = await openAppSettings(join(configFolder(), 'settings.json'));
    const app = new App({ socketPath: values.socket, settings, desktop: BROWSER, clock: systemClock });
    const page = new Page({ folder: PAGE_FOLDER, withBridge: true });
    const shell = await openBrowserShell({ app, page, port: Number(values.port), clock: systemClock });
    invite(shell.url, !values['no-open'] && canOpenBrowser(process.env));
    await app.run(stop.signal);
    await shell.close();
    return 0;
  } catch (error) {
    const failure = toFailure(error);
    process.stderr.write(`wayfare: ${failure.message}\n`);
    if (failure.cause instanceof Error) process.stderr.write(`${failure.cause.stack}\n`);
    return 1;
  }
}

function invite(url: string, opens: boolean): void {
  const how = opens ? 'It opens in your browser' : 'Open it in your browser: it lets one in, once';
  process.stdout.write(`Wayfare is at ${url}\n${how}. Ctrl-C ends it.\n`);
  if (opens) openBrowser(url);
}

/** XDG Base Directory Specification. */
function configFolder(): string {
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'wayfare');
}
