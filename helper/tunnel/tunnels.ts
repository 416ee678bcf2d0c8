/** All tunnels of this helper: what its socket's verbs do. */
import { Failure, logFailures, toFailure } from '../failure.ts';
import type { Handlers } from '../ipc/answer.ts';
import {
  type ImportSummary,
  MAX_UP_TIMEOUT_SECONDS,
  type RequestOf,
  type ResultOf,
} from '../ipc/contract.ts';
import type { EventSources } from '../ipc/events.ts';
import type { MachineSettingsStore } from '../machine-settings.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { guardAfter, type ReadTunnel, requireConnectable, type World } from './bring-up.ts';
import { importSummary, nameFor, readConf } from './conf.ts';
import { digestOf } from './digest.ts';
import { newEndpoints, requireAddresses } from './endpoints.ts';
import { isAtRest, KnownTunnels, takeDown } from './known-tunnels.ts';
import { Places, type Replaced } from './places.ts';
import { Reports } from './reports.ts';
import { DEFAULT_TUNNEL_SETTINGS } from './settings.ts';
import { changedMeanwhile, type TunnelStore } from './store.ts';
import { wasCancelled } from './tunnel.ts';
import type { StoredTunnel } from './tunnel-file.ts';

/** Of an attempt that goes on whoever departs. */
const NEVER = new AbortController().signal;

export class Tunnels {
  readonly #store: TunnelStore;
  readonly #machine: MachineSettingsStore;
  readonly #world: World;
  readonly #known: KnownTunnels;
  readonly #places: Places;
  readonly #reports: Reports;
  /** What begins and ends tunnels, one at a time: none is overtaken between a look and what follows from it. */
  readonly #inTurn = oneAtATime();
  #isClosing = false;
  readonly events: Omit<EventSources, 'log'>;

  constructor(store: TunnelStore, machine: MachineSettingsStore, world: World) {
    this.#store = store;
    this.#machine = machine;
    this.#world = world;
    this.#known = new KnownTunnels(store, world, (tunnel) => this.#reports.tellState(tunnel));
    this.#places = new Places(this.#known, world);
    this.#reports = new Reports(this.#known, world);
    this.events = this.#reports.events;
  }

  readonly handlers: Omit<Handlers, 'logs'> = {
    import: (request) => this.#import(request),
    edit: (request) => this.#edit(request),
    list: async () => {
      const names = await this.#known.names();
      return { tunnels: names.map((name) => ({ name, state: this.#known.get(name).state.kind })) };
    },
    export: async ({ name }) => {
      const { config } = await this.#store.read(name);
      return { config, digest: digestOf(config) };
    },
    remove: async ({ name }) => {
      await this.#inTurn(async () => {
        this.#known.requireDown(name);
        await this.#store.remove(name);
        this.#known.forget(name);
        await this.#world.traffic.remove(name);
      });
      this.#reports.tellRemoved(name, null);
      return {};
    },
    up: ({ replace, ...order }, departed) => this.#up(order, departed, replace ? 'others' : 'nothing'),
    reconnect: async (order, departed) => {
      const downs = this.#downsOf(order.name);
      await this.#lookUpAhead(order.name);
      const isWanted = () => this.#downsOf(order.name) === downs;
      return this.#up(order, departed, 'itself', isWanted);
    },
    down: ({ name }) => this.#reports.tellingMachine(() => this.#inTurn(() => this.#down(name))),
    status: async ({ name }) => {
      if (name !== null) await this.#known.require(name);
      const names = name === null ? await this.#known.names() : [name];
      const tunnels = await Promise.all(names.map((each) => this.#reports.status(each)));
      const { lockdown, isClosed } = this.#world.protection;
      return { tunnels, lockdown, isClosed };
    },
    set: (request) => this.#inTurn(() => this.#set(request)),
    traffic: async ({ name, span }) => {
      await this.#known.require(name);
      return this.#world.traffic.read(name, span);
    },
    lockdown: async ({ isOn }) => {
      await this.#reports.tellingMachine(() => this.#world.protection.setLockdown(isOn));
      await this.#machine.write({ lockdown: isOn }).catch((error) => {
        const { what, where, advice } = toFailure(error).parts;
        const until = `lockdown is ${isOn ? 'on' : 'off'}, and only until the next start (${what})`;
        throw new Failure(until, where, advice, { code: 'lockdown-not-stored' });
      });
      return {};
    },
    reset: () => this.#reports.tellingMachine(() => this.#inTurn(() => this.#reset())),
  };

  /** Brings up again what was up when another helper was killed. Resolves once all of them are coming up. */
  async resume(names: readonly string[]): Promise<void> {
    const attempts: Promise<unknown>[] = [];
    for (const name of names)
      await this.#inTurn(async () => {
        this.#world.log('info', 'tunnel is brought up again', { tunnel: name });
        // Without a place it fails like one whose config cannot be read: what was left of it goes, its guard stays.
        const read: ReadTunnel = await this.#places.claim(name, 'nothing').then(
          () => () => this.#known.read(name),
          (error) => () => Promise.reject(error),
        );
        // Its failure is logged and told by its state.
        attempts.push(
          this.#known
            .get(name)
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
    const { protection, routes, fullTunnelRouting, log } = this.#world;
    const tunnels = this.#known.all.map((tunnel) => tunnel.followMtu());
    const works = [
      protection.refresh(),
      routes.refreshBearerRoutes(),
      fullTunnelRouting.refresh(),
      ...tunnels,
    ];
    await logFailures(log, 'could not follow a change of the network', works);
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
    await this.#inTurn(async () => {
      const { protection } = this.#world;
      const all = this.#known.all;
      const guards = all.filter(({ name }) => protection.of(name)?.killSwitch);
      await Promise.all(guards.map((each) => each.abandon()));
      await takeDown(all.filter((each) => !guards.includes(each)));
    });
  }

  /** Takes every tunnel down for good: none comes up any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#inTurn(() => takeDown(this.#known.all));
  }

  /** What a killed helper left, and none of its tunnels took over: their configs may have changed since. */
  async #removeLeftovers(): Promise<void> {
    const { tun, routes, fullTunnelRouting, log } = this.#world;
    const alive = this.#known.all.filter((tunnel) => !isAtRest(tunnel));
    await logFailures(log, 'could not remove what a killed helper left', [
      tun.removeLeftovers(alive.map(({ name }) => name)),
      routes.removeLeftovers(),
      fullTunnelRouting.removeLeftovers(),
    ]);
  }

  async #up(
    { name, timeoutSeconds, detached }: RequestOf<'reconnect'>,
    departed: AbortSignal,
    replaces: Replaced,
    isWanted = () => true,
  ): Promise<ResultOf<'up'>> {
    const given = detached ? NEVER : departed;
    const { attempt } = await this.#inTurn(async () => {
      await this.#known.require(name);
      if (this.#isClosing)
        throw new Failure('the helper is stopping', '', 'start it again', { code: 'helper-stopping' });
      const tunnel = this.#known.get(name);
      await tunnel.unwound();
      if (given.aborted || !isWanted()) throw wasCancelled(name);
      const begins = replaces === 'itself' || isAtRest(tunnel);
      const room = begins ? await this.#places.makeRoom(name, replaces) : null;
      const attempt = tunnel.up(() => this.#known.read(name), timeoutSeconds, given, room?.wasGuarded);
      return { attempt: attempt.finally(() => room?.release()) };
    });
    return { outcome: await attempt };
  }

  #downsOf(name: string): number {
    return this.#known.all.find((tunnel) => tunnel.name === name)?.downs ?? 0;
  }

  /**
   * While it may still carry the questions: once it is down, its kill switch lets none out.
   *
   * @throws Failure where it would go down in vain
   */
  async #lookUpAhead(name: string): Promise<void> {
    const { config, settings } = await this.#known.read(name);
    const { protection, lookUp, clock } = this.#world;
    const guard = protection.of(name);
    if (guard === null || isAtRest(this.#known.get(name))) return;
    requireConnectable(config);
    const { endpoints } = guard;
    const ahead = await newEndpoints(config, endpoints, lookUp, clock);
    const willBeClosed = protection.isClosed || guardAfter(guard, config, settings).killSwitch;
    if (willBeClosed) requireAddresses(config, [...ahead, ...endpoints]);
    if (ahead.length === 0) return;
    await protection.update(name, (guarded) => ({
      ...guarded,
      endpoints: [...ahead, ...guarded.endpoints],
    }));
  }

  async #set({ name, killSwitch, allowLan }: RequestOf<'set'>): Promise<ResultOf<'set'>> {
    let settings = DEFAULT_TUNNEL_SETTINGS;
    await this.#store.change(name, (stored) => {
      settings = {
        killSwitch: killSwitch ?? stored.settings.killSwitch,
        allowLan: allowLan ?? stored.settings.allowLan,
      };
      return { ...stored, settings };
    });
    const tunnel = this.#known.get(name);
    await this.#reports
      .tellingMachine(() => tunnel.change(settings))
      .finally(() => this.#reports.tellState(tunnel));
    return {};
  }

  async #down(name: string | null): Promise<ResultOf<'down'>> {
    const { protection } = this.#world;
    const wasClosed = protection.isClosed;
    if (name !== null) await this.#known.require(name);
    const outcome = await takeDown(name === null ? this.#known.all : [this.#known.get(name)]);
    if (name === null) await protection.release(); // also what was found closed
    return { ...outcome, hasOpened: wasClosed && !protection.isClosed };
  }

  async #reset(): Promise<ResultOf<'reset'>> {
    const { leftovers } = await takeDown(this.#known.all);
    const { protection, reset } = this.#world;
    const failures = await reset(async () => {
      await protection.release();
      await protection.setLockdown(false);
    });
    return { leftovers: [...leftovers, ...failures] };
  }

  async #import({ fileName, content, name }: RequestOf<'import'>): Promise<ImportSummary> {
    const conf = readConf(Buffer.from(content, 'base64'), fileName);
    const chosen = name ?? nameFor(fileName, await this.#store.list());
    await this.#store.create(chosen, conf.text);
    await this.#world.traffic.remove(chosen); // of one whose file was taken away by hand
    this.#world.log('info', 'tunnel imported', { tunnel: chosen });
    this.#reports.tellState(this.#known.get(chosen));
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
      this.#known.requireDown(name);
      await this.#store.rename(name, newName, change);
      this.#known.forget(name);
      await this.#world.traffic.rename(name, newName);
      this.#reports.tellRemoved(name, newName);
    });
    this.#world.log('info', 'tunnel edited', { tunnel: newName });
    this.#reports.tellState(this.#known.get(newName));
    return { ...importSummary(newName, conf.parsed), digest: digestOf(conf.text) };
  }
}
