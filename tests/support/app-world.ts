/**
 * The helper's world and the app's page in a real browser beside it: the app and the browser are outside of the
 * namespaces, as for a person, and reach the helper by its socket.
 */
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import type {} from './browser-server.ts'; // what is injected
import { HelperWorld } from './helper-world.ts';
import { BackgroundProcess, waitFor } from './processes.ts';

export interface Visit extends Pick<BrowserContextOptions, 'colorScheme' | 'reducedMotion' | 'permissions'> {
  readonly width?: number;
  readonly height?: number;
}

export class AppWorld extends HelperWorld {
  ui!: BackgroundProcess;
  /** Where the page is. */
  address = '';
  /** What no page may do: ask elsewhere, break its policy, fail. In words. */
  readonly misdeeds: string[] = [];
  /** The browser that all files share, unless another is put here. */
  browserEndpoint = '';
  #cookie = '';
  #browser!: Browser;

  override async open(): Promise<void> {
    await super.open();
    this.#browser = await chromium.connect(this.browserEndpoint || inject('browser'));
    await this.startUi();
  }

  override async close(): Promise<void> {
    await this.#browser?.close();
    await this.ui?.stop();
    await super.close();
  }

  /** Starts the app, and enters it in place of the browser. */
  async startUi(port = 0): Promise<void> {
    const program = [join(this.folder, 'dist', 'wayfare-ui.js'), '--socket', this.socketPath];
    const env = { XDG_CONFIG_HOME: join(this.folder, 'config') };
    const args = [...program, '--port', String(port), '--no-open'];
    this.ui = new BackgroundProcess(process.execPath, args, { env });
    const url = await waitFor(() => /http:\S+/.exec(this.ui.stdout)?.[0], { what: 'the app to start' });
    const { headers } = await fetch(url, { redirect: 'manual' });
    this.#cookie = headers.get('set-cookie')!.split(';')[0]!;
    this.address = new URL(headers.get('location')!, url).href;
  }

  /** A page of its own, with nothing of another test's. @param place such as `#/settings`, or `about:blank` for none yet */
  async visit(place = '', { width = 1_000, height = 720, ...options }: Visit = {}): Promise<Page> {
    const still = { reducedMotion: 'reduce' } as const; // a browser without a graphics card draws motion dearly
    const context = await this.#browser.newContext({ viewport: { width, height }, ...still, ...options });
    context.setDefaultTimeout(20_000);
    const [name = '', value = ''] = this.#cookie.split('=');
    const { pathname: path, hostname: domain, origin } = new URL(this.address);
    await context.addCookies([{ name, value, path, domain, httpOnly: true, sameSite: 'Strict' }]);
    const page = await context.newPage();
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${origin}/`) && !/^(data|blob):/.test(url)) this.misdeeds.push(`request ${url}`);
    });
    page.on('pageerror', (error) => this.misdeeds.push(`error ${error.stack}`));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.misdeeds.push(`console ${message.text()}`);
    });
    if (place === 'about:blank') return page;
    await page.goto(this.address + place);
    await page.getByRole('heading').first().waitFor();
    return page;
  }

  /** For a test that ends the app: the browser notes what it could not load then. */
  forgiveFailedLoads(): void {
    const failed = /^console (Failed to load resource|WebSocket connection to \S+ failed)/;
    this.misdeeds.splice(0, Number.POSITIVE_INFINITY, ...this.misdeeds.filter((each) => !failed.test(each)));
  }

  async storedNames(): Promise<string[]> {
    return (await this.ask('list', {})).tunnels.map(({ name }) => name).sort();
  }

  /** The `.conf` of a tunnel. */
  async configOf(name: string): Promise<string> {
    return (await this.ask('export', { name })).config;
  }

  /** At the end of each test. */
  async closePages(): Promise<void> {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
    expect(this.misdeeds.splice(0)).toEqual([]);
  }
}
