// @ts-check
/**
 * `npm start [-- --once]`: set-up, build, then the demo, which shows a tunnel at work until Ctrl-C. With `--once` it
 * ends after the first proof.
 */
import { isRoot, whyNoNamespaces } from './prerequisites.mjs';
import { describe, Failure, say, step } from './report.mjs';
import { setUp } from './setup.mjs';

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
  if (!isRoot())
    throw new Failure('The demo makes network namespaces, which needs root. Run: sudo npm start');
  if (advice !== null) throw new Failure(`Something is missing: ${advice}`);
  const refused = await whyNoNamespaces();
  if (refused !== null) throw new Failure(`The demo needs network namespaces: ${refused}`);
  const { runDemo } = await import('./demo/demo.mjs');
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
