/** Descriptors that take rights to open, for whoever has them: the helper, or the engine itself where it runs as root. */
import { dirname, join } from 'node:path';
import { libc } from './linux/libc.ts';
import { bindUdp } from './linux/udp-socket.ts';
import { ensureDirectory, listenUnix } from './linux/unix-listener.ts';

export { adoptTun, openTun, setPersistent } from './linux/tun.ts';

const UAPI_DIRECTORY = '/var/run/wireguard';

/** Where wg(8) looks for the interface's engine. */
export function uapiSocketPath(interfaceName: string): string {
  return join(UAPI_DIRECTORY, `${interfaceName}.sock`);
}

/** @returns a listening descriptor at {@link uapiSocketPath}, taken over from an engine that died; throws SystemError */
export function openUapiListener(interfaceName: string): number {
  const path = uapiSocketPath(interfaceName);
  ensureDirectory(dirname(path));
  return listenUnix(path);
}

/**
 * Sockets for an engine that may not mark its own. @param port 0 for a random one @param mark SO_MARK of what is sent
 * @returns one a family; throws SystemError
 */
export function openUdpSockets(port: number, mark: number): { port: number; descriptors: number[] } {
  const bound = bindUdp(port, mark);
  return { port: bound.port, descriptors: bound.sockets.map(({ descriptor }) => descriptor) };
}

export function closeDescriptor(descriptor: number): void {
  libc.close(descriptor);
}
