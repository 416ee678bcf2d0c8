/** A running engine: the device, its loop and its UAPI socket, put together. */
import { nobleTransportCipher } from './crypto/transport-cipher.ts';
import { Device } from './device/device.ts';
import { loadKernels } from './io/kernel-file.ts';
import { libc } from './io/linux/libc.ts';
import { Loop } from './io/loop.ts';
import { SharedMemory } from './io/packet-memory.ts';
import { systemClock, systemRandom } from './io/system.ts';
import type { LinkControl } from './uapi/control.ts';
import { serveUapi } from './uapi/server.ts';

const PACKET_MEMORY_BYTES = 2 << 20;

export interface EngineDescriptors {
  /** A TUN interface's, with virtio headers, non-blocking. */
  readonly tun: number;
  /** A listening unix socket's. */
  readonly uapi: number;
}

export class Engine {
  readonly device: Device;
  readonly #loop: Loop;
  readonly #server: ReturnType<typeof serveUapi>;

  /** @param onDeleted called once the interface no longer exists */
  constructor(descriptors: EngineDescriptors, onDeleted: () => void) {
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
      onDeleted,
    });
    this.#server = serveUapi(descriptors.uapi, {
      device: this.device,
      link: linkControl(this.#loop),
      clock: systemClock,
      output: this.#loop,
    });
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
