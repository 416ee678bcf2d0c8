/** All tunnels of this helper: what its socket's verbs do. */
import { Failure, toFailure } from '../failure.ts';
import type { Handlers } from '../ipc/answer.ts';
import {
  type ImportSummary,
  MAX_UP_TIMEOUT_SECONDS,
  type MachineStateEvent,
  type RequestOf,
  type ResultOf,
  type TrafficEvent,
  type TunnelStatus,
  type TunnelsEvent,
} from '../ipc/contract.ts';
import { Announcements, type EventSources, Samples } from '../ipc/events.ts';
import type { MachineSettingsStore } from '../machine-settings.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { inBoth, isMainTable } from '../routes/plan.ts';
import { allowedIpsOf, guardAfter, type ReadTunnel, type World } from './bring-up.ts';
import { type Claim, claimOf, isMeeting, placeTaken } from './claim.ts';
import { importSummary, nameFor, readConf } from './conf.ts';
import { digestOf } from './digest.ts';
import { type Endpoint, resolveEndpoints } from './endpoints.ts';
import { DEFAULT_TUNNEL_SETTINGS } from './settings.ts';
import type { TunnelFailure } from './state-machine.ts';
import { totalsOf, tunnelStatus } from './status.ts';
import { noSuchTunnel, type TunnelStore } from './store.ts';
import { Tunnel, wasCancelled } from './tunnel.ts';
import type { StoredTunnel } from './tunnel-file.ts';
import { type EngineDevice, readDevice } from './uapi-client.ts';

/** An engine answers in milliseconds; `status` goes on without one that does not. */
const STATUS_TIMEOUT_MS = 2_000;
/** A name is answered in less, or its answer does not come by this tunnel. */
const LOOK_UP_PATIENCE_MS = 5_000;
/** How often the traffic is told to those who subscribed to it. */
const TRAFFIC_INTERVAL_MS = 1_000;
/** Of an attempt that goes on whoever departs. */
const NEVER = new AbortController().signal;

/** Whose place a tunnel may take that is asked to come up. */
type Replaced = 'nothing' | 'others' | 'itself';

export class Tunnels {
  readonly #store: TunnelStore;
  readonly #machine: MachineSettingsStore;
  readonly #world: World;
  /** Those that were asked to come up since the helper started. */
  readonly #tunnels = new Map<string, Tunnel>();
  /** Of those that are up, or about to come up. */
  readonly #claims = new Map<string, Claim>();
  readonly #changes = new Announcements<TunnelsEvent>(async () => [
    this.#machineState(),
    ...(await this.#names()).map((name) => stateEvent(this.#tunnel(name))),
  ]);
  /** What begins and ends tunnels, one at a time: none is overtaken between a look and what follows from it. */
  readonly #inTurn = oneAtATime();
  #isClosing = false;
  readonly events: Omit<EventSources, 'log'>;

  constructor(store: TunnelStore, machine: MachineSettingsStore, world: World) {
    this.#store = store;
    this.#machine = machine;
    this.#world = world;
    this.events = {
      tunnels: this.#changes,
      traffic: new Samples(() => this.#traffic(), TRAFFIC_INTERVAL_MS, world.clock),
    };
  }

  readonly handlers: Omit<Handlers, 'logs'> = {
    import: (request) => this.#import(request),
    edit: (request) => this.#edit(request),
    list: async () => {
      const names = await this.#names();
      return { tunnels: names.map((name) => ({ name, state: this.#tunnel(name).state.kind })) };
    },
    export: async ({ name }) => {
      const { config } = await this.#store.read(name);
      return { config, digest: digestOf(config) };
    },
    remove: async ({ name }) => {
      await this.#inTurn(async () => {
        this.#refuseUnlessDown(name);
        await this.#store.remove(name);
        this.#tunnels.delete(name);
        await this.#world.traffic.remove(name);
      });
      this.#changes.announce({ event: 'tunnel-removed', name, newName: null });
      return {};
    },
    up: ({ replace, ...order }, departed) => this.#up(order, departed, replace ? 'others' : 'nothing'),
    reconnect: async (order, departed) => {
      await this.#lookUpAhead(order.name);
      if (departed.aborted && !order.detached) throw wasCancelled(order.name);
      return this.#up(order, departed, 'itself');
    },
    down: ({ name }) => this.#tellingMachine(() => this.#inTurn(() => this.#down(name))),
    status: async ({ name }) => {
      if (name !== null) await this.#requireKnown(name);
      const names = name === null ? await this.#names() : [name];
      const tunnels = await Promise.all(names.map((each) => this.#status(each)));
      const { lockdown, isClosed } = this.#world.protection;
      return { tunnels, lockdown, isClosed };
    },
    set: async ({ name, killSwitch, allowLan }) => {
      let settings = DEFAULT_TUNNEL_SETTINGS;
      await this.#store.change(name, (stored) => {
        settings = {
          killSwitch: killSwitch ?? stored.settings.killSwitch,
          allowLan: allowLan ?? stored.settings.allowLan,
        };
        return { ...stored, settings };
      });
      const tunnel = this.#tunnel(name);
      await this.#tellingMachine(() => tunnel.change(settings)).finally(() =>
        this.#changes.announce(stateEvent(tunnel)),
      );
      return {};
    },
    traffic: async ({ name, span }) => {
      await this.#requireKnown(name);
      return this.#world.traffic.read(name, span);
    },
    lockdown: async ({ isOn }) => {
      await this.#tellingMachine(() => this.#world.protection.setLockdown(isOn));
      await this.#machine.write({ lockdown: isOn }).catch((error) => {
        const { what, where, advice } = toFailure(error).parts;
        const until = `lockdown is ${isOn ? 'on' : 'off'}, and only until the next start (${what})`;
        throw new Failure(until, where, advice, { code: 'lockdown-not-stored' });
      });
      return {};
    },
    reset: () => this.#tellingMachine(() => this.#inTurn(() => this.#reset())),
  };

  /** Brings up again what was up when another helper was killed. Resolves once all of them are coming up. */
  async resume(names: readonly string[]): Promise<void> {
    const attempts: Promise<unknown>[] = [];
    for (const name of names)
      await this.#inTurn(async () => {
        this.#world.log('info', 'tunnel is brought up again', { tunnel: name });
        // Without a place it fails like one whose config cannot be read: what was left of it goes, its guard stays.
        const read: ReadTunnel = await this.#claim(name, 'nothing').then(
          () => () => this.#readTunnel(name),
          (error) => () => Promise.reject(error),
        );
        // Its failure is logged and told by its state.
        attempts.push(
          this.#tunnel(name)
            .resume(read, MAX_UP_TIMEOUT_SECONDS)
            .catch(() => {}),
        );
      });
    if (names.length > 0) void this.#tidyAfter(attempts);
  }

  /** What none of them has taken over goes. */
  async #tidyAfter(attempts: readonly Promise<unknown>[]): Promise<void> {
    await Promise.all(attempts);
    if (!this.#isClosing) await this.#inTurn(() => this.#removeLeftovers());
  }

  /** The machine's links, addresses or routes have changed. Never throws. */
  async onNetworkChanged(): Promise<void> {
    const { protection, routes, fullTunnelRouting } = this.#world;
    const tunnels = [...this.#tunnels.values()].map((tunnel) => tunnel.followMtu());
    const works = [
      protection.refresh(),
      routes.refreshBearerRoutes(),
      fullTunnelRouting.refresh(),
      ...tunnels,
    ];
    await this.#logFailures('could not follow a change of the network', works);
  }

  /** Somebody, such as a restart of nftables.service, may have flushed the packet filter. Never throws. */
  async onFirewallChanged(): Promise<void> {
    const { protection, log } = this.#world;
    try {
      if (await protection.mend())
        log('warning', 'another program had removed the firewall rules: they stand again');
    } catch (error) {
      log('error', 'the firewall rules are gone', { reason: toFailure(error).message });
    }
  }

  /** For the next helper to go on with: tunnels that guard the machine stay as they are, without an engine. */
  async abandon(): Promise<void> {
    this.#isClosing = true;
    const { protection } = this.#world;
    const all = [...this.#tunnels.values()];
    const guards = all.filter(({ name }) => protection.of(name)?.killSwitch);
    await Promise.all(guards.map((each) => each.abandon()));
    await takeDown(all.filter((each) => !guards.includes(each)));
  }

  /** Takes every tunnel down for good: none comes up any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await takeDown([...this.#tunnels.values()]);
  }

  /** It stands, or has failed. */
  #release(name: string): Promise<void> {
    return this.#logFailures('could not open what was held', [this.#world.routes.release(name)]);
  }

  /** What a killed helper left, and none of its tunnels took over: their configs may have changed since. */
  async #removeLeftovers(): Promise<void> {
    const { tun, routes, fullTunnelRouting } = this.#world;
    const alive = [...this.#tunnels.values()].filter((tunnel) => !isAtRest(tunnel));
    await this.#logFailures('could not remove what a killed helper left', [
      tun.removeLeftovers(alive.map(({ name }) => name)),
      routes.removeLeftovers(),
      fullTunnelRouting.removeLeftovers(),
    ]);
  }

  async #logFailures(what: string, works: readonly Promise<unknown>[]): Promise<void> {
    for (const result of await Promise.allSettled(works))
      if (result.status === 'rejected')
        this.#world.log('warning', what, { reason: toFailure(result.reason).message });
  }

  async #up(
    { name, timeoutSeconds, detached }: RequestOf<'reconnect'>,
    departed: AbortSignal,
    replaces: Replaced,
  ): Promise<ResultOf<'up'>> {
    const given = detached ? NEVER : departed;
    const { attempt } = await this.#inTurn(async () => {
      await this.#requireKnown(name);
      if (this.#isClosing)
        throw new Failure('the helper is stopping', '', 'start it again', { code: 'helper-stopping' });
      const tunnel = this.#tunnel(name);
      await tunnel.unwound();
      const begins = replaces === 'itself' || isAtRest(tunnel);
      const wasGuarded = begins ? await this.#makeRoom(name, replaces) : undefined;
      const attempt = tunnel.up(() => this.#readTunnel(name), timeoutSeconds, given, wasGuarded);
      return { attempt: begins ? attempt.finally(() => this.#release(name)) : attempt };
    });
    return { outcome: await attempt };
  }

  /** While it may still carry the questions: once it is down, its kill switch lets none out. @throws Failure */
  async #lookUpAhead(name: string): Promise<void> {
    const { config } = await this.#readTunnel(name);
    const { protection, lookUp, clock } = this.#world;
    const endpoints = protection.of(name)?.endpoints;
    if (endpoints === undefined || isAtRest(this.#tunnel(name))) return;
    const patience = AbortSignal.timeout(LOOK_UP_PATIENCE_MS);
    const found = await resolveEndpoints(config, { endpoints, holds: false }, lookUp, clock, patience).catch(
      (error: unknown) => {
        if (error instanceof Failure) throw error;
        return [];
      },
    );
    const isKnown = ({ host, address, port }: Endpoint) =>
      endpoints.some((each) => each.host === host && each.address === address && each.port === port);
    const ahead = found.flatMap((each) => (each === null || isKnown(each) ? [] : [each]));
    if (ahead.length === 0) return;
    await protection.update(name, (guarded) => ({
      ...guarded,
      endpoints: [...ahead, ...guarded.endpoints],
    }));
  }

  async #down(name: string | null): Promise<ResultOf<'down'>> {
    const { protection } = this.#world;
    const wasClosed = protection.isClosed;
    if (name !== null) await this.#requireKnown(name);
    const outcome = await takeDown(name === null ? [...this.#tunnels.values()] : [this.#tunnel(name)]);
    if (name === null) await protection.release(); // also what was found closed
    return { ...outcome, hasOpened: wasClosed && !protection.isClosed };
  }

  async #reset(): Promise<ResultOf<'reset'>> {
    const { leftovers } = await takeDown([...this.#tunnels.values()]);
    const { protection, reset } = this.#world;
    const failures = await reset(async () => {
      await protection.release();
      await protection.setLockdown(false);
    });
    return { leftovers: [...leftovers, ...failures] };
  }

  /** Announces what the work has changed of the machine, also where it fails in the middle. */
  async #tellingMachine<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#machineState();
    try {
      return await work();
    } finally {
      const now = this.#machineState();
      if (now.lockdown !== before.lockdown || now.isClosed !== before.isClosed) this.#changes.announce(now);
    }
  }

  #machineState(): MachineStateEvent {
    const { lockdown, isClosed } = this.#world.protection;
    return { event: 'machine-state', lockdown, isClosed };
  }

  /** @returns those it meets, which it may replace. @throws Failure where it may not */
  async #claim(name: string, replaces: Replaced): Promise<string[]> {
    const { config, settings } = await this.#readTunnel(name);
    const claim = claimOf(config, settings);
    const others = [...this.#claims].filter(([other]) => other !== name && !isAtRest(this.#tunnel(other)));
    const met = others.filter(([, theirs]) => isMeeting(claim, theirs));
    const [first] = met;
    if (first !== undefined && replaces !== 'others')
      throw placeTaken(name, claim, ...first, replaces === 'nothing');
    this.#claims.set(name, claim);
    return met.map(([other]) => other);
  }

  /**
   * One that takes the place of others, or its own former one, guards the machine before they go down, and what failed
   * and was guarded still is succeeded too. Without a kill switch, what it takes from them is held until its own routes
   * stand. NOTE: a full tunnel's is not, whose own datagrams are among it.
   *
   * @returns whether a kill switch of theirs, or its own, was closed before. @throws Failure, with all as it was
   */
  async #makeRoom(name: string, replaces: Replaced): Promise<boolean> {
    const tunnel = this.#tunnel(name);
    const former = isAtRest(tunnel) ? undefined : this.#claims.get(name);
    const met = await this.#claim(name, replaces);
    const { protection, routes } = this.#world;
    const { config, settings } = await this.#readTunnel(name);
    const before = protection.of(name);
    const guard = guardAfter(before, config, settings);
    const failed = guard.killSwitch
      ? [...this.#tunnels.values()].filter(({ state }) => state.kind === 'error')
      : [];
    const succeeded = [
      ...met.map((other) => this.#tunnel(other)),
      ...failed.filter((each) => each.name !== name),
    ];
    const wasGuarded = [name, ...succeeded.map((each) => each.name)].some(
      (each) => protection.of(each)?.killSwitch,
    );
    if (succeeded.length === 0 && former === undefined) return wasGuarded;
    try {
      await protection.set(name, guard);
      if (!guard.killSwitch && !guard.isFull && isMainTable(config.interface.table)) {
        const claims = [...met.map((other) => this.#claims.get(other)), former];
        const theirs = claims.flatMap((claim) => claim?.prefixes ?? []);
        await routes.hold(name, inBoth(allowedIpsOf(config), theirs));
      }
    } catch (error) {
      if (former !== undefined) this.#claims.set(name, former);
      await this.#logFailures('could not change the firewall', [protection.set(name, before)]);
      throw error;
    }
    await takeDown(succeeded);
    if (former !== undefined) await tunnel.makeWay();
    return wasGuarded;
  }

  async #import({ fileName, content, name }: RequestOf<'import'>): Promise<ImportSummary> {
    const conf = readConf(Buffer.from(content, 'base64'), fileName);
    const chosen = name ?? nameFor(fileName, await this.#store.list());
    await this.#store.create(chosen, conf.text);
    await this.#world.traffic.remove(chosen); // of one whose file was taken away by hand
    this.#world.log('info', 'tunnel imported', { tunnel: chosen });
    this.#changes.announce(stateEvent(this.#tunnel(chosen)));
    return importSummary(chosen, conf.parsed);
  }

  /** One that runs goes on as it is: what is stored holds from its next connection on. */
  async #edit({ name, newName, content, base }: RequestOf<'edit'>): Promise<ResultOf<'edit'>> {
    const conf = readConf(Buffer.from(content, 'base64'), `${newName}.conf`);
    const change = (stored: StoredTunnel): StoredTunnel => {
      if (base !== null && base !== digestOf(stored.config)) throw changedMeanwhile(name);
      return { ...stored, config: conf.text };
    };
    await this.#inTurn(async () => {
      if (newName === name) return this.#store.change(name, change);
      this.#refuseUnlessDown(name);
      await this.#store.rename(name, newName, change);
      this.#tunnels.delete(name);
      await this.#world.traffic.rename(name, newName);
      this.#changes.announce({ event: 'tunnel-removed', name, newName });
    });
    this.#world.log('info', 'tunnel edited', { tunnel: newName });
    this.#changes.announce(stateEvent(this.#tunnel(newName)));
    return { ...importSummary(newName, conf.parsed), digest: digestOf(conf.text) };
  }

  #tunnel(name: string): Tunnel {
    const known = this.#tunnels.get(name);
    if (known !== undefined) return known;
    const tunnel = new Tunnel(name, this.#world, (each) => this.#changes.announce(stateEvent(each)));
    this.#tunnels.set(name, tunnel);
    return tunnel;
  }

  /** The stored ones, and any that is alive though its file is gone. Sorted. */
  async #names(): Promise<string[]> {
    const { protection } = this.#world;
    const alive = [...this.#tunnels.values()].filter(
      (tunnel) => !isAtRest(tunnel) || protection.of(tunnel.name) !== null,
    );
    return [...new Set([...(await this.#store.list()), ...alive.map(({ name }) => name)])].sort();
  }

  async #requireKnown(name: string): Promise<void> {
    if (!(await this.#names()).includes(name)) throw noSuchTunnel(name);
  }

  #refuseUnlessDown(name: string): void {
    const tunnel = this.#tunnel(name);
    const { kind } = tunnel.state;
    if (!isAtRest(tunnel) || this.#world.protection.of(name) !== null)
      throw new Failure(
        `the tunnel is ${kind}`,
        `named ${name}`,
        `take it down first: wayfare down ${name}`,
        {
          code: 'tunnel-not-down',
          tunnel: name,
        },
      );
  }

  async #readTunnel(name: string): ReturnType<ReadTunnel> {
    const { config, settings } = await this.#store.read(name);
    return { config: readConf(Buffer.from(config), `${name}.conf`).parsed.config, settings };
  }

  async #status(name: string): Promise<TunnelStatus> {
    const { state, live } = this.#tunnel(name);
    const [stored, device] = await Promise.all([this.#storedOrFailure(name), this.#device(name)]);
    const config = live.config ?? ('config' in stored ? stored.config : null);
    const configFailure = live.config === null && 'cause' in stored ? stored : null;
    const settings = 'settings' in stored ? stored.settings : DEFAULT_TUNNEL_SETTINGS;
    const isGuarded = this.#world.protection.of(name)?.killSwitch === true;
    return tunnelStatus({ name, state, live, config, configFailure, settings, isGuarded, device });
  }

  async #storedOrFailure(name: string): Promise<Awaited<ReturnType<ReadTunnel>> | TunnelFailure> {
    try {
      return await this.#readTunnel(name);
    } catch (error) {
      return { cause: 'read-config', ...toFailure(error).parts };
    }
  }

  async #traffic(): Promise<TrafficEvent> {
    const names = [...this.#tunnels.keys()];
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
    const { engine } = this.#tunnel(name).live;
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

async function takeDown(tunnels: readonly Tunnel[]): Promise<Omit<ResultOf<'down'>, 'hasOpened'>> {
  const outcomes = await Promise.all(tunnels.map((tunnel) => tunnel.down()));
  return {
    names: tunnels.filter((_, i) => outcomes[i]?.wasUp).map((tunnel) => tunnel.name),
    leftovers: outcomes.flatMap(({ leftovers }) => leftovers),
  };
}

function isAtRest({ state }: Tunnel): boolean {
  return state.kind === 'disconnected' || state.kind === 'error';
}

function changedMeanwhile(name: string): Failure {
  return new Failure(
    'the tunnel was changed meanwhile',
    `named ${name}`,
    `see what is stored now, and change that: wayfare export ${name}`,
    { code: 'tunnel-changed', tunnel: name },
  );
}
