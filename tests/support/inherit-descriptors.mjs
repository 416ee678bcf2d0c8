// @ts-check
/**
 * Opens a TUN interface and a UAPI socket, and hands both to an engine, as a privileged parent would:
 *   NAME SOCKET-PATH ENGINE [PREFIX…]     prints `engine PID`, and ends as the engine ends
 * PREFIX is a program that takes the engine as its argument, such as `setpriv --reuid=65534`.
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import koffi from 'koffi';

const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const IFF_TUN_NO_PI_VNET_HDR = 0x5001;
const O_RDWR = 2;
const OFFLOADS = 0x07;
const AF_UNIX = 1;
/** SOCK_STREAM, SOCK_NONBLOCK and SOCK_CLOEXEC. */
const SOCK_STREAM_NONBLOCK = 0o2004001;
/** Where the engine finds them: after standard input, output and error. */
const TUN = 3;
const UAPI = 4;

const [name = '', socketPath = '', engine = '', ...prefix] = process.argv.slice(2);
const [program = '', ...args] = [...prefix, engine, '-f', name];
const library = koffi.load('libc.so.6');
const libc = {
  ioctl: library.func('ioctl', 'int', ['int', 'ulong', 'intptr_t']),
  socket: library.func('int socket(int domain, int type, int protocol)'),
  bind: library.func('bind', 'int', ['int', 'intptr_t', 'uint']),
  listen: library.func('int listen(int fd, int backlog)'),
};

const tun = openSync('/dev/net/tun', O_RDWR);
const ifreq = Buffer.alloc(40);
ifreq.write(name);
ifreq.writeUInt16LE(IFF_TUN_NO_PI_VNET_HDR, 16);
if (libc.ioctl(tun, TUNSETIFF, Number(koffi.address(ifreq))) < 0) throw new Error(`TUNSETIFF ${name}`);
libc.ioctl(tun, TUNSETOFFLOAD, OFFLOADS);

const address = Buffer.alloc(2 + 108);
address.writeUInt16LE(AF_UNIX);
address.write(socketPath, 2);
const uapi = libc.socket(AF_UNIX, SOCK_STREAM_NONBLOCK, 0);
if (libc.bind(uapi, Number(koffi.address(address)), address.length) < 0)
  throw new Error(`bind ${socketPath}`);
libc.listen(uapi, 16);

const child = spawn(program, args, {
  env: { ...process.env, WG_TUN_FD: String(TUN), WG_UAPI_FD: String(UAPI) },
  stdio: ['ignore', 'inherit', 'inherit', tun, uapi],
});
// Interface and socket must live by the engine's descriptors alone.
closeSync(tun);
closeSync(uapi);
process.stdout.write(`engine ${child.pid}\n`);
child.on('exit', (code) => process.exit(code ?? 1));
