// @ts-check
/**
 * A tunnel from a `.conf`, as a user would set it up, between two network namespaces: the server with a web page on its
 * tunnel address, and the traveller, whose app is outside, for a browser of this machine. Nothing of the host's own
 * network is touched, and everything is undone at the end.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, say, step } from '../report.mjs';
import { checkApp, startApp } from './app.mjs';
import { PAGE_URL, SERVER_TUNNEL, TRAVELLER_TUNNEL, writeConfigs } from './configs.mjs';
import { showTunnel, watchTunnel } from './live-status.mjs';
import { connectNamespaces, Namespace, RUN_PREFIX, removeLeftovers } from './namespaces.mjs';
import { fetchPage, startWebPage } from './page.mjs';
import { Wayfare } from './wayfare.mjs';

/** What has to be undone, newest first. */
class Unwinding {
  /** @type {(() => unknown)[]} */
  #undo = [];

  /** @param {() => unknown} undo */
  defer(undo) {
    this.#undo.push(undo);
  }

  async run() {
    for (const undo of this.#undo.reverse()) {
      try {
        await undo();
      } catch (error) {
        process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
      }
    }
  }
}

/**
 * @param {{ once: boolean, signal: AbortSignal }} options
 * @returns {Promise<void>} rejects where the tunnel does not work
 */
export async function runDemo({ once, signal }) {
  const unwinding = new Unwinding();
  let proof;
  try {
    const traveller = await bringUp(unwinding, signal);
    proof = `✓ The tunnel works: ${await prove(traveller, signal)}`;
    const app = await step('starting the app', () => startApp(traveller.socketPath, traveller.home, signal));
    unwinding.defer(() => app.stop());
    if (once) {
      await step("opening the app's page", () => checkApp(app.url, signal));
      await showTunnel(traveller, TRAVELLER_TUNNEL);
    } else {
      say(`${proof}\nThe app is at ${app.url}`);
      say('Open it in your browser: it lets one in, once. Ctrl-C ends the demo.');
      await watchTunnel(traveller, TRAVELLER_TUNNEL, signal);
    }
  } finally {
    await step('removing the demo', () => unwinding.run());
  }
  say(once ? proof : 'Done.');
}

/**
 * Everything up to, but not including, the traveller's `up`.
 *
 * @param {Unwinding} unwinding
 * @param {AbortSignal} signal
 * @returns {Promise<Wayfare>} the traveller's
 */
async function bringUp(unwinding, signal) {
  await removeLeftovers();
  const directory = mkdtempSync(join(tmpdir(), RUN_PREFIX));
  unwinding.defer(() => rmSync(directory, { recursive: true, force: true }));

  const [travellerSide, serverSide] = await step('making two network namespaces, traveller and server', () =>
    makeNamespaces(unwinding),
  );

  /** @param {string} name @param {Namespace} namespace */
  const startHelper = async (name, namespace) => {
    const home = join(directory, name);
    mkdirSync(home);
    const wayfare = new Wayfare(namespace, home, signal);
    unwinding.defer(() => wayfare.stop());
    await wayfare.startHelper();
    return wayfare;
  };

  const configs = await step('writing a .conf for each, with new keys', () =>
    writeConfigs(directory, signal),
  );

  await step(`starting the server, with a web page at ${PAGE_URL} behind its tunnel`, async () => {
    const server = await startHelper('server', serverSide);
    await server.run('import', configs.server);
    await server.run('up', SERVER_TUNNEL);
    const page = await startWebPage(serverSide, signal);
    unwinding.defer(() => page.stop());
  });
  return step("starting the traveller's helper", async () => {
    const traveller = await startHelper('traveller', travellerSide);
    await traveller.run('import', configs.traveller);
    return traveller;
  });
}

/** @param {Unwinding} unwinding @returns {Promise<[Namespace, Namespace]>} */
async function makeNamespaces(unwinding) {
  const namespaces = /** @type {[Namespace, Namespace]} */ (
    ['traveller', 'server'].map((role) => new Namespace(role))
  );
  for (const namespace of namespaces) {
    unwinding.defer(() => namespace.remove());
    await namespace.create();
  }
  await connectNamespaces(...namespaces);
  return namespaces;
}

/**
 * Shows that the page is out of reach without the tunnel, and comes through it.
 *
 * @param {Wayfare} traveller
 * @param {AbortSignal} signal
 * @returns {Promise<string>} what was shown, in a sentence
 */
async function prove(traveller, signal) {
  await step('asking for the page without the tunnel, which must fail', async () => {
    const answer = await fetchPage(traveller.namespace, signal);
    if (answer.page !== null) throw new Failure(`${PAGE_URL} answered without the tunnel`);
  });
  await step(`wayfare up ${TRAVELLER_TUNNEL}`, () => traveller.run('up', TRAVELLER_TUNNEL));
  const before = await traveller.tunnel(TRAVELLER_TUNNEL);
  const page = await step('fetching the page through the tunnel', async () => {
    const answer = await fetchPage(traveller.namespace, signal);
    if (answer.page === null)
      throw new Failure(`${PAGE_URL} did not answer through the tunnel: ${answer.error}`);
    return answer.page;
  });
  const after = await traveller.tunnel(TRAVELLER_TUNNEL);
  const received = after.rxBytes - before.rxBytes;
  if (received < page.bytes) {
    throw new Failure(`the page has ${page.bytes} bytes, but the tunnel's rx moved by ${received} only`);
  }
  return (
    `“${page.title}”, ${page.bytes} bytes in ${page.milliseconds} ms from ${PAGE_URL}; ` +
    `rx ${before.rxBytes} → ${after.rxBytes}, tx ${before.txBytes} → ${after.txBytes}.`
  );
}
