/** Readiness of a descriptor, told on node's own event loop (libuv's uv_poll, level-triggered). */
import koffi from 'koffi';

export interface Readiness {
  readonly readable: boolean;
  readonly writable: boolean;
}

/** Waits for a descriptor until it is closed, which must come before the descriptor itself is. */
export class Poll {
  readonly #handle: ReturnType<typeof koffi.node.poll>;
  readonly #callback: (ready: Readiness) => void;
  #wanted: Partial<Readiness> = { readable: true };
  #isWaiting = true;

  /** @param callback called while the descriptor is ready for what is wanted: at first, to be read */
  constructor(descriptor: number, callback: (ready: Readiness) => void) {
    this.#callback = callback;
    this.#handle = koffi.node.poll(descriptor, this.#wanted, this.#listener);
  }

  /** Changes what is waited for. */
  want(wanted: Partial<Readiness>): void {
    this.#wanted = wanted;
    this.#isWaiting = true;
    this.#handle.start(wanted, this.#listener);
  }

  stop(): void {
    this.#isWaiting = false;
    this.#handle.stop();
  }

  close(): void {
    this.#isWaiting = false;
    this.#handle.close();
  }

  /**
   * libuv stops a handle whose descriptor has an error pending, such as a netlink socket's ENOBUFS: whoever reads the
   * descriptor takes the error away, and the wait begins anew.
   */
  #onReady(status: number, ready: Readiness): void {
    if (status >= 0) {
      this.#callback(ready);
      return;
    }
    this.#callback({ readable: true, writable: true });
    if (this.#isWaiting) this.#handle.start(this.#wanted, this.#listener);
  }

  /** koffi 3 calls back with libuv's status first, which its types leave out. */
  get #listener(): (ready: Readiness) => void {
    const listener: (status: number, ready: Readiness) => void = (status, ready) =>
      this.#onReady(status, ready);
    return listener as unknown as (ready: Readiness) => void;
  }
}
