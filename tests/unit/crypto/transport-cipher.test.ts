import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nobleTransportCipher } from '../../../engine/crypto/transport-cipher.ts';
import type { PacketMemory } from '../../../engine/ports.ts';
import { toHex } from '../../vectors/vectors.ts';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const MARGIN = 24;

function memoryAround(packet: Uint8Array): PacketMemory {
  const bytes = new Uint8Array(MARGIN + packet.length + 16 + MARGIN).fill(0xa5);
  bytes.set(packet, MARGIN);
  return { bytes, view: new DataView(bytes.buffer) };
}

function nonceOf(counterHigh: number, counterLow: number): Uint8Array {
  const nonce = new Uint8Array(12);
  const counter = BigInt(counterHigh) * 2n ** 32n + BigInt(counterLow);
  new DataView(nonce.buffer).setBigUint64(4, counter, true);
  return nonce;
}

describe('nobleTransportCipher', () => {
  it('seals_in_place_as_chacha20_poly1305_with_the_counter_for_nonce', () => {
    fc.assert(
      fc.property(key32, u32, u32, fc.uint8Array({ maxLength: 300 }), (key, high, low, packet) => {
        const memory = memoryAround(packet);
        nobleTransportCipher.importKey(key).seal(memory, high, low, MARGIN, packet.length);
        const expected = chacha20poly1305(key, nonceOf(high, low)).encrypt(packet);
        expect(toHex(memory.bytes.subarray(MARGIN, -MARGIN))).toBe(toHex(expected));
        const outside = [...memory.bytes.subarray(0, MARGIN), ...memory.bytes.subarray(-MARGIN)];
        expect(outside.every((byte) => byte === 0xa5)).toBe(true);
      }),
    );
  });

  it('opens_in_place_what_it_sealed', () => {
    fc.assert(
      fc.property(key32, u32, u32, fc.uint8Array({ maxLength: 300 }), (key, high, low, packet) => {
        const memory = memoryAround(packet);
        const transportKey = nobleTransportCipher.importKey(key);
        transportKey.seal(memory, high, low, MARGIN, packet.length);
        expect(transportKey.open(memory, high, low, MARGIN, packet.length)).toBe(true);
        expect(toHex(memory.bytes.subarray(MARGIN, MARGIN + packet.length))).toBe(toHex(packet));
      }),
    );
  });

  it('a_wrong_tag_is_refused_and_leaves_the_bytes_as_they_were', () => {
    const transportKey = nobleTransportCipher.importKey(new Uint8Array(32).fill(1));
    const memory = memoryAround(new Uint8Array(48).fill(2));
    transportKey.seal(memory, 0, 5, MARGIN, 48);
    memory.bytes[MARGIN + 50]! ^= 1;
    const before = toHex(memory.bytes);
    expect(transportKey.open(memory, 0, 5, MARGIN, 48)).toBe(false);
    expect(toHex(memory.bytes)).toBe(before);
  });

  it('another_counter_is_refused_in_either_half', () => {
    const transportKey = nobleTransportCipher.importKey(new Uint8Array(32).fill(1));
    const memory = memoryAround(new Uint8Array(16));
    transportKey.seal(memory, 1, 2, MARGIN, 16);
    expect(transportKey.open(memory, 2, 1, MARGIN, 16)).toBe(false);
    expect(transportKey.open(memory, 0, 2, MARGIN, 16)).toBe(false);
    expect(transportKey.open(memory, 1, 3, MARGIN, 16)).toBe(false);
    expect(transportKey.open(memory, 1, 2, MARGIN, 16)).toBe(true);
  });

  it('the_key_is_copied_and_wiping_makes_it_useless', () => {
    const bytes = new Uint8Array(32).fill(9);
    const transportKey = nobleTransportCipher.importKey(bytes);
    const memory = memoryAround(new Uint8Array(16));
    transportKey.seal(memory, 0, 0, MARGIN, 16);
    bytes.fill(0);
    const copy: PacketMemory = memoryAround(new Uint8Array(16));
    copy.bytes.set(memory.bytes);
    expect(transportKey.open(copy, 0, 0, MARGIN, 16)).toBe(true);
    transportKey.wipe();
    expect(transportKey.open(memory, 0, 0, MARGIN, 16)).toBe(false);
  });
});
