/** The helper's composition root: the only file that knows every part. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bootMs, systemClock } from './clock.ts';
import { dnsFor } from './dns/index.ts';
import { type FailureParts, toFailure } from './failure.ts';
import { firewallFor } from './firewall/index.ts';
import type { LogEvent } from './ipc/contract.ts';
import { Announcements } from './ipc/events.ts';
import { lookUpGroups, systemGroup } from './ipc/groups.ts';
import { takeOver } from './ipc/listener.ts';
import { serve } from './ipc/server.ts';
import { createLog, type Log } from './log.ts';
import { parseLogLine } from './logs/entry.ts';
import { openLogFile } from './logs/log-file.ts';
import { newestEntriesOf } from './logs/newest.ts';
import { type MachineSettingsStore, openMachineSettings } from './machine-settings.ts';
import { watchFirewall, watchNetwork } from './network/change-watch.ts';
import { recover, reset, type Traces } from './recovery.ts';
import { fullTunnelRoutingFor } from './routes/full-tunnel-routing.ts';
import { routesFor } from './routes/index.ts';
import { Traffic } from './traffic/index.ts';
import { Timeline } from './traffic/timeline.ts';
import { trafficStore } from './traffic/traffic-store.ts';
import { tunDevicesFor } from './tun/index.ts';
import { systemLookUp } from './tunnel/endpoints.ts';
import { engineStarter } from './tunnel/engine.ts';
import { lookUpEngineUser } from './tunnel/engine-user.ts';
import { openLiveJournal } from './tunnel/live-journal.ts';
import { Protection } from './tunnel/protection.ts';
import { openTunnelStore } from './tunnel/store.ts';
import { Tunnels } from './tunnel/tunnels.ts';

export interface HelperOptions {
  readonly socketPath: string;
  readonly stateDir: string;
}

/** The engine lies beside the bundle that this file is part of. */
const ENGINE_PATH = fileURLToPath(new URL('./wayfare-engine.js', import.meta.url));
const STOP_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
/** A closing terminal ends the helper like Ctrl-C does. */
const AT_TERMINAL: readonly (string | Error)[] = ['SIGINT', 'SIGHUP'];

/**
 * Serves until a signal asks it to stop.
 *
 * @returns the exit code
 * @throws Failure where it cannot start
 */
export async function runHelper({ socketPath, stateDir }: HelperOptions): Promise<number> {
  process.umask(0o077);
  process.stderr.on('error', () => {}); // a log that nobody reads any more must not end the tunnels
  let handedOver: number | null = null;
  if (process.platform === 'linux') {
    const { keepDescriptorsFromChildren, lockStateDir } = await import('./descriptors.ts');
    const { takeHandedOverSocket } = await import('./ipc/socket-activation.ts');
    keepDescriptorsFromChildren();
    lockStateDir(stateDir);
    handedOver = takeHandedOverSocket(socketPath, process.env, process.pid);
  }
  const entries = new Announcements<LogEvent>(async () => []);
  const log = createLog(announcing(await logWriter(stateDir), entries), Date.now);
  const store = await openTunnelStore(stateDir);
  for (const file of await store.foreignFiles())
    log('warning', 'a file in the store is no tunnel, and is left alone', { file });
  const machine = await openMachineSettings(stateDir);
  const firewall = firewallFor(process.platform);
  // Before anything of another helper is taken for a dead one's, or put beside the socket. At systemd's no other can listen.
  if (handedOver === null) await takeOver(socketPath);
  if (process.platform === 'linux') (await import('./descriptors.ts')).lockNetwork();
  const traces = await tracesOf({ socketPath, stateDir }, log);
  const protection = new Protection(firewall, traces.journal, await isLockedDown(machine, log));
  const names = await recover(traces, protection);
  const timeline = new Timeline({ bootMs, wallMs: systemClock.wallMs });
  const traffic = new Traffic({ store: trafficStore(stateDir), timeline, log });
  const tunnels = new Tunnels(store, machine, {
    ...traces,
    protection,
    traffic,
    startEngine: engineStarter(ENGINE_PATH, await lookUpEngineUser()),
    lookUp: systemLookUp,
    clock: systemClock,
    reset: (release) => reset(traces, firewall, machine, release),
  });
  const handlers = { ...tunnels.handlers, logs: newestEntriesOf(stateDir, systemClock) };
  const events = { ...tunnels.events, log: entries };
  const stopping = stopRequest();
  const watches = [
    await watchNetwork(systemClock, () => tunnels.onNetworkChanged()),
    await watchFirewall(systemClock, () => tunnels.onFirewallChanged()),
  ];
  await tunnels.resume(names); // whoever waits at the socket hears that they are coming up
  const groups = await lookUpGroups(systemGroup, log);
  const service = { socketPath, groups, handlers, events, clock: systemClock, log };
  const server = await serve(service, handedOver).catch(async (error) => {
    for (const end of watches) end();
    await tunnels.abandon();
    throw error;
  });
  log('info', 'helper ready', { socket: socketPath, pid: process.pid });

  const reason = await stopping;
  log(reason instanceof Error ? 'error' : 'info', 'helper stopping', {
    reason: reason instanceof Error ? (reason.stack ?? reason.message) : reason,
  });
  for (const end of watches) end();
  await server.close();
  // Whoever sits at the terminal wants it all ended; a service manager, or a mistake of ours, may not open a kill switch.
  await (AT_TERMINAL.includes(reason) ? tunnels.close() : tunnels.abandon());
  await traffic.settled();
  log('info', 'helper stopped');
  return reason instanceof Error ? 1 : 0;
}

/** Before the network is up, and before the helper: what a person has closed stays closed. @throws Failure */
export async function lockDownAtBoot(stateDir: string): Promise<void> {
  const log = createLog((line) => process.stderr.write(line), Date.now);
  if (await isLockedDown(await openMachineSettings(stateDir), log))
    await firewallFor(process.platform).apply({ lockdown: true, tunnels: [] });
}

/** Removes everything of ours without a helper. @throws Failure where one is running, or it is not root's to do */
export async function resetMachine(options: HelperOptions): Promise<FailureParts[]> {
  const { stateDir } = options;
  if (process.platform === 'linux') {
    const { lockNetwork, lockStateDir } = await import('./descriptors.ts');
    lockStateDir(stateDir);
    lockNetwork();
  }
  const log = createLog(await logWriter(stateDir), Date.now);
  const traces = await tracesOf(options, log);
  return reset(traces, firewallFor(process.platform), await openMachineSettings(stateDir));
}

async function tracesOf({ socketPath, stateDir }: HelperOptions, log: Log): Promise<Traces> {
  return {
    tun: tunDevicesFor(process.platform),
    routes: routesFor(process.platform),
    fullTunnelRouting: fullTunnelRoutingFor(process.platform),
    dns: dnsFor(process.platform, { stateDir, clock: systemClock, log }),
    journal: await openLiveJournal(join(dirname(socketPath), 'live'), log),
    log,
  };
}

/** What cannot be read must not open what a person may have closed. */
async function isLockedDown(machine: MachineSettingsStore, log: Log): Promise<boolean> {
  try {
    return (await machine.read()).lockdown;
  } catch (error) {
    log('error', 'the settings cannot be read: nothing leaves without a tunnel', {
      reason: toFailure(error).message,
    });
    return true;
  }
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

/** What is written is told to those who follow the log, as it stands there: without keys. */
function announcing(write: (line: string) => void, entries: Announcements<LogEvent>): (line: string) => void {
  return (line) => {
    write(line);
    const entry = parseLogLine(line);
    if (entry !== null) entries.announce({ event: 'log', entry });
  };
}

/** Resolves at the first signal, or at a mistake of our own that nobody caught: then too, nothing may be left behind. */
function stopRequest(): Promise<string | Error> {
  return new Promise((resolve) => {
    for (const signal of STOP_SIGNALS) process.on(signal, () => resolve(signal));
    process.on('uncaughtException', resolve);
  });
}
