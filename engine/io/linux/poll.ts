/** Readability of a descriptor, told on node's own event loop (libuv's uv_poll, level-triggered). */
import koffi from 'koffi';

const WANTED = { readable: true };

/** Waits for a descriptor until it is closed, which must come before the descriptor itself is. */
export class Poll {
  readonly #handle: ReturnType<typeof koffi.node.poll>;
  readonly #listener: (ready: { readable: boolean }) => void;
  #isWaiting = true;

  /** @param callback called while the descriptor can be read */
  constructor(descriptor: number, callback: () => void) {
    const listener = (status: number) => {
      try {
        callback();
      } catch (error) {
        // koffi would keep an exception to itself until it is next called, and the wait would never end.
        setImmediate(() => {
          throw error;
        });
      }
      // libuv stops a handle whose descriptor has an error pending, such as a netlink socket's ENOBUFS: whoever reads
      // the descriptor takes the error away, and the wait begins anew.
      if (status < 0 && this.#isWaiting) this.start();
    };
    // koffi 3 calls back with libuv's status first, which its types leave out.
    this.#listener = listener as unknown as (ready: { readable: boolean }) => void;
    this.#handle = koffi.node.poll(descriptor, WANTED, this.#listener);
  }

  start(): void {
    this.#isWaiting = true;
    this.#handle.start(WANTED, this.#listener);
  }

  stop(): void {
    this.#isWaiting = false;
    this.#handle.stop();
  }

  close(): void {
    this.#isWaiting = false;
    this.#handle.close();
  }
}
