/** What a helper that was killed left on the machine: taken over where its tunnels are to go on, else removed. */

import { rm } from 'node:fs/promises';
import type { Dns } from './dns/index.ts';
import { type FailureParts, leftover } from './failure.ts';
import type { Firewall } from './firewall/index.ts';
import type { Log } from './log.ts';
import type { MachineSettingsStore } from './machine-settings.ts';
import type { FullTunnelRouting } from './routes/full-tunnel-routing.ts';
import type { Routes } from './routes/index.ts';
import type { TunDevices } from './tun/index.ts';
import type { LiveJournal } from './tunnel/live-journal.ts';
import type { Protection } from './tunnel/protection.ts';

/** Where leftovers can be. */
export interface Traces {
  readonly tun: TunDevices;
  readonly routes: Routes;
  readonly fullTunnelRouting: FullTunnelRouting;
  readonly dns: Dns;
  readonly journal: LiveJournal;
  readonly log: Log;
}

/**
 * At the helper's start, before it serves anybody. What cannot be removed is logged, and is no reason not to serve.
 *
 * @returns the names of the tunnels that were up: they are guarded, and to be brought up again
 */
export async function recover(traces: Traces, protection: Protection): Promise<string[]> {
  const { journal } = traces;
  const { tunnels, kernelSettings } = await journal.read();
  const names = [...tunnels.keys()];
  const hasFullTunnel = [...tunnels.values()].some(({ isFull }) => isFull);
  await attemptAll(traces.log, [
    ['resume the kill switch', () => protection.resume(tunnels)],
    ['put the settings of the kernel back', () => traces.fullTunnelRouting.restoreSettings(kernelSettings)],
    ['remove interfaces', () => traces.tun.removeLeftovers(names)],
    [
      'remove the routes of a full tunnel',
      () => (hasFullTunnel ? undefined : traces.fullTunnelRouting.removeLeftovers()),
    ],
    // One that goes on asks for the way to its endpoint, which its own routes must not answer.
    [
      'remove the routes to endpoints',
      () => (names.length > 0 ? undefined : traces.routes.removeLeftovers()),
    ],
    ['give the DNS servers back', () => traces.dns.recover(names)],
    ['remove the sockets of engines', () => removeUapiSockets(names)],
  ]);
  return names;
}

/** Everything of ours, whatever state it is in: the machine is open afterwards. @returns what could not be removed */
export async function reset(
  traces: Traces,
  firewall: Firewall,
  machine: MachineSettingsStore,
  release: () => Promise<void> = async () => {},
): Promise<FailureParts[]> {
  const { journal } = traces;
  const { tunnels, kernelSettings } = await journal.read();
  return attemptAll(traces.log, [
    ['remove interfaces', () => traces.tun.removeLeftovers([])],
    ['remove the routes of a full tunnel', () => traces.fullTunnelRouting.removeLeftovers()],
    ['remove the routes to endpoints', () => traces.routes.removeLeftovers()],
    ['put the settings of the kernel back', () => traces.fullTunnelRouting.restoreSettings(kernelSettings)],
    ['give the DNS servers back', () => traces.dns.recover([])],
    ['remove the sockets of engines', () => removeUapiSockets([...tunnels.keys()])],
    // Late: while something of the tunnels stands, nothing may pass beside them.
    ['end the lockdown', () => machine.write({ lockdown: false })],
    ['open the kill switch', release],
    ['remove the kill switch', () => firewall.reset()],
    ['forget which tunnels were up', () => journal.writeTunnels(new Map())],
  ]);
}

async function removeUapiSockets(names: readonly string[]): Promise<void> {
  if (process.platform !== 'linux') return;
  const { uapiSocketPath } = await import('../engine/io/descriptors.ts');
  for (const name of names) await rm(uapiSocketPath(name), { force: true });
}

type Attempt = readonly [what: string, work: () => unknown];

/** One that fails does not stop the others. @returns the failures */
async function attemptAll(log: Log, attempts: readonly Attempt[]): Promise<FailureParts[]> {
  const failures: FailureParts[] = [];
  for (const [what, work] of attempts) {
    try {
      await work();
    } catch (error) {
      failures.push(leftover(what, error, log));
    }
  }
  return failures;
}
