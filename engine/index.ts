/** A running engine: the device, its loop and its UAPI socket, put together. */
import { nobleTransportCipher } from './crypto/transport-cipher.ts';
import { Device } from './device/device.ts';
import { loadKernels } from './io/kernel-file.ts';
import { libc } from './io/linux/libc.ts';
import { inheritedUdpPorts, ownUdpPorts } from './io/linux/udp-ports.ts';
import { Loop } from './io/loop.ts';
import { SharedMemory } from './io/packet-memory.ts';
import { systemClock, systemRandom } from './io/system.ts';
import type { LinkControl } from './uapi/control.ts';
import { serveUapi, type UapiServer } from './uapi/server.ts';

const PACKET_MEMORY_BYTES = 2 << 20;

export interface EngineDescriptors {
  /** A TUN interface's, with virtio headers, non-blocking. */
  readonly tun: number;
  /** A listening unix socket's. */
  readonly uapi: number;
  /** A connected socket's whose other end the parent holds: it speaks the UAPI, and its end is ours. */
  readonly parent?: number;
  /** Bound UDP sockets'. The engine binds its own where there are none. */
  readonly udp?: readonly number[];
}

export class Engine {
  readonly device: Device;
  readonly #loop: Loop;
  readonly #server: UapiServer;

  /**
   * @param onEnded called once the interface no longer exists, or the parent has gone
   * @throws SystemError where a descriptor is not what it is taken for
   */
  constructor(descriptors: EngineDescriptors, onEnded: () => void) {
    const memory = new SharedMemory(PACKET_MEMORY_BYTES);
    const kernels = loadKernels(memory);
    this.device = new Device({
      memory,
      cipher: kernels ?? nobleTransportCipher,
      clock: systemClock,
      random: systemRandom,
    });
    this.#loop = new Loop({
      device: this.device,
      clock: systemClock,
      memory,
      kernels,
      tunDescriptor: descriptors.tun,
      udpPorts: descriptors.udp === undefined ? ownUdpPorts : inheritedUdpPorts(descriptors.udp),
      onDeleted: onEnded,
    });
    this.#server = serveUapi(descriptors.uapi, {
      device: this.device,
      link: linkControl(this.#loop),
      clock: systemClock,
      output: this.#loop,
    });
    if (descriptors.parent !== undefined) this.#server.adopt(descriptors.parent, onEnded);
  }

  close(): void {
    this.#server.close();
    this.#loop.close();
  }
}

function linkControl(loop: Loop): LinkControl {
  return {
    get listenPort() {
      return loop.bearer.port;
    },
    get mark() {
      return loop.bearer.mark;
    },
    setListenPort: (port) => loop.setListenPort(port),
    setMark: (mark) => loop.setMark(mark),
    interfaceIndex: (name) => libc.ifNameToIndex(name) || null,
    settle: () => loop.settle(),
  };
}
