/** One tunnel alive: drives the state machine, does its effects, and never does two of them at once. */
import type { HelperClock } from '../clock.ts';
import { Failure, type FailureParts, leftover, toFailure } from '../failure.ts';
import type { ProtectedTunnel } from '../firewall/policy.ts';
import type { ResultOf } from '../ipc/contract.ts';
import type { TrafficCounter } from '../traffic/tunnel-traffic.ts';
import {
  BringUpFailed,
  bringUp,
  engineEnded,
  hasCalledNobody,
  type LiveTunnel,
  mtuFor,
  pathsOutside,
  pathsTo,
  type ReadTunnel,
  type World,
} from './bring-up.ts';
import type { Engine } from './engine.ts';
import { Interrupted } from './interrupted.ts';
import { SessionWatch } from './session-watch.ts';
import { hasKillSwitch, type TunnelSettings } from './settings.ts';
import { type TunnelEvent, type TunnelFailure, type TunnelState, transition } from './state-machine.ts';
import {
  configureEngine,
  type EngineDevice,
  type EngineSetup,
  initiateHandshakes,
  readDevice,
} from './uapi-client.ts';
import { UndoStack } from './undo.ts';

const SESSION_POLL_MS = 1_000;
/** It answers in milliseconds, also under load. */
const ENGINE_PATIENCE_MS = 5_000;
/** Nobody waits longer for its end because of what it has counted. */
const LAST_READING_PATIENCE_MS = 500;

export type UpOutcome = ResultOf<'up'>['outcome'];

export interface DownOutcome {
  /** Or was coming up, or in error. */
  readonly wasUp: boolean;
  /** What of it could not be removed. */
  readonly leftovers: readonly FailureParts[];
}

export class Tunnel {
  readonly name: string;
  readonly #world: World;
  readonly #onStateChange: (tunnel: Tunnel) => void;
  #state: TunnelState = { kind: 'disconnected' };
  #live: LiveTunnel = nothingLive();
  #undo = new UndoStack();
  /** While its engine's readings are counted. */
  #counter: TrafficCounter | null = null;
  #stop = new AbortController();
  #steps: Promise<unknown> = Promise.resolve();
  #attempt: Promise<UpOutcome> = Promise.resolve('already-connected');
  #settleReconnection = () => {};
  #unwinding: Promise<void> = Promise.resolve();
  #isMakingWay = false;
  #downs = 0;
  /** What the last unwinding could not undo, until `down` has told it. */
  #leftovers: FailureParts[] = [];

  constructor(name: string, world: World, onStateChange: (tunnel: Tunnel) => void) {
    this.name = name;
    this.#world = world;
    this.#onStateChange = onStateChange;
  }

  get state(): TunnelState {
    return this.#state;
  }

  get live(): Readonly<LiveTunnel> {
    return this.#live;
  }

  /** How often it was taken down, by a person or by one that took its place. */
  get downs(): number {
    return this.#downs;
  }

  /**
   * Resolves once it is up; a second call joins the first, for as long as it cares to wait. A tunnel on its way down is
   * waited for.
   *
   * @param departed aborts when whoever asked waits no longer: with the one who began it, the attempt ends
   * @param wasGuarded whether its kill switch, or that of one whose place it takes, was closed before it was asked for
   * @throws Failure, to the one who began it after everything has been taken down again
   */
  async up(
    readTunnel: ReadTunnel,
    timeoutSeconds: number,
    departed: AbortSignal,
    wasGuarded = this.#isGuarded,
  ): Promise<UpOutcome> {
    while (this.#state.kind === 'disconnecting') await this.#unwinding;
    if (this.#state.kind === 'connected') return 'already-connected';
    if (this.#state.kind === 'connecting') return this.#join(timeoutSeconds, departed);
    const attempt = this.#begin(readTunnel, timeoutSeconds, null);
    const cancel = () => {
      if (this.#attempt !== attempt || this.#state.kind !== 'connecting') return;
      // What was closed before it was asked for, only a person opens.
      this.#apply(wasGuarded ? { kind: 'failed', failure: this.#cancelled() } : { kind: 'down-requested' });
    };
    departed.addEventListener('abort', cancel);
    if (departed.aborted) cancel();
    return attempt.finally(() => departed.removeEventListener('abort', cancel));
  }

  /**
   * Goes on with what a killed helper left of it. Resolves once it stands: its peer may be out of reach for long.
   *
   * @throws Failure, after everything has been taken down, also what was left
   */
  resume(readTunnel: ReadTunnel, timeoutSeconds: number): Promise<UpOutcome> {
    return this.#begin(readTunnel, timeoutSeconds, this.#world.protection.of(this.name));
  }

  /** Resolves once it is not on its way down. */
  async unwound(): Promise<void> {
    while (this.#state.kind === 'disconnecting') await this.#unwinding;
  }

  /** Resolves once nothing of it is left, but for what it tells. */
  async down(): Promise<DownOutcome> {
    this.#downs += 1;
    const wasUp = this.#state.kind !== 'disconnected';
    this.#apply({ kind: 'down-requested' });
    await this.#unwinding;
    await this.#settleProtection(); // of an error, which a person has acknowledged
    const leftovers = this.#leftovers;
    this.#leftovers = [];
    return { wasUp, leftovers };
  }

  /** From now on what guards it, and what is held for its routes, is left to the next `up`, whatever ends it. */
  prepareToMakeWay(): void {
    this.#isMakingWay = true;
  }

  /** It does not make way after all. */
  async stay(): Promise<void> {
    this.#isMakingWay = false;
    if (this.#state.kind !== 'disconnected' && this.#state.kind !== 'error') return;
    await this.#releaseRoutes();
    await this.#settleProtection();
  }

  /** Resolves once nothing of it is left but what was prepared to stay. */
  async makeWay(): Promise<void> {
    this.#apply({ kind: 'down-requested' });
    await this.#unwinding;
    this.#isMakingWay = false;
  }

  /** What a person has set beside its config holds at once. @throws Failure */
  async change(settings: TunnelSettings): Promise<void> {
    const { protection, fullTunnelRouting } = this.#world;
    const { allowLan } = settings;
    const guard = await protection.update(this.name, (guarded) => ({
      ...guarded,
      allowLan,
      killSwitch: hasKillSwitch(settings, guarded.isFull),
    }));
    if (guard?.isFull) await fullTunnelRouting.setAllowLan(allowLan);
  }

  /** The way to its endpoints may have another MTU now. @throws Failure */
  async followMtu(): Promise<void> {
    const { device, setup } = this.#live;
    const { signal } = this.#stop;
    if (device === null || setup === null || setup.config.interface.mtu !== null) return;
    const { routes } = this.#world;
    const paths = await pathsTo(setup.endpoints, setup.mark, routes, signal);
    const outside = pathsOutside(paths, device);
    if (outside.size === 0) return; // there is nothing to follow
    const mtu = await mtuFor(outside, setup.config, routes);
    if (mtu === this.#live.mtu || this.#live.setup !== setup) return;
    await this.#world.tun.setMtu(device, mtu);
    this.#live.mtu = mtu;
  }

  /** Ends its engine, and leaves everything else to the next helper, which finds it in the journal. */
  async abandon(): Promise<void> {
    const { engine } = this.#live;
    this.#stop.abort(new Interrupted('cancelled', ''));
    await this.#steps.catch(() => {}); // its failure is the caller's of up()
    this.#live = nothingLive();
    if (engine === null) return;
    await this.#readLast(engine);
    await engine.stop();
  }

  #begin(
    readTunnel: ReadTunnel,
    timeoutSeconds: number,
    resumed: ProtectedTunnel | null,
  ): Promise<UpOutcome> {
    this.#apply({ kind: 'up-requested' });
    const attempt = this.#bringUp(readTunnel, timeoutSeconds, resumed);
    this.#attempt = attempt;
    return attempt;
  }

  /** One that is gone on with stands before its peer answers. */
  async #answered(): Promise<UpOutcome> {
    const outcome = await this.#attempt;
    const isUnanswered = this.#state.kind === 'connecting' && this.#state.loss === 'no-answer';
    return isUnanswered ? this.#attempt : outcome;
  }

  /** Waits for the attempt of somebody else, without a say in it. */
  async #join(timeoutSeconds: number, departed: AbortSignal): Promise<UpOutcome> {
    if (departed.aborted) throw this.#inWords(new Interrupted('cancelled', ''));
    const settled = new AbortController();
    const enough = this.#world.clock
      .sleep(timeoutSeconds * 1_000, AbortSignal.any([settled.signal, departed]))
      .catch(() => {}) // it is settled, or nobody waits any more
      .then(() => {
        throw new Failure(
          `it was not up ${within(timeoutSeconds)}, and goes on connecting for whoever began it`,
          `tunnel ${this.name}`,
          `end that with: wayfare down ${this.name}`,
          { code: 'still-connecting', tunnel: this.name },
        );
      });
    try {
      return await Promise.race([this.#answered(), enough]);
    } finally {
      settled.abort();
      enough.catch(() => {}); // it lost the race
    }
  }

  async #bringUp(
    readTunnel: ReadTunnel,
    timeoutSeconds: number,
    resumed: ProtectedTunnel | null,
  ): Promise<UpOutcome> {
    const { clock } = this.#world;
    const finished = new AbortController();
    this.#stop = new AbortController();
    const stop = this.#stop;
    const steps = bringUp({
      name: this.name,
      readTunnel,
      world: this.#world,
      undo: this.#undo,
      live: this.#live,
      resumed,
      beforeEngineStops: (engine) => this.#readLast(engine),
      signal: stop.signal,
    });
    this.#steps = steps;
    void clock.sleep(timeoutSeconds * 1_000, finished.signal).then(
      () => stop.abort(new Interrupted('timed-out', within(timeoutSeconds))),
      () => {}, // it was up, or had failed, before
    );
    try {
      const loss = await steps;
      this.#apply({ kind: 'bring-up-completed', at: unixSeconds(clock), loss });
      if (stop.signal.aborted) throw new Interrupted('cancelled', '');
      this.#watchEngine();
      return loss === null ? 'connected' : 'interface-up';
    } catch (error) {
      if (error instanceof BringUpFailed) this.#apply({ kind: 'failed', failure: error.failure });
      await this.#unwinding;
      throw this.#inWords(error);
    } finally {
      finished.abort(new Interrupted('cancelled', ''));
    }
  }

  #inWords(error: unknown): Failure {
    if (error instanceof BringUpFailed) return this.#withGuard(Failure.from(error.failure));
    if (error instanceof Interrupted) return this.#withGuard(wasCancelled(this.name));
    return toFailure(error, `tunnel ${this.name}`);
  }

  /** What failed may leave the machine closed. */
  #withGuard({ parts }: Failure): Failure {
    const advice = [parts.advice, ...(this.#isGuarded ? [this.#howToOpen()] : [])].filter(Boolean).join('; ');
    return Failure.from({ ...parts, advice });
  }

  get #isGuarded(): boolean {
    return this.#world.protection.of(this.name)?.killSwitch === true;
  }

  #howToOpen(): string {
    return `the kill switch stays closed until: wayfare down ${this.name}`;
  }

  #watchEngine(): void {
    const { engine, setup } = this.#live;
    if (engine === null || setup === null) return;
    const session = new SessionWatch(setup.config.peers);
    const counter = this.#world.traffic.begin(this.name);
    this.#counter = counter;
    const { signal } = this.#stop;
    engine.revive(
      async (request) => {
        await configureEngine(request, setup, signal);
        await initiateHandshakes(request, setup, signal);
      },
      () => {
        session.restart();
        counter.restart();
        this.#apply({ kind: 'session-lost', loss: 'engine-died' });
      },
    );
    void this.#watchSession(engine, setup, session, counter, signal).catch(() => {}); // the tunnel goes down
    void engine.ended.then((how) => {
      if (engine !== this.#live.engine) return;
      const failure: TunnelFailure = {
        cause: 'engine-died',
        ...engineEnded(how),
        where: `tunnel ${this.name}`,
      };
      this.#apply({ kind: 'failed', failure });
    });
  }

  /** @throws the signal's reason */
  async #watchSession(
    engine: Engine,
    setup: EngineSetup,
    session: SessionWatch,
    counter: TrafficCounter,
    signal: AbortSignal,
  ): Promise<void> {
    const { clock } = this.#world;
    for (;;) {
      await clock.sleep(SESSION_POLL_MS, signal);
      const device = await this.#askEngine(engine, signal);
      signal.throwIfAborted();
      if (device === null) continue;
      counter.observe(device.peers);
      const isAnswered = session.observe(device, clock.monotonicMs());
      if (isAnswered === true) this.#apply({ kind: 'session-answered', at: unixSeconds(clock) });
      if (isAnswered === false) this.#apply({ kind: 'session-lost', loss: 'no-answer' });
      if (hasCalledNobody(device)) await initiateHandshakes(engine.request, setup, signal).catch(() => {});
    }
  }

  /** @returns null where it has nothing to say: it is just starting again, or it hangs, and is ended for that */
  async #askEngine(engine: Engine, signal: AbortSignal): Promise<EngineDevice | null> {
    const patience = AbortSignal.timeout(ENGINE_PATIENCE_MS);
    try {
      return await readDevice(engine.request, AbortSignal.any([signal, patience]));
    } catch {
      if (patience.aborted && !signal.aborted) engine.kill();
      return null;
    }
  }

  /** What it has counted ends with it. */
  async #readLast(engine: Engine): Promise<void> {
    const counter = this.#counter;
    if (counter === null) return;
    this.#counter = null;
    const reading = readDevice(engine.request, AbortSignal.timeout(LAST_READING_PATIENCE_MS));
    await reading.then(
      ({ peers }) => counter.observe(peers),
      () => {}, // it has died, or hangs
    );
    counter.end();
  }

  #cancelled(): TunnelFailure {
    return { cause: 'cancelled', ...wasCancelled(this.name).parts, advice: this.#howToOpen() };
  }

  #apply(event: TunnelEvent): void {
    const before = this.#state;
    const { state, effect } = transition(before, event);
    this.#state = state;
    if (isWaiting(state) && !isWaiting(before)) this.#reconnect();
    if (state.kind !== 'connecting') this.#settleReconnection();
    if (state.kind !== before.kind) {
      this.#logState();
      this.#onStateChange(this);
    }
    if (effect === 'unwind') this.#unwinding = this.#unwind();
  }

  /** Who asks for it meanwhile waits for an answer of its peer, as at first. */
  #reconnect(): void {
    this.#attempt = new Promise((resolve, reject) => {
      this.#settleReconnection = () => {
        this.#settleReconnection = () => {};
        if (this.#state.kind === 'connected') resolve('connected');
        else reject(wasCancelled(this.name));
      };
    });
    this.#attempt.catch(() => {}); // somebody may be waiting, or nobody
  }

  /** Stops the steps first: none may run while what they did is undone. */
  async #unwind(): Promise<void> {
    this.#stop.abort(new Interrupted('cancelled', ''));
    await this.#steps.catch(() => {}); // its failure is the caller's of up()
    this.#leftovers = await this.#undo.run(this.#world.log);
    this.#live = nothingLive();
    if (!this.#isMakingWay) await this.#releaseRoutes();
    if (!this.#isMakingWay) await this.#settleProtection(); // it may be making way by now
    this.#apply({ kind: 'unwound' });
  }

  /** What was held for its routes. */
  async #releaseRoutes(): Promise<void> {
    try {
      await this.#world.routes.release(this.name);
    } catch (error) {
      this.#noteLeftover('open what was held for its routes', error);
    }
  }

  /** What failed stays guarded, with nothing open: only a person opens it. */
  async #settleProtection(): Promise<void> {
    const { protection } = this.#world;
    const guard = protection.of(this.name);
    if (guard === null) return;
    const isFailed =
      this.#state.kind === 'error' || (this.#state.kind === 'disconnecting' && this.#state.failure !== null);
    try {
      await protection.set(this.name, isFailed ? { ...guard, state: 'error', device: null } : null);
    } catch (error) {
      this.#noteLeftover('change the firewall', error);
    }
  }

  #noteLeftover(deed: string, error: unknown): void {
    this.#leftovers.push(leftover(deed, error, this.#world.log, { tunnel: this.name }));
  }

  #logState(): void {
    const failure = this.#state.kind === 'error' ? this.#state.failure : null;
    const loss = this.#state.kind === 'connecting' ? this.#state.loss : null;
    this.#world.log(failure === null ? 'info' : 'error', `tunnel ${this.#state.kind}`, {
      tunnel: this.name,
      ...(loss === null ? {} : { reason: loss }),
      ...(failure === null ? {} : { cause: failure.cause, reason: failure.what }),
    });
  }
}

export function wasCancelled(name: string): Failure {
  return new Failure('it was cancelled', `tunnel ${name}`, '', { code: 'cancelled', tunnel: name });
}

/** It stands, and nobody answers. */
function isWaiting(state: TunnelState): boolean {
  return state.kind === 'connecting' && state.loss !== null;
}

function unixSeconds(clock: HelperClock): number {
  return Math.floor(clock.wallMs() / 1_000);
}

function within(seconds: number): string {
  return `within ${seconds} second${seconds === 1 ? '' : 's'}`;
}

function nothingLive(): LiveTunnel {
  return {
    config: null,
    device: null,
    mtu: null,
    engine: null,
    setup: null,
    hasHeldName: false,
  };
}
