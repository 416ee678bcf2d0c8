/** One tunnel alive: drives the state machine, does its effects, and never does two of them at once. */
import type { TunnelConfig } from '../../engine/config/tunnel-config.ts';
import { Failure, toFailure } from '../failure.ts';
import type { ResultOf } from '../ipc/contract.ts';
import { BringUpFailed, bringUp, engineEnded, type LiveTunnel, type World } from './bring-up.ts';
import { Interrupted } from './interrupted.ts';
import { type TunnelEvent, type TunnelFailure, type TunnelState, transition } from './state-machine.ts';
import { UndoStack } from './undo.ts';

type UpOutcome = ResultOf<'up'>['outcome'];

export class Tunnel {
  readonly name: string;
  readonly #world: World;
  #state: TunnelState = { kind: 'disconnected' };
  #live: LiveTunnel = nothingLive();
  #undo = new UndoStack();
  #stop = new AbortController();
  #steps: Promise<unknown> = Promise.resolve();
  #attempt: Promise<UpOutcome> = Promise.resolve('already-connected');
  #unwinding: Promise<void> = Promise.resolve();

  constructor(name: string, world: World) {
    this.name = name;
    this.#world = world;
  }

  get state(): TunnelState {
    return this.#state;
  }

  get live(): Readonly<LiveTunnel> {
    return this.#live;
  }

  /**
   * Resolves once it is up; a second call joins the first. A tunnel on its way down is waited for.
   *
   * @throws Failure after everything has been taken down again
   */
  async up(readConfig: () => Promise<TunnelConfig>, timeoutSeconds: number): Promise<UpOutcome> {
    while (this.#state.kind === 'disconnecting') await this.#unwinding;
    if (this.#state.kind === 'connected') return 'already-connected';
    if (this.#state.kind !== 'connecting') {
      this.#apply({ kind: 'up-requested' });
      this.#attempt = this.#bringUp(readConfig, timeoutSeconds);
    }
    return this.#attempt;
  }

  /** Resolves once nothing of it is left. @returns false where it was not up */
  async down(): Promise<boolean> {
    const wasUp = this.#state.kind !== 'disconnected' && this.#state.kind !== 'error';
    this.#apply({ kind: 'down-requested' });
    await this.#unwinding;
    return wasUp;
  }

  async #bringUp(readConfig: () => Promise<TunnelConfig>, timeoutSeconds: number): Promise<UpOutcome> {
    const { clock } = this.#world;
    const finished = new AbortController();
    this.#stop = new AbortController();
    const stop = this.#stop;
    const steps = bringUp({
      name: this.name,
      readConfig,
      world: this.#world,
      undo: this.#undo,
      live: this.#live,
      signal: stop.signal,
    });
    this.#steps = steps;
    void clock.sleep(timeoutSeconds * 1_000, finished.signal).then(
      () =>
        stop.abort(
          new Interrupted('timed-out', `within ${timeoutSeconds} second${timeoutSeconds === 1 ? '' : 's'}`),
        ),
      () => {}, // it was up, or had failed, before
    );
    try {
      const outcome = await steps;
      this.#apply({ kind: 'bring-up-completed', at: Math.floor(clock.wallMs() / 1_000) });
      this.#watchEngine();
      if (this.#state.kind !== 'connected') throw new Interrupted('cancelled', '');
      return outcome;
    } catch (error) {
      if (error instanceof BringUpFailed) this.#apply({ kind: 'failed', failure: error.failure });
      await this.#unwinding;
      throw this.#inWords(error);
    } finally {
      finished.abort(new Interrupted('cancelled', ''));
    }
  }

  #inWords(error: unknown): Failure {
    if (error instanceof BringUpFailed) return Failure.from(error.failure);
    if (error instanceof Interrupted) return new Failure('it was cancelled', `tunnel ${this.name}`);
    return toFailure(error, `tunnel ${this.name}`);
  }

  #watchEngine(): void {
    const { engine } = this.#live;
    void engine?.ended.then((how) => {
      if (engine !== this.#live.engine) return;
      const failure: TunnelFailure = {
        cause: 'engine-died',
        ...engineEnded(how),
        where: `tunnel ${this.name}`,
      };
      this.#apply({ kind: 'failed', failure });
    });
  }

  #apply(event: TunnelEvent): void {
    const before = this.#state;
    const { state, effect } = transition(before, event);
    this.#state = state;
    if (state.kind !== before.kind) this.#logState();
    if (effect === 'unwind') this.#unwinding = this.#unwind();
  }

  /** Stops the steps first: none may run while what they did is undone. */
  async #unwind(): Promise<void> {
    this.#stop.abort(new Interrupted('cancelled', ''));
    await this.#steps.catch(() => {}); // its failure is the caller's of up()
    await this.#undo.run(this.#world.log);
    this.#live = nothingLive();
    this.#apply({ kind: 'unwound' });
  }

  #logState(): void {
    const failure = this.#state.kind === 'error' ? this.#state.failure : null;
    this.#world.log(failure === null ? 'info' : 'error', `tunnel ${this.#state.kind}`, {
      tunnel: this.name,
      ...(failure === null ? {} : { cause: failure.cause, reason: failure.what }),
    });
  }
}

function nothingLive(): LiveTunnel {
  return { config: null, device: null, mtu: null, engine: null };
}
