// @ts-check
/** The traveller's app, in the browser shell: outside of the demo's namespaces, where the person's browser is. */
import { join } from 'node:path';
import { Failure } from '../report.mjs';
import { ROOT } from '../setup.mjs';
import { Background } from './background.mjs';

const PROGRAM = join(ROOT, 'dist', 'wayfare-ui.js');
const READY_TIMEOUT_MS = 20_000;

/**
 * @param {string} socketPath of the helper: a socket in the file system is reached from every network namespace
 * @param {string} directory for its settings
 * @param {AbortSignal} signal
 * @returns {Promise<{ url: string, stop(): Promise<void> }>} its address, for one browser, once
 */
export async function startApp(socketPath, directory, signal) {
  const settings = `XDG_CONFIG_HOME=${directory}`;
  const program = [process.execPath, PROGRAM, '--socket', socketPath, '--no-open'];
  // A demo that is killed leaves it in no namespace, by which the next demo would find it.
  const app = new Background('setpriv', ['--pdeathsig', 'KILL', 'env', settings, ...program]);
  const findUrl = () => /http:\S+/.exec(app.lastLines)?.[0];
  await app.waitUntil('the app', () => findUrl() !== undefined, READY_TIMEOUT_MS, signal);
  return { url: findUrl() ?? '', stop: () => app.stop() };
}

/**
 * Opens the page as a browser does. The address is used up by it.
 *
 * @param {string} url
 * @param {AbortSignal} signal
 */
export async function checkApp(url, signal) {
  const entered = await fetch(url, { redirect: 'manual', signal });
  const [cookie = ''] = (entered.headers.get('set-cookie') ?? '').split(';');
  const place = new URL(entered.headers.get('location') ?? '/', url);
  const page = await fetch(place, { headers: { cookie }, signal });
  const text = await page.text();
  if (!page.ok || !text.includes('<title>Wayfare</title>'))
    throw new Failure(`the app's page answered ${page.status}: ${text.slice(0, 200)}`);
}
