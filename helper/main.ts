/** The helper's composition root: the only file that knows every part. */
import { fileURLToPath } from 'node:url';
import { systemClock } from './clock.ts';
import { toFailure } from './failure.ts';
import { serve } from './ipc/server.ts';
import { createLog } from './log.ts';
import { openLogFile } from './logs/log-file.ts';
import { routesFor } from './routes/index.ts';
import { tunDevicesFor } from './tun/index.ts';
import { systemLookUp } from './tunnel/endpoints.ts';
import { engineStarter } from './tunnel/engine.ts';
import { openTunnelStore } from './tunnel/store.ts';
import { Tunnels } from './tunnel/tunnels.ts';

export interface HelperOptions {
  readonly socketPath: string;
  readonly stateDir: string;
}

/** The engine lies beside the bundle that this file is part of. */
const ENGINE_PATH = fileURLToPath(new URL('./wayfare-engine.js', import.meta.url));
/** nobody and nogroup: engines own no file. */
const ENGINE_USER = { uid: 65_534, gid: 65_534 };
/** A closing terminal ends the helper like Ctrl-C does. */
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/**
 * Serves until a signal asks it to stop, then takes every tunnel down.
 *
 * @returns the exit code
 * @throws Failure where it cannot start
 */
export async function runHelper({ socketPath, stateDir }: HelperOptions): Promise<number> {
  process.umask(0o077);
  process.stderr.on('error', () => {}); // a log that nobody reads any more must not end the tunnels
  if (process.platform === 'linux') {
    const { keepDescriptorsFromChildren, lockStateDir } = await import('./descriptors.ts');
    keepDescriptorsFromChildren();
    lockStateDir(stateDir);
  }
  const log = createLog(await logWriter(stateDir), Date.now);
  const store = await openTunnelStore(stateDir);
  for (const file of await store.foreignFiles())
    log('warning', 'a file in the store is no tunnel, and is left alone', { file });
  const tunnels = new Tunnels(store, {
    tun: tunDevicesFor(process.platform),
    routes: routesFor(process.platform),
    startEngine: engineStarter(ENGINE_PATH, ENGINE_USER),
    lookUp: systemLookUp,
    clock: systemClock,
    log,
  });
  const server = await serve({ socketPath, handlers: tunnels.handlers, log });
  const stopping = stopRequest();
  log('info', 'helper ready', { socket: socketPath, pid: process.pid });

  const reason = await stopping;
  log(reason instanceof Error ? 'error' : 'info', 'helper stopping', {
    reason: reason instanceof Error ? (reason.stack ?? reason.message) : reason,
  });
  await server.close();
  await tunnels.close();
  log('info', 'helper stopped');
  return reason instanceof Error ? 1 : 0;
}

/** On stderr, for the journal or whoever started the helper, and in the state folder, for those who ask later. */
async function logWriter(stateDir: string): Promise<(line: string) => void> {
  const toStderr = (line: string) => process.stderr.write(line);
  try {
    const file = await openLogFile(stateDir, Date.now);
    return (line) => {
      toStderr(line);
      file.write(line);
    };
  } catch (error) {
    const log = createLog(toStderr, Date.now);
    log('warning', 'the log is not kept', { reason: toFailure(error).message });
    return toStderr;
  }
}

/** Resolves at the first signal, or at a mistake of our own that nobody caught: then too, nothing may be left behind. */
function stopRequest(): Promise<string | Error> {
  return new Promise((resolve) => {
    for (const signal of STOP_SIGNALS) process.on(signal, () => resolve(signal));
    process.on('uncaughtException', resolve);
  });
}
