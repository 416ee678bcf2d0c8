/** A browser shell over an app without a helper, and the browser that it has let in. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from '../../../../electron/app/app.ts';
import { DEFAULT_SETTINGS } from '../../../../electron/app/settings.ts';
import { type BrowserShell, openBrowserShell } from '../../../../electron/shells/browser.ts';
import { Page } from '../../../../electron/shells/page.ts';
import { notOnThisSystem } from '../../../../helper/failure.ts';
import { ManualClock } from '../../helper/fake-world.ts';
import { visit } from './visit.ts';

/** Stands in the page. */
export const SECRET = 'not for everybody';

export interface Browser {
  readonly cookie: string;
  /** Where its page is. */
  readonly page: string;
}

export class ShellWorld {
  readonly #folder = mkdtempSync(join(tmpdir(), 'wayfare-page-'));
  readonly clock = new ManualClock();
  readonly app = new App({
    socketPath: join(this.#folder, 'no.sock'),
    settings: { current: DEFAULT_SETTINGS, change: async () => {} },
    desktop: {
      shell: {
        kind: 'browser',
        versions: [],
        platform: 'linux',
        hasAutostart: false,
        canInstallHelper: false,
      },
      isAutostartOn: async () => false,
      setAutostart: () => Promise.reject(notOnThisSystem('this')),
      installHelper: () => Promise.reject(notOnThisSystem('this')),
    },
    clock: this.clock,
  });
  shell!: BrowserShell;
  /** Without a path. */
  origin = '';

  async open(): Promise<void> {
    writeFileSync(join(this.#folder, 'index.html'), `<title>Wayfare</title><!--bridge-->${SECRET}`);
    writeFileSync(join(this.#folder, 'main.js'), 'run()');
    writeFileSync(join(this.#folder, 'bridge.js'), '"%PROOF%"');
    this.shell = await this.openShell();
    this.origin = new URL(this.shell.url).origin;
  }

  async close(): Promise<void> {
    await this.shell.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Another, to be closed by who opens it. */
  openShell(port = 0): Promise<BrowserShell> {
    const page = new Page({ folder: this.#folder, withBridge: true });
    return openBrowserShell({ app: this.app, page, port, clock: this.clock });
  }

  async enter(): Promise<Browser> {
    const { headers } = await visit(this.shell.url);
    return { cookie: headers['set-cookie']![0]!.split(';')[0]!, page: this.origin + headers.location };
  }

  /** @param headers of another page: HOST and PORT stand for ours */
  fillIn(headers: Readonly<Record<string, string>>): Record<string, string> {
    const { host, port } = new URL(this.origin);
    const filled = Object.entries(headers).map(([name, value]) => [
      name,
      value.replace('HOST', host).replace('PORT', port),
    ]);
    return Object.fromEntries(filled);
  }
}

/** What another page of the same browser may say of itself. */
export const OTHER_PAGES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['a name that somebody points at this machine', { host: 'attacker.example' }],
  ['that name with our port', { host: 'attacker.example:PORT' }],
  ['localhost, which is a name, too', { host: 'localhost:PORT' }],
  ['another port', { host: '127.0.0.1:1' }],
  ['another site', { origin: 'https://attacker.example' }],
  ['a sandboxed frame', { origin: 'null' }],
  ['the same name over TLS', { origin: 'https://HOST' }],
  ['another port of this machine', { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }],
  ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
  ['a page that hides its origin', { origin: '' }],
];
