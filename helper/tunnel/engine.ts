/**
 * The engine of one tunnel, through all its processes. The helper holds what is open; a process that dies is followed
 * by another with the same descriptors and the same configuration.
 */
import { unlink } from 'node:fs/promises';
import type { HelperClock } from '../clock.ts';
import { errorCode, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import {
  type EngineDescriptors,
  type EngineProcess,
  type EngineUser,
  startEngineProcess,
} from './engine-process.ts';
import type { UapiRequest } from './uapi-client.ts';

/** So many restarts may follow each other at once; then each waits, lest one bad packet keep a core busy. */
const RESTARTS_AT_ONCE = 30;
const RESTART_REGAINED_MS = 2_000;
/** Processes in a row that end before they are configured: the next would too. */
const MAX_FALSE_STARTS = 5;

export interface Engine {
  /** The UDP port it listens on. */
  readonly listenPort: number;
  /** Speaks the UAPI with the present process. */
  readonly request: UapiRequest;
  /** Resolves once no process follows the last one, with how that ended in words. */
  readonly ended: Promise<string>;
  /**
   * From now on a process that dies is replaced.
   *
   * @param configure gives a new process what the last one had @param onDied called before that
   */
  revive(configure: (request: UapiRequest) => Promise<void>, onDied: () => void): void;
  /** Ends the present process at once: it does not answer. */
  kill(): void;
  /** Ends it and takes its socket away. */
  stop(): Promise<void>;
}

export interface StartOrder {
  readonly name: string;
  readonly tunDescriptor: number;
  /** 0 for a random one. */
  readonly listenPort: number;
  /** SO_MARK of what it sends, 0 for none. */
  readonly mark: number;
  readonly clock: HelperClock;
  readonly log: Log;
}

/** @throws Failure or SystemError */
export type StartEngine = (order: StartOrder) => Promise<Engine>;

/** @param program the one that `wayfare-engine` names */
export function engineStarter(program: string, user: EngineUser): StartEngine {
  return async (order) => {
    const { closeDescriptor, openUapiListener, openUdpSockets, uapiSocketPath } = await import(
      '../../engine/io/descriptors.ts'
    );
    const udp = openUdpSockets(order.listenPort, order.mark);
    const opened = [...udp.descriptors];
    const close = () => opened.forEach(closeDescriptor);
    try {
      const uapi = openUapiListener(order.name);
      opened.push(uapi);
      const descriptors = { tun: order.tunDescriptor, uapi, udp: udp.descriptors };
      return new RunningEngine(order, program, user, descriptors, udp.port, async () => {
        close();
        await removeSocket(uapiSocketPath(order.name));
      });
    } catch (error) {
      close();
      throw error;
    }
  };
}

async function removeSocket(path: string): Promise<void> {
  await unlink(path).catch((error) => {
    if (errorCode(error) !== 'ENOENT') throw new Failure(`cannot remove ${path} (${error.message})`);
  });
}

class RunningEngine implements Engine {
  readonly listenPort: number;
  readonly ended: Promise<string>;
  readonly #order: StartOrder;
  readonly #start: () => EngineProcess;
  readonly #release: () => Promise<void>;
  readonly #stopping = new AbortController();
  #process: EngineProcess;
  #configure: ((request: UapiRequest) => Promise<void>) | null = null;
  #onDied = () => {};

  constructor(
    order: StartOrder,
    program: string,
    user: EngineUser,
    descriptors: EngineDescriptors,
    listenPort: number,
    release: () => Promise<void>,
  ) {
    this.#order = order;
    this.#start = () => startEngineProcess({ name: order.name, program, user, descriptors, log: order.log });
    this.#release = release;
    this.listenPort = listenPort;
    this.#process = this.#start();
    this.ended = this.#supervise();
  }

  readonly request: UapiRequest = (text, signal) => this.#process.request(text, signal);

  revive(configure: (request: UapiRequest) => Promise<void>, onDied: () => void): void {
    this.#configure = configure;
    this.#onDied = onDied;
  }

  kill(): void {
    this.#process.kill();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#process.stop();
    await this.ended;
    await this.#release();
  }

  async #supervise(): Promise<string> {
    const { clock, log, name } = this.#order;
    const budget = new RestartBudget(clock.monotonicMs());
    for (let falseStarts = 0; ; ) {
      const how = await this.#process.ended;
      if (this.#stopping.signal.aborted || this.#configure === null || falseStarts === MAX_FALSE_STARTS)
        return how;
      log('error', `the engine ended (${how}) and is started again`, { tunnel: name });
      this.#onDied();
      const wait = budget.take(clock.monotonicMs());
      if (wait > 0) await clock.sleep(wait, this.#stopping.signal).catch(() => {}); // it is stopping
      if (this.#stopping.signal.aborted) return how;
      this.#process = this.#start();
      falseStarts = (await this.#isConfigured(this.#configure)) ? 0 : falseStarts + 1;
    }
  }

  async #isConfigured(configure: (request: UapiRequest) => Promise<void>): Promise<boolean> {
    try {
      await configure(this.#process.request);
      return true;
    } catch {
      // It has ended, and says why, or it refuses what it once took: then it is of no use.
      await this.#process.stop();
      return false;
    }
  }
}

/** A bucket of restarts that fills up again with time. Milliseconds on a monotonic clock. */
export class RestartBudget {
  #left = RESTARTS_AT_ONCE;
  #at: number;

  constructor(now: number) {
    this.#at = now;
  }

  /** @returns how long the next restart has to wait */
  take(now: number): number {
    this.#left = Math.min(RESTARTS_AT_ONCE, this.#left + (now - this.#at) / RESTART_REGAINED_MS) - 1;
    this.#at = now;
    return Math.max(0, -this.#left * RESTART_REGAINED_MS);
  }
}
