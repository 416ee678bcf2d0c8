// @ts-check
/** The web page behind the server's tunnel, and the traveller's look at it: each a process in its namespace. */
import { fileURLToPath } from 'node:url';
import { capture } from '../run.mjs';
import { Background } from './background.mjs';
import { PAGE_URL, SERVER_INSIDE } from './configs.mjs';

/** @import { Namespace } from './namespaces.mjs' */
/** @typedef {{ title: string, bytes: number, milliseconds: number }} Page */

const SERVE = fileURLToPath(new URL('./serve-page.mjs', import.meta.url));
const FETCH = fileURLToPath(new URL('./fetch-page.mjs', import.meta.url));
const READY_TIMEOUT_MS = 20_000;

/** @param {Namespace} server @param {AbortSignal} signal @returns {Promise<Background>} */
export async function startWebPage(server, signal) {
  const page = new Background(...server.command(process.execPath, [SERVE, SERVER_INSIDE]));
  await page.waitUntil('the web page', () => page.lastLines.includes('listening'), READY_TIMEOUT_MS, signal);
  return page;
}

/**
 * @param {Namespace} traveller
 * @param {AbortSignal} signal
 * @returns {Promise<{ page: Page } | { page: null, error: string }>}
 */
export async function fetchPage(traveller, signal) {
  const [program, args] = traveller.command(process.execPath, [FETCH, PAGE_URL]);
  const { code, stdout, stderr } = await capture(program, args, { signal, detached: true });
  return code === 0 ? { page: JSON.parse(stdout) } : { page: null, error: stderr.trim() };
}
