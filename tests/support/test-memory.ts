/** Packet memory without native parts, and a transport cipher that remembers which keys were wiped. */
import { nobleTransportCipher } from '../../engine/crypto/transport-cipher.ts';
import type { PacketMemory, TransportCipher, TransportKey } from '../../engine/ports.ts';

export class TestMemory implements PacketMemory {
  readonly bytes: Uint8Array;
  readonly view: DataView;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
}

/** The reference cipher. It counts the keys that are alive: imported, and not yet wiped. */
export class WatchedCipher implements TransportCipher {
  liveKeys = 0;
  importedKeys = 0;
  /** May change a padded packet that is about to be sealed, as a peer of ill will would. */
  beforeSealing: (packet: Uint8Array) => void = () => {};

  importKey(bytes: Uint8Array): TransportKey {
    const key = nobleTransportCipher.importKey(bytes);
    let isLive = true;
    this.liveKeys++;
    this.importedKeys++;
    return {
      seal: (memory, high, low, offset, length) => {
        this.beforeSealing(memory.bytes.subarray(offset, offset + length));
        key.seal(memory, high, low, offset, length);
      },
      open: (memory, high, low, offset, length) => key.open(memory, high, low, offset, length),
      wipe: () => {
        key.wipe();
        if (isLive) this.liveKeys--;
        isLive = false;
      },
    };
  }
}
