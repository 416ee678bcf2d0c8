/**
 * A program: the helper's socket with nothing behind it, for the groups that its one argument names in JSON. It prints
 * `ready`, and the name of each verb for administrators that is carried out.
 */
import { systemClock } from '../../helper/clock.ts';
import type { LogEvent, TunnelStatus, TunnelsEvent } from '../../helper/ipc/contract.ts';
import { Announcements, Samples } from '../../helper/ipc/events.ts';
import { type ServerOptions, serve } from '../../helper/ipc/server.ts';
import { createLog } from '../../helper/log.ts';
import { NO_TRAFFIC } from './no-traffic.ts';
import { NO_DIGEST, NOTHING_IMPORTED } from './nothing-imported.ts';
import { tunnelStatusOf } from './tunnel-status.ts';

const tunnel = tunnelStatusOf('home', { addresses: ['10.7.0.2/24'] });
/** For whoever asks for the tunnel `large`: three megabytes. */
const large: TunnelStatus = { ...tunnel, dns: ['x'.repeat(3_000_000)] };

const noted = new Announcements<LogEvent>(async () => []);
const changes = new Announcements<TunnelsEvent>(async () => [stateEvent('home', 'disconnected')]);
const traffic = new Samples(
  async () => ({ event: 'traffic' as const, atMs: systemClock.monotonicMs(), tunnels: [] }),
  1_000,
  systemClock,
);

function stateEvent(name: string, state: TunnelStatus['state']): TunnelsEvent {
  return { event: 'tunnel-state', name, state, error: null };
}

function carriedOut(verb: string): void {
  process.stdout.write(`${verb}\n`);
}

const log = createLog((line) => process.stderr.write(line), Date.now);
const { socketPath, groups } = JSON.parse(process.argv[2]!) as Pick<ServerOptions, 'socketPath' | 'groups'>;

await serve({
  socketPath,
  groups,
  clock: systemClock,
  events: { tunnels: changes, traffic, log: noted },
  log: (level, message, fields) => {
    if (level !== 'info') log(level, message, fields);
  },
  handlers: {
    import: async () => {
      carriedOut('import');
      return NOTHING_IMPORTED;
    },
    export: async () => {
      carriedOut('export');
      return { config: '[Interface]\n', digest: NO_DIGEST };
    },
    edit: async () => {
      carriedOut('edit');
      return { ...NOTHING_IMPORTED, digest: NO_DIGEST };
    },
    remove: async () => {
      carriedOut('remove');
      return {};
    },
    list: async () => ({ tunnels: [{ name: 'home', state: 'disconnected' }] }),
    up: async ({ name }) => {
      changes.announce(stateEvent(name, 'connecting'));
      changes.announce(stateEvent(name, 'connected'));
      return { outcome: 'connected' };
    },
    reconnect: async () => ({ outcome: 'connected' }),
    down: async ({ name }) => {
      changes.announce(stateEvent(name ?? 'home', 'disconnected'));
      return { names: [], leftovers: [], hasOpened: false };
    },
    status: async ({ name }) => ({
      tunnels: [name === 'large' ? large : tunnel],
      lockdown: false,
      isClosed: false,
    }),
    logs: async () => ({ entries: [], isCut: false }),
    traffic: async () => NO_TRAFFIC,
    set: async () => {
      carriedOut('set');
      return {};
    },
    lockdown: async () => {
      carriedOut('lockdown');
      return {};
    },
    reset: async () => {
      carriedOut('reset');
      return { leftovers: [] };
    },
  },
});
carriedOut('ready');
