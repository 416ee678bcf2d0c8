/** Readiness of a descriptor, told on node's own event loop (libuv's uv_poll, level-triggered). */
import koffi from 'koffi';

export interface Readiness {
  readonly readable: boolean;
  readonly writable: boolean;
}

export interface Poll {
  /** Changes what is waited for. */
  start(wanted: Partial<Readiness>, callback: (ready: Readiness) => void): void;
  stop(): void;
  /** Must come before the descriptor is closed. */
  close(): void;
}

export function pollReadable(descriptor: number, callback: () => void): Poll {
  return koffi.node.poll(descriptor, { readable: true }, callback);
}
