/** Readability of a descriptor, told on node's own event loop (libuv's uv_poll, level-triggered). */
import koffi from 'koffi';

const WANTED = { readable: true };

/** Waits for a descriptor until it is closed, which must come before the descriptor itself is. */
export class Poll {
  readonly #handle: ReturnType<typeof koffi.node.poll>;
  #isClosed = false;

  /** @param callback called while the descriptor can be read */
  constructor(descriptor: number, callback: () => void) {
    // libuv stops a handle whose descriptor has an error pending, such as a netlink socket's ENOBUFS: whoever reads the
    // descriptor takes the error away, and the wait begins anew.
    const listener = (status: number) => {
      callback();
      if (status < 0 && !this.#isClosed) this.#handle.start(WANTED, koffiListener);
    };
    // koffi 3 calls back with libuv's status first, which its types leave out.
    const koffiListener = listener as unknown as (ready: { readable: boolean }) => void;
    this.#handle = koffi.node.poll(descriptor, WANTED, koffiListener);
  }

  close(): void {
    this.#isClosed = true;
    this.#handle.close();
  }
}
