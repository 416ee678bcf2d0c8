// @ts-check
/**
 * `npm start [-- --once]`: set-up, build, then the app. As root that is the demo: a tunnel at work and the app's page
 * to look at it, until Ctrl-C; with `--once` it ends after the first proof. Otherwise it is Electron, where its binary
 * is, or the browser, for the helper of this machine.
 */
import { join } from 'node:path';
import { isRoot, whyNoNamespaces } from './prerequisites.mjs';
import { describe, Failure, say, step } from './report.mjs';
import { show } from './run.mjs';
import { ROOT, setUp } from './setup.mjs';
import { chooseShell } from './shell.mjs';

const stopping = new AbortController();
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => stopping.abort());
}
process.stdout.on('error', () => stopping.abort()); // whoever read it has gone

/** @param {readonly string[]} args @returns {{ once: boolean }} */
function parseArguments(args) {
  const unknown = args.find((arg) => arg !== '--once');
  if (unknown !== undefined)
    throw new Failure(`npm start: unknown argument ${unknown}; there is only --once`);
  return { once: args.includes('--once') };
}

async function main() {
  const { once } = parseArguments(process.argv.slice(2));
  const advice = await setUp('start');
  const { bundle } = await import('./bundle.mjs');
  await step('building', bundle);
  const shell = chooseShell();
  if (shell.kind === 'electron' && !once) {
    say(
      'The app opens in Electron, whose binary is here. As root, npm start has a demo tunnel for the browser.',
    );
    process.exitCode = await show(shell.binary, [ROOT]);
    return;
  }
  if (!isRoot() && once)
    throw new Failure('The demo makes network namespaces, which needs root. Run: sudo npm start');
  if (!isRoot() && shell.kind === 'browser') {
    say(`· the app is for your browser: ${shell.reason}`);
    say('· it shows the tunnels of an installed helper; a demo tunnel needs root: sudo npm start');
    process.exitCode = await show(process.execPath, [join(ROOT, 'dist', 'wayfare.js'), 'ui']);
    return;
  }
  if (advice !== null) throw new Failure(`Something is missing: ${advice}`);
  const refused = await whyNoNamespaces();
  if (refused !== null) throw new Failure(`The demo needs network namespaces: ${refused}`);
  const { runDemo } = await import('./demo/demo.mjs');
  if (shell.kind === 'browser') say(`· the app is for your browser: ${shell.reason}`);
  await runDemo({ once, signal: stopping.signal });
}

try {
  await main();
} catch (error) {
  if (stopping.signal.aborted) {
    say('Stopped before the tunnel was up.');
  } else {
    process.stderr.write(`✗ ${describe(error)}\n`);
  }
  process.exitCode = 1;
}
