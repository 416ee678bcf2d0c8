/** Node's own event loop, seen from outside (libuv's guide, "Embedding": uv_backend_fd). */
import koffi from 'koffi';

const program = koffi.load(null);
const defaultLoop = program.func('intptr_t uv_default_loop()');
const backendDescriptor = program.func('uv_backend_fd', 'int', ['intptr_t']);

/** A descriptor that can be read while node's loop has an event to handle, timers apart. Of the main thread only. */
export function nodeLoopDescriptor(): number {
  return backendDescriptor(defaultLoop());
}
