/** Ethernet frames that go past the IP stack and its filters (packet(7)), as a program with CAP_NET_RAW may send them. */
import { libc } from '../../engine/io/linux/libc.ts';
import { SharedMemory } from '../../engine/io/packet-memory.ts';
import { inside } from './inside.ts';
import type { Namespace } from './netns.ts';

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOL_PACKET = 263;
const PACKET_QDISC_BYPASS = 20;
const SOCKADDR_LL_LENGTH = 20;
const LONGEST_FRAME = 2_048;
const MAC_LENGTH = 6;
const ETHERNET_HEADER = 14;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;

/** Sends IP packets to everybody on a link. */
export class PacketSocket {
  readonly #descriptor: number;
  readonly #memory: SharedMemory;
  readonly #frame: number;

  private constructor(descriptor: number, memory: SharedMemory) {
    this.#descriptor = descriptor;
    this.#memory = memory;
    this.#frame = memory.allocate(LONGEST_FRAME);
  }

  /** @param bypassesQdisc by the shorter way through the kernel (PACKET_QDISC_BYPASS) */
  static open(namespace: Namespace, device: string, bypassesQdisc = false): Promise<PacketSocket> {
    return inside(namespace, () => {
      const memory = new SharedMemory(LONGEST_FRAME);
      const descriptor = libc.socket(AF_PACKET, SOCK_RAW, 0);
      const address = memory.allocate(SOCKADDR_LL_LENGTH);
      memory.view.setUint16(address, AF_PACKET, true);
      memory.view.setInt32(address + 4, libc.ifNameToIndex(device), true);
      if (libc.bind(descriptor, memory.address(address), SOCKADDR_LL_LENGTH) < 0)
        throw new Error(`cannot send by ${device}`);
      memory.view.setInt32(address, bypassesQdisc ? 1 : 0, true);
      libc.setsockopt(descriptor, SOL_PACKET, PACKET_QDISC_BYPASS, memory.address(address), 4);
      return new PacketSocket(descriptor, memory);
    });
  }

  send(packets: readonly Uint8Array[]): void {
    const { bytes, view } = this.#memory;
    for (const packet of packets) {
      bytes.fill(0xff, this.#frame, this.#frame + MAC_LENGTH);
      view.setUint16(this.#frame + 2 * MAC_LENGTH, packet[0]! >> 4 === 4 ? IPV4 : IPV6);
      bytes.set(packet, this.#frame + ETHERNET_HEADER);
      libc.write(this.#descriptor, this.#memory.address(this.#frame), ETHERNET_HEADER + packet.length);
    }
  }

  close(): void {
    libc.close(this.#descriptor);
  }
}

/** The same from a socket for once. */
export async function sendPackets(
  namespace: Namespace,
  device: string,
  packets: readonly Uint8Array[],
  bypassesQdisc = false,
): Promise<void> {
  const socket = await PacketSocket.open(namespace, device, bypassesQdisc);
  socket.send(packets);
  socket.close();
}
