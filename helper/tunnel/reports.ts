/** What is told of all tunnels, and of the machine: as it changes to those who subscribed, and by `status`. */
import { toFailure } from '../failure.ts';
import type { MachineStateEvent, TrafficEvent, TunnelStatus, TunnelsEvent } from '../ipc/contract.ts';
import { Announcements, type EventSources, Samples } from '../ipc/events.ts';
import type { ReadTunnel, World } from './bring-up.ts';
import type { KnownTunnels } from './known-tunnels.ts';
import { DEFAULT_TUNNEL_SETTINGS } from './settings.ts';
import type { TunnelFailure } from './state-machine.ts';
import { totalsOf, tunnelStatus } from './status.ts';
import type { Tunnel } from './tunnel.ts';
import { type EngineDevice, readDevice } from './uapi-client.ts';

/** An engine answers in milliseconds; `status` goes on without one that does not. */
const STATUS_TIMEOUT_MS = 2_000;
/** How often the traffic is told to those who subscribed to it. */
const TRAFFIC_INTERVAL_MS = 1_000;

export class Reports {
  readonly #known: KnownTunnels;
  readonly #world: World;
  readonly #changes = new Announcements<TunnelsEvent>(async () => [
    this.#machineState(),
    ...(await this.#known.names()).map((name) => stateEvent(this.#known.get(name))),
  ]);
  readonly events: Omit<EventSources, 'log'>;

  constructor(known: KnownTunnels, world: World) {
    this.#known = known;
    this.#world = world;
    this.events = {
      tunnels: this.#changes,
      traffic: new Samples(() => this.#traffic(), TRAFFIC_INTERVAL_MS, world.clock),
    };
  }

  tellState(tunnel: Tunnel): void {
    this.#changes.announce(stateEvent(tunnel));
  }

  /** @param newName null where it is gone, and not only its name */
  tellRemoved(name: string, newName: string | null): void {
    this.#changes.announce({ event: 'tunnel-removed', name, newName });
  }

  /** Announces what the work has changed of the machine, also where it fails in the middle. */
  async tellingMachine<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#machineState();
    try {
      return await work();
    } finally {
      const now = this.#machineState();
      if (now.lockdown !== before.lockdown || now.isClosed !== before.isClosed) this.#changes.announce(now);
    }
  }

  async status(name: string): Promise<TunnelStatus> {
    const { state, live } = this.#known.get(name);
    const [stored, device] = await Promise.all([this.#storedOrFailure(name), this.#device(name)]);
    const config = live.config ?? ('config' in stored ? stored.config : null);
    const configFailure = live.config === null && 'cause' in stored ? stored : null;
    const settings = 'settings' in stored ? stored.settings : DEFAULT_TUNNEL_SETTINGS;
    const isGuarded = this.#world.protection.of(name)?.killSwitch === true;
    return tunnelStatus({ name, state, live, config, configFailure, settings, isGuarded, device });
  }

  #machineState(): MachineStateEvent {
    const { lockdown, isClosed } = this.#world.protection;
    return { event: 'machine-state', lockdown, isClosed };
  }

  async #storedOrFailure(name: string): Promise<Awaited<ReturnType<ReadTunnel>> | TunnelFailure> {
    try {
      return await this.#known.read(name);
    } catch (error) {
      return { cause: 'read-config', ...toFailure(error).parts };
    }
  }

  async #traffic(): Promise<TrafficEvent> {
    const names = this.#known.all.map(({ name }) => name);
    const devices = await Promise.all(names.map((name) => this.#device(name)));
    const tunnels = names.flatMap((name, i) => {
      const peers = devices[i]?.peers;
      if (peers === undefined) return [];
      const handshakes = peers.flatMap(({ latestHandshake }) => latestHandshake ?? []);
      const latestHandshake = handshakes.length === 0 ? null : Math.max(...handshakes);
      return [{ name, ...totalsOf(peers), latestHandshake }];
    });
    return { event: 'traffic', atMs: this.#world.clock.monotonicMs(), tunnels };
  }

  async #device(name: string): Promise<EngineDevice | null> {
    const { engine } = this.#known.get(name).live;
    if (engine === null) return null;
    // An engine that is just starting, or ending, has nothing to say: the config stands in for it.
    return readDevice(engine.request, AbortSignal.timeout(STATUS_TIMEOUT_MS)).catch(() => null);
  }
}

function stateEvent({ name, state }: Tunnel): TunnelsEvent {
  return {
    event: 'tunnel-state',
    name,
    state: state.kind,
    error: state.kind === 'error' ? state.failure : null,
  };
}
