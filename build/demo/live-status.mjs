// @ts-check
/** The tunnel's state as it changes: in place on a terminal, else a line every five seconds. */
import { setTimeout as delay } from 'node:timers/promises';
import { say } from '../report.mjs';
import { fetchPage } from './page.mjs';

/** @import { TunnelStatus, Wayfare } from './wayfare.mjs' */

const TERMINAL_INTERVAL_MS = 1_000;
const LINE_INTERVAL_MS = 5_000;
/** The page is fetched again this often, so that there is something to see. */
const FETCH_INTERVAL_MS = 10_000;

/** @param {number} bytes */
function formatBytes(bytes) {
  if (bytes < 1_024) return `${bytes} B`;
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  const exponent = Math.min(units.length, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 1_024 ** exponent).toFixed(1)} ${units[exponent - 1]}`;
}

/** @param {TunnelStatus} tunnel @param {number} nowSeconds Unix time */
export function formatStatus({ name, state, error, rxBytes, txBytes, peers }, nowSeconds) {
  const { endpoint = null, latestHandshake = null } = peers[0] ?? {};
  const handshake = latestHandshake
    ? `${Math.max(0, Math.round(nowSeconds - latestHandshake))} s ago`
    : 'none yet';
  const parts = [
    `${name} ${state}${error === null ? '' : ` (${error.what})`}`,
    `handshake ${handshake}`,
    `endpoint ${endpoint ?? 'unknown'}`,
    `rx ${formatBytes(rxBytes)}`,
    `tx ${formatBytes(txBytes)}`,
  ];
  return parts.join(' · ');
}

/** @param {Wayfare} traveller @param {string} name */
export async function showTunnel(traveller, name) {
  say(`  ${formatStatus(await traveller.tunnel(name), Date.now() / 1_000)}`);
}

/**
 * Shows the tunnel until `signal` is aborted.
 *
 * @param {Wayfare} traveller
 * @param {string} name
 * @param {AbortSignal} signal
 */
export async function watchTunnel(traveller, name, signal) {
  const { isTTY } = process.stdout;
  let nextFetch = Date.now() + FETCH_INTERVAL_MS;
  try {
    for (;;) {
      if (Date.now() >= nextFetch) {
        await fetchPage(traveller.namespace, signal);
        nextFetch = Date.now() + FETCH_INTERVAL_MS;
      }
      const line = formatStatus(await traveller.tunnel(name), Date.now() / 1_000);
      process.stdout.write(isTTY ? `\r\x1b[K${line}` : `${line}\n`);
      await delay(isTTY ? TERMINAL_INTERVAL_MS : LINE_INTERVAL_MS, undefined, { signal });
    }
  } catch (error) {
    if (isTTY) say('');
    if (!signal.aborted) throw error;
  }
}
