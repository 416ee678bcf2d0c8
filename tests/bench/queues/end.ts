/** One end of a tunnel with fixed keys: opens its descriptors and gives them to one thread, or to two. */
import { Worker } from 'node:worker_threads';
import koffi from 'koffi';
import { IFNAMSIZ, ioctlWithIfreq } from '../../../engine/io/linux/ifreq.ts';
import { check, libc } from '../../../engine/io/linux/libc.ts';
import { AF_INET, SOCKADDR_LENGTH } from '../../../engine/io/linux/sockaddr.ts';
import { SOL_UDP, UDP_GRO } from '../../../engine/io/linux/udp-socket.ts';
import { COUNTED, type PlaneOptions } from './plane.ts';
import { SharedSession } from './session.ts';

/** How many descriptors an end has, and which of them each of its threads serves. */
export interface Arrangement {
  readonly name: string;
  readonly tuns: number;
  readonly sockets: number;
  /**
   * What picks the socket: a hash of the outer addresses and ports, as SO_REUSEPORT has it; a classic BPF program by the
   * counter; or a port for each, which is not WireGuard, whose peers have one endpoint.
   */
  readonly steering: 'hash' | 'counter' | 'port';
  readonly threads: readonly Pick<PlaneOptions, 'tun' | 'socket' | 'reads'>[];
}

export interface EndOptions {
  readonly arrangement: Arrangement;
  /** The TUN interface's. */
  readonly name: string;
  readonly remote: string;
  readonly port: number;
  /** Bytes that fill the keys. */
  readonly sending: number;
  readonly receiving: number;
}

const OPEN_FLAGS = 0o2004002; // O_RDWR | O_NONBLOCK | O_CLOEXEC
const TUNSETIFF = 0x400454ca;
const TUN_FLAGS = 0x5001; // IFF_TUN | IFF_NO_PI | IFF_VNET_HDR
const IFF_MULTI_QUEUE = 0x0100;

const SOCKET_TYPE = 0o2004002; // SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC
const SOL_SOCKET = 1;
const SO_REUSEPORT = 15;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const BUFFER_BYTES = 7 << 20;

/**
 * socket = (counter / 64) mod 2, as classic BPF (linux/filter.h: u16 code, u8 jt, u8 jf, u32 k), whose packet begins
 * behind the UDP header: load byte 8, shift right by 6, and with 1, return.
 */
const STEERING = [
  [0x30, 8],
  [0x74, 6],
  [0x54, 1],
  [0x16, 0],
] as const;

/** Runs until the process is ended. SIGUSR2 prints what each thread has counted. */
export function runEnd(options: EndOptions, script: string): void {
  const { arrangement, name, remote, port } = options;
  const tuns = Array.from({ length: arrangement.tuns }, () => openTun(name, arrangement.tuns > 1));
  const portOf = (socket: number) => (arrangement.steering === 'port' ? port + socket : port);
  const sockets = Array.from({ length: arrangement.sockets }, (_, i) => openSocket(portOf(i)));
  if (arrangement.steering === 'counter') attachSteering(sockets[0]!);
  // Where one thread sends and the other receives, each has its half of the session to itself.
  const isShared = arrangement.threads.filter(({ reads }) => reads === 'both').length > 1;
  const session = isShared ? SharedSession.create() : null;
  const counts = arrangement.threads.map(({ tun, socket, reads }) => {
    const counted = new Float64Array(new SharedArrayBuffer(8 * COUNTED.length));
    const workerData: PlaneOptions = {
      tun: tuns[tun]!,
      socket: sockets[socket]!,
      reads,
      remote,
      port: portOf(socket),
      sendingKey: new Uint8Array(32).fill(options.sending),
      receivingKey: new Uint8Array(32).fill(options.receiving),
      session,
      counts: counted,
    };
    new Worker(script, { workerData });
    return counted;
  });
  process.on('SIGUSR2', () => console.log(JSON.stringify(counts.map((counted) => [...counted]))));
  console.log('ready');
}

function openTun(name: string, isMultiQueue: boolean): number {
  const descriptor = check(libc.open('/dev/net/tun', OPEN_FLAGS), 'open /dev/net/tun');
  const flags = TUN_FLAGS | (isMultiQueue ? IFF_MULTI_QUEUE : 0);
  const { result } = ioctlWithIfreq(descriptor, TUNSETIFF, name, (ifreq) =>
    ifreq.setUint16(IFNAMSIZ, flags, true),
  );
  check(result, `create interface ${name}`);
  return descriptor;
}

function openSocket(port: number): number {
  const descriptor = check(libc.socket(AF_INET, SOCKET_TYPE, 0), 'open a UDP socket');
  setOption(descriptor, SOL_SOCKET, SO_REUSEPORT, Int32Array.of(1));
  setOption(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, Int32Array.of(BUFFER_BYTES));
  setOption(descriptor, SOL_SOCKET, SO_SNDBUFFORCE, Int32Array.of(BUFFER_BYTES));
  setOption(descriptor, SOL_UDP, UDP_GRO, Int32Array.of(1));
  const address = new DataView(new ArrayBuffer(SOCKADDR_LENGTH));
  address.setUint16(0, AF_INET, true);
  address.setUint16(2, port);
  check(libc.bind(descriptor, Number(koffi.address(new Uint8Array(address.buffer))), 16), 'bind');
  return descriptor;
}

/** struct sock_fprog {u16 len; struct sock_filter *filter}. One socket's program is its whole group's. */
function attachSteering(descriptor: number): void {
  const program = new DataView(new ArrayBuffer(8 * STEERING.length));
  for (const [i, [code, k]] of STEERING.entries()) {
    program.setUint16(8 * i, code, true);
    program.setUint32(8 * i + 4, k, true);
  }
  const address = koffi.address(new Uint8Array(program.buffer));
  setOption(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, BigUint64Array.of(4n, BigInt(address)));
}

function setOption(descriptor: number, level: number, option: number, value: ArrayBufferView): void {
  const address = Number(koffi.address(value as Uint8Array));
  check(libc.setsockopt(descriptor, level, option, address, value.byteLength), `set socket option ${option}`);
}
