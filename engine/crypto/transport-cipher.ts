/** Transport data sealed by @noble/ciphers: the reference, and what runs where no faster kernel can. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import { AUTH_TAG_LENGTH } from '../constants.ts';
import type { PacketMemory, PacketRun, TransportCipher, TransportHeader, TransportKey } from '../ports.ts';
import {
  paddedLength,
  readTransportCounterHigh,
  readTransportCounterLow,
  TRANSPORT_HEADER_LENGTH,
  TRANSPORT_OVERHEAD,
  writeTransportHeader,
} from '../wire/messages.ts';
import { runPacketLength, writeRunPacket } from '../wire/packet-run.ts';

class NobleTransportKey implements TransportKey {
  readonly #key: Uint8Array;
  /** 32 zero bits, then the counter as a little-endian u64. */
  readonly #nonce = new Uint8Array(12);
  readonly #nonceView = new DataView(this.#nonce.buffer);

  constructor(key: Uint8Array) {
    this.#key = Uint8Array.from(key);
  }

  sealRun(memory: PacketMemory, run: PacketRun, header: TransportHeader, mtu: number, to: number): void {
    let { counterHigh, counterLow } = header;
    let at = to;
    for (let i = 0; i < run.count; i++) {
      const packet = at + TRANSPORT_HEADER_LENGTH;
      const length = runPacketLength(run, i);
      const padded = paddedLength(length, mtu);
      writeRunPacket(memory, run, i, packet);
      memory.bytes.fill(0, packet + length, packet + padded);
      writeTransportHeader(memory.view, at, header.remoteIndex, counterHigh, counterLow);
      const plaintext = memory.bytes.subarray(packet, packet + padded);
      const sealed = memory.bytes.subarray(packet, packet + padded + AUTH_TAG_LENGTH);
      this.#aead(counterHigh, counterLow).encrypt(plaintext, sealed);
      at += padded + TRANSPORT_OVERHEAD;
      counterLow = (counterLow + 1) >>> 0;
      if (counterLow === 0) counterHigh++;
    }
  }

  openRun(memory: PacketMemory, first: number, stride: number, count: number, lastLength: number): void {
    for (let i = 0; i < count; i++) {
      const length = i === count - 1 ? lastLength : stride;
      memory.bytes[memory.verdicts + i] = this.#open(memory, first + i * stride, length) ? 1 : 0;
    }
  }

  wipe(): void {
    this.#key.fill(0);
  }

  #open({ bytes, view }: PacketMemory, datagram: number, length: number): boolean {
    const packet = datagram + TRANSPORT_HEADER_LENGTH;
    const sealed = bytes.subarray(packet, datagram + length);
    const plaintext = bytes.subarray(packet, datagram + length - AUTH_TAG_LENGTH);
    const aead = this.#aead(
      readTransportCounterHigh(view, datagram),
      readTransportCounterLow(view, datagram),
    );
    try {
      aead.decrypt(sealed, plaintext);
      return true;
    } catch {
      return false; // noble checks the tag before it writes a byte
    }
  }

  #aead(counterHigh: number, counterLow: number) {
    this.#nonceView.setUint32(4, counterLow, true);
    this.#nonceView.setUint32(8, counterHigh, true);
    return chacha20poly1305(this.#key, this.#nonce);
  }
}

export const nobleTransportCipher: TransportCipher = { importKey: (key) => new NobleTransportKey(key) };
