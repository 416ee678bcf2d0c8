/** Both ciphers against RFC 8439 by another hand, OpenSSL's or noble's, and against each other. */
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nobleTransportCipher } from '../../../engine/crypto/transport-cipher.ts';
import { SharedMemory } from '../../../engine/io/packet-memory.ts';
import type { TransportCipher, TransportKey } from '../../../engine/ports.ts';
import { paddedLength, TRANSPORT_OVERHEAD } from '../../../engine/wire/messages.ts';
import { plainRun } from '../../../engine/wire/packet-run.ts';
import { kernelCipher } from '../../support/test-memory.ts';
import { toHex } from '../../vectors/vectors.ts';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const key32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const MARGIN = 64;
const LONGEST = 2_048;
const MTU = 65_535;
const memory = new SharedMemory(1 << 18);
/** Where packets are sealed from, and where datagrams are written to. */
const source = memory.allocate(LONGEST + 2 * MARGIN + 16) + MARGIN;
const target = memory.allocate(LONGEST + 2 * MARGIN + 64) + MARGIN;

const CIPHERS: [string, TransportCipher][] = [
  ['plain code', nobleTransportCipher],
  ['kernels', kernelCipher(memory)],
];

function nonceOf(counterHigh: number, counterLow: number): Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(4, counterLow, true);
  view.setUint32(8, counterHigh, true);
  return nonce;
}

interface Sealing {
  readonly packet: Uint8Array;
  readonly high?: number;
  readonly low?: number;
  /** Bytes by which the packet, and where it is sealed to, miss a multiple of 16. */
  readonly unaligned?: number;
  readonly isInPlace?: boolean;
}

/** @returns where the datagram begins, and its length */
function seal(key: TransportKey, { packet, high = 0, low = 0, unaligned = 0, isInPlace = false }: Sealing) {
  memory.bytes.fill(0xa5, source - MARGIN, target + LONGEST + MARGIN + 64);
  const to = target + unaligned;
  const at = isInPlace ? to + 16 : source + unaligned;
  memory.bytes.set(packet, at);
  const header = { remoteIndex: 0x01020304, counterHigh: high, counterLow: low };
  key.sealRun(memory, { ...plainRun(), packet: at, length: packet.length }, header, MTU, to);
  return { to, length: paddedLength(packet.length, MTU) + TRANSPORT_OVERHEAD };
}

function open(key: TransportKey, at: number, length: number): boolean {
  memory.bytes[memory.verdicts] = 7;
  key.openRun(memory, at, length, 1, length);
  return memory.bytes[memory.verdicts] === 1;
}

const hexAt = (at: number, length: number) => toHex(memory.bytes.slice(at, at + length));

function expectSealed(
  key: Uint8Array,
  sealing: Sealing,
  { to, length }: { to: number; length: number },
): void {
  const padded = new Uint8Array(length - TRANSPORT_OVERHEAD);
  padded.set(sealing.packet);
  const expected = chacha20poly1305(key, nonceOf(sealing.high ?? 0, sealing.low ?? 0)).encrypt(padded);
  expect(hexAt(to + 16, length - 16)).toBe(toHex(expected));
  expect(hexAt(to + length, MARGIN - 16)).toBe('a5'.repeat(MARGIN - 16));
}

describe.each(CIPHERS)('transport data by %s', (_, cipher) => {
  it('every_length_from_0_to_2048_is_sealed_as_the_rfc_says_and_opens_again', () => {
    const keyBytes = new Uint8Array(32).map((_, i) => i * 7 + 1);
    const key = cipher.importKey(keyBytes);
    for (let length = 0; length <= LONGEST; length++) {
      const packet = new Uint8Array(length).map((_, i) => (i * 31 + length) & 0xff);
      const sealing = { packet, low: length, unaligned: length % 16 };
      const sealed = seal(key, sealing);
      expectSealed(keyBytes, sealing, sealed);
      expect(open(key, sealed.to, sealed.length)).toBe(true);
      expect(hexAt(sealed.to + 16, length)).toBe(toHex(packet));
    }
  });

  it('any_key_counter_and_packet_in_place_or_not', () => {
    fc.assert(
      fc.property(
        key32,
        u32,
        u32,
        fc.uint8Array({ maxLength: 400, size: 'max' }),
        fc.integer({ min: 0, max: 15 }),
        fc.boolean(),
        (bytes, high, low, packet, unaligned, isInPlace) => {
          const key = cipher.importKey(bytes);
          const sealing = { packet, high, low, unaligned, isInPlace };
          const sealed = seal(key, sealing);
          expectSealed(bytes, sealing, sealed);
          expect(open(key, sealed.to, sealed.length)).toBe(true);
        },
      ),
    );
  });

  it('keys_and_messages_of_all_ones_carry_through_every_limb', () => {
    for (const keyByte of [0, 0x0f, 0x80, 0xff]) {
      for (const length of [16, 176, 192, 208, 256, 1_024, 1_408, 2_048]) {
        const bytes = new Uint8Array(32).fill(keyByte);
        const key = cipher.importKey(bytes);
        const keystream = chacha20poly1305(bytes, nonceOf(0, 0))
          .encrypt(new Uint8Array(length))
          .slice(0, length);
        // Such a packet encrypts to all ones, the greatest blocks that Poly1305 can meet.
        const sealing = { packet: keystream.map((byte) => byte ^ 0xff) };
        expectSealed(bytes, sealing, seal(key, sealing));
      }
    }
  });

  it('a_forged_tag_or_text_is_refused_and_leaves_the_bytes_as_they_were', () => {
    const key = cipher.importKey(new Uint8Array(32).fill(1));
    for (const length of [0, 48, 191, 192, 193, 1_420]) {
      const sealed = seal(key, { packet: new Uint8Array(length).fill(2), low: 5 });
      for (let at = 16; at < sealed.length; at += at < sealed.length - 16 ? 13 : 1) {
        memory.bytes[sealed.to + at]! ^= 1 << (at % 8);
        const before = hexAt(sealed.to, sealed.length);
        expect(open(key, sealed.to, sealed.length)).toBe(false);
        expect(hexAt(sealed.to, sealed.length)).toBe(before);
        memory.bytes[sealed.to + at]! ^= 1 << (at % 8);
      }
      expect(open(key, sealed.to, sealed.length)).toBe(true);
    }
  });

  it('a_run_tells_for_each_datagram_whether_it_was_right', () => {
    const key = cipher.importKey(new Uint8Array(32).fill(9));
    memory.bytes.fill(0, source, source + 200);
    const lengths = [64, 64, 64, 48];
    let at = target;
    for (const [i, length] of lengths.entries()) {
      const header = { remoteIndex: 1, counterHigh: 3, counterLow: i };
      const run = { ...plainRun(), packet: source, length: length - TRANSPORT_OVERHEAD };
      key.sealRun(memory, run, header, MTU, at);
      at += length;
    }
    memory.bytes[target + 64 + 20]! ^= 1;
    key.openRun(memory, target, 64, 4, 48);
    expect([...memory.bytes.slice(memory.verdicts, memory.verdicts + 4)]).toEqual([1, 0, 1, 1]);
  });

  it('a_wiped_key_opens_nothing', () => {
    const key = cipher.importKey(new Uint8Array(32).fill(1));
    const sealed = seal(key, { packet: new Uint8Array(32) });
    key.wipe();
    expect(open(key, sealed.to, sealed.length)).toBe(false);
  });

  it('two_keys_do_not_get_in_each_others_way', () => {
    const [one, other] = [
      cipher.importKey(new Uint8Array(32).fill(1)),
      cipher.importKey(new Uint8Array(32).fill(2)),
    ];
    const sealed = seal(one, { packet: new Uint8Array(100) });
    expect(open(other, sealed.to, sealed.length)).toBe(false);
    expect(open(one, sealed.to, sealed.length)).toBe(true);
  });
});
