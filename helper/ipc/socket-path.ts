/** sun_path of unix(7) without its final NUL. libuv cuts a longer path silently, and would serve another file. Bytes. */
import { Failure } from '../failure.ts';

const MAX_SOCKET_PATH_BYTES = 107;

/** @throws Failure for a path that the system cannot hold */
export function requireSocketPath(path: string): void {
  const length = Buffer.byteLength(path);
  if (length === 0 || length > MAX_SOCKET_PATH_BYTES)
    throw new Failure(
      `a socket's path has 1 to ${MAX_SOCKET_PATH_BYTES} bytes`,
      path,
      'choose another --socket',
    );
}
