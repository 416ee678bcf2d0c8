/** The transport cipher under test, which remembers what keys were wiped and may spoil what is sealed. */
import { readFileSync } from 'node:fs';
import { nobleTransportCipher } from '../../engine/crypto/transport-cipher.ts';
import { KernelCipher } from '../../engine/dataplane/kernels.ts';
import type { SharedMemory } from '../../engine/io/packet-memory.ts';
import type {
  PacketMemory,
  PacketRun,
  TransportCipher,
  TransportHeader,
  TransportKey,
} from '../../engine/ports.ts';
import { paddedLength, TRANSPORT_HEADER_LENGTH, TRANSPORT_OVERHEAD } from '../../engine/wire/messages.ts';
import { plainRun, runPacketLength, writeRunPacket } from '../../engine/wire/packet-run.ts';

const KERNELS = new URL('../../dist/kernels.wasm', import.meta.url);

export function kernelCipher(memory: SharedMemory): KernelCipher {
  return new KernelCipher(readFileSync(KERNELS), memory);
}

/** Plain code, or, where TEST_CIPHER=kernels, the WebAssembly kernels: one suite runs against both. */
export function cipherUnderTest(memory: SharedMemory): TransportCipher {
  return process.env.TEST_CIPHER === 'kernels' ? kernelCipher(memory) : nobleTransportCipher;
}

/** Counts the keys that are alive: imported, and not yet wiped. */
export class WatchedCipher implements TransportCipher {
  liveKeys = 0;
  importedKeys = 0;
  /** May change a padded packet that is about to be sealed, as a peer of ill will would. */
  beforeSealing: ((packet: Uint8Array) => void) | null = null;
  readonly #cipher: TransportCipher;

  constructor(cipher: TransportCipher = nobleTransportCipher) {
    this.#cipher = cipher;
  }

  importKey(bytes: Uint8Array): TransportKey {
    const key = this.#cipher.importKey(bytes);
    let isLive = true;
    this.liveKeys++;
    this.importedKeys++;
    return {
      sealRun: (memory, run, header, mtu, to) => {
        if (this.beforeSealing === null) key.sealRun(memory, run, header, mtu, to);
        else this.#sealSpoiled(key, memory, run, header, mtu, to, this.beforeSealing);
      },
      openRun: (memory, first, stride, count, last) => key.openRun(memory, first, stride, count, last),
      wipe: () => {
        key.wipe();
        if (isLive) this.liveKeys--;
        isLive = false;
      },
    };
  }

  #sealSpoiled(
    key: TransportKey,
    memory: PacketMemory,
    run: PacketRun,
    header: TransportHeader,
    mtu: number,
    to: number,
    spoil: (packet: Uint8Array) => void,
  ): void {
    let at = to;
    for (let i = 0; i < run.count; i++) {
      const packet = at + TRANSPORT_HEADER_LENGTH;
      const length = runPacketLength(run, i);
      const padded = paddedLength(length, mtu);
      writeRunPacket(memory, run, i, packet);
      memory.bytes.fill(0, packet + length, packet + padded);
      spoil(memory.bytes.subarray(packet, packet + padded));
      const { remoteIndex, counterHigh, counterLow } = header;
      const numbered = { remoteIndex, counterHigh, counterLow: counterLow + i };
      key.sealRun(memory, { ...plainRun(), packet, length: padded }, numbered, mtu, at);
      at += padded + TRANSPORT_OVERHEAD;
    }
  }
}
