/** A TunWriter over the real kernels, whose writes are gathered from their iovecs as writev(2) would gather them. */
import { TunWriter } from '../../engine/dataplane/tun-writer.ts';
import { SharedMemory } from '../../engine/io/packet-memory.ts';
import { packetsOfWrite } from './segmenter.ts';
import { kernelCipher } from './test-memory.ts';

const BYTES = 1 << 22;
const IOVEC_LENGTH = 16;
const POISON = 0xb5;
/** Before a packet, of which 16 may be overwritten, and behind it. */
const ROOM = 32;
const OVERWRITABLE = 16;

/** The bytes of `count` iovecs, one behind the other. */
function gather(memory: SharedMemory, iovecs: number, count: number): Uint8Array {
  const base = BigInt(memory.address(0));
  const parts = Array.from({ length: count }, (_, i) => {
    const at = Number(memory.view.getBigUint64(iovecs + i * IOVEC_LENGTH, true) - base);
    const length = Number(memory.view.getBigUint64(iovecs + i * IOVEC_LENGTH + 8, true));
    return memory.bytes.slice(at, at + length);
  });
  return Uint8Array.from(Buffer.concat(parts));
}

export class TunWrites {
  readonly #memory = new SharedMemory(BYTES);
  readonly #writer: TunWriter;
  readonly #area: number;
  #written: Uint8Array[] = [];

  constructor(mergesUdp = true) {
    const memory = this.#memory;
    this.#writer = new TunWriter(kernelCipher(memory), memory, mergesUdp, (iovecs, count) =>
      this.#written.push(gather(memory, iovecs, count)),
    );
    this.#area = memory.allocate(0);
  }

  /** @returns what is written for these packets, each with its virtio header @throws Error where bytes around them change */
  of(packets: readonly Uint8Array[]): Uint8Array[] {
    const { bytes } = this.#memory;
    bytes.fill(POISON, this.#area);
    let end = this.#area;
    const places = packets.map((packet, i) => {
      const at = end + ROOM + (i % 16);
      bytes.set(packet, at);
      end = at + packet.length + ROOM;
      return at;
    });
    this.#written = [];
    for (const [i, packet] of packets.entries()) this.#writer.add(places[i]!, packet.length);
    this.#writer.flush();
    for (const [i, packet] of packets.entries()) {
      const [from, to] = [places[i]! - OVERWRITABLE, places[i]! + packet.length];
      const around = Buffer.concat([bytes.subarray(from - 16, from), bytes.subarray(to, to + 16)]);
      if (!around.every((byte) => byte === POISON)) throw new Error(`bytes around packet ${i} changed`);
    }
    return this.#written;
  }

  /** @returns how many of these packets went into each write @throws Error where the writes stand for anything else */
  joined(packets: readonly Uint8Array[]): number[] {
    const groups = this.of(packets).map(packetsOfWrite);
    const seen = groups.flat();
    const wrong = packets.findIndex((packet, i) => !Buffer.from(packet).equals(seen[i] ?? Buffer.alloc(0)));
    if (seen.length !== packets.length || wrong !== -1)
      throw new Error(`packet ${wrong} of ${packets.length} is not among ${seen.length} as it was`);
    return groups.map(({ length }) => length);
  }
}
