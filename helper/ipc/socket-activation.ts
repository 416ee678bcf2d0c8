/**
 * The socket that systemd made before the helper ran and keeps when it ends: sd_listen_fds(3), sd_is_socket_unix(3).
 * Linux only.
 */
import koffi from 'koffi';
import { libc } from '../../engine/io/linux/libc.ts';
import { Failure } from '../failure.ts';

const FIRST_HANDED_OVER = 3;
/** socket(7). */
const SOL_SOCKET = 1;
const SO_TYPE = 3;
const SO_ACCEPTCONN = 30;
const SO_DOMAIN = 39;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
/** struct sockaddr_un of unix(7): the family, and a path that ends with a NUL. */
const SOCKADDR_UN_LENGTH = 110;
const SUN_PATH_OFFSET = 2;

/**
 * @param env what is said of it there is taken out, so that no child believes it to be meant
 * @param pid of this process: what was handed to another is not for us
 * @returns the descriptor of the socket that listens at `socketPath`, or null where none was handed over
 * @throws Failure where something else was
 */
export function takeHandedOverSocket(socketPath: string, env: NodeJS.ProcessEnv, pid: number): number | null {
  const { LISTEN_PID, LISTEN_FDS = '0' } = env;
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete env[name];
  if (LISTEN_PID !== String(pid) || LISTEN_FDS === '0') return null;
  if (LISTEN_FDS !== '1')
    throw new Failure(
      `systemd handed over ${LISTEN_FDS} sockets`,
      'where one is expected',
      'leave one ListenStream= in wayfare.socket',
    );
  requireListener(FIRST_HANDED_OVER, socketPath);
  return FIRST_HANDED_OVER;
}

/** @throws Failure for a descriptor that is no listening Unix socket at this path */
export function requireListener(descriptor: number, socketPath: string): void {
  const isListener =
    optionOf(descriptor, SO_DOMAIN) === AF_UNIX &&
    optionOf(descriptor, SO_TYPE) === SOCK_STREAM &&
    optionOf(descriptor, SO_ACCEPTCONN) === 1;
  if (isListener && pathOf(descriptor) === socketPath) return;
  throw new Failure(
    'what systemd handed over is not the socket of the helper',
    `which is at ${socketPath}`,
    'give wayfare.socket a ListenStream= with this path, or choose another --socket',
  );
}

/** @returns null for what is no socket */
function optionOf(descriptor: number, option: number): number | null {
  const value = new Int32Array(1);
  const length = Uint32Array.of(value.byteLength);
  const result = libc.getsockopt(descriptor, SOL_SOCKET, option, addressOf(value), addressOf(length));
  return result < 0 ? null : value[0]!;
}

/** @returns '' for a socket without a path */
function pathOf(descriptor: number): string {
  const address = new Uint8Array(SOCKADDR_UN_LENGTH);
  const length = Uint32Array.of(address.byteLength);
  if (libc.getsockname(descriptor, addressOf(address), addressOf(length)) < 0) return '';
  const path = Buffer.from(address.subarray(SUN_PATH_OFFSET, length[0])).toString();
  return path.split('\0', 1)[0]!;
}

function addressOf(array: Int32Array | Uint32Array | Uint8Array): number {
  return Number(koffi.address(array));
}
