/** Transport data sealed by @noble/ciphers: the reference, and what runs where no faster kernel can. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { AUTH_TAG_LENGTH } from '../constants.ts';
import type { PacketMemory, TransportCipher, TransportKey } from '../ports.ts';

class NobleTransportKey implements TransportKey {
  readonly #key: Uint8Array;
  /** 32 zero bits, then the counter as a little-endian u64. */
  readonly #nonce = new Uint8Array(12);
  readonly #nonceView = new DataView(this.#nonce.buffer);

  constructor(key: Uint8Array) {
    this.#key = Uint8Array.from(key);
  }

  seal(memory: PacketMemory, counterHigh: number, counterLow: number, offset: number, length: number): void {
    const plaintext = memory.bytes.subarray(offset, offset + length);
    const sealed = memory.bytes.subarray(offset, offset + length + AUTH_TAG_LENGTH);
    this.#aead(counterHigh, counterLow).encrypt(plaintext, sealed);
  }

  open(
    memory: PacketMemory,
    counterHigh: number,
    counterLow: number,
    offset: number,
    length: number,
  ): boolean {
    const sealed = memory.bytes.subarray(offset, offset + length + AUTH_TAG_LENGTH);
    const plaintext = memory.bytes.subarray(offset, offset + length);
    try {
      this.#aead(counterHigh, counterLow).decrypt(sealed, plaintext);
      return true;
    } catch {
      return false; // noble checks the tag before it writes a byte
    }
  }

  wipe(): void {
    this.#key.fill(0);
  }

  #aead(counterHigh: number, counterLow: number) {
    this.#nonceView.setUint32(4, counterLow, true);
    this.#nonceView.setUint32(8, counterHigh, true);
    return chacha20poly1305(this.#key, this.#nonce);
  }
}

export const nobleTransportCipher: TransportCipher = { importKey: (key) => new NobleTransportKey(key) };
