import { describe, expect, it } from 'vitest';
import {
  COOKIE_REPLY_LENGTH,
  classifyDatagram,
  HANDSHAKE_INITIATION_LENGTH,
  HANDSHAKE_RESPONSE_LENGTH,
  parseHandshakeMessage,
  readTransportCounterHigh,
  readTransportCounterLow,
  readTransportReceiverIndex,
  TRANSPORT_HEADER_LENGTH,
  TRANSPORT_OVERHEAD,
  writeCookieReply,
  writeHandshakeInitiation,
  writeHandshakeResponse,
  writeTransportHeader,
} from '../../../engine/wire/messages.ts';
import { SeededRandom } from '../../support/virtual-clock.ts';

const random = new SeededRandom(5);

function classify(bytes: Uint8Array) {
  return classifyDatagram(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
}

function datagram(type: readonly number[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(type.slice(0, length));
  return bytes;
}

describe('message sizes', () => {
  it('they_are_148_92_64_and_at_least_32', () => {
    expect([HANDSHAKE_INITIATION_LENGTH, HANDSHAKE_RESPONSE_LENGTH, COOKIE_REPLY_LENGTH]).toEqual([
      148, 92, 64,
    ]);
    expect([TRANSPORT_HEADER_LENGTH, TRANSPORT_OVERHEAD]).toEqual([16, 32]);
  });
});

describe('classifying a datagram', () => {
  it.each([
    ['initiation', 1, 148],
    ['response', 2, 92],
    ['cookie-reply', 3, 64],
    ['transport-data', 4, 32],
    ['transport-data', 4, 1_500],
  ])('%s_is_type_%i_with_%i_bytes', (kind, type, length) => {
    expect(classify(datagram([type], length))).toBe(kind);
  });

  it.each([1, 2, 3, 4])('type_%i_of_any_other_length_is_an_invalid_length', (type) => {
    const right = { 1: [148], 2: [92], 3: [64], 4: Array.from({ length: 500 }, (_, i) => 32 + i) }[type]!;
    for (let length = 4; length < 300; length++) {
      const kind = classify(datagram([type], length));
      if ((kind === 'invalid-length') === right.includes(length)) throw new Error(`${length} bytes: ${kind}`);
    }
  });

  it.each([0, 1, 2, 3])('%i_bytes_are_too_few_for_a_type', (length) => {
    expect(classify(datagram([4], length))).toBe('invalid-length');
  });

  it('every_other_type_is_invalid', () => {
    for (let type = 0; type < 256; type++) {
      if (type < 1 || type > 4) expect(classify(datagram([type], 148))).toBe('invalid-type');
    }
  });

  it.each([1, 2, 3])('a_non_zero_reserved_byte_%i_makes_the_type_invalid', (at) => {
    for (const [type, length] of [
      [1, 148],
      [2, 92],
      [3, 64],
      [4, 32],
    ] as const) {
      for (let bit = 0; bit < 8; bit++) {
        const bytes = datagram([type], length);
        bytes[at] = 1 << bit;
        expect(classify(bytes)).toBe('invalid-type');
      }
    }
  });
});

describe('reading back what was written', () => {
  it('an_initiation_keeps_its_fields_at_the_papers_offsets', () => {
    const fields = {
      senderIndex: 0xfedcba98,
      unencryptedEphemeral: random.bytes(32),
      encryptedStatic: random.bytes(48),
      encryptedTimestamp: random.bytes(28),
    };
    const { datagram: bytes, macs } = writeHandshakeInitiation(fields);
    macs.mac1.fill(1);
    macs.mac2.fill(2);
    expect(bytes).toEqual(
      Uint8Array.of(
        ...[1, 0, 0, 0, 0x98, 0xba, 0xdc, 0xfe],
        ...fields.unencryptedEphemeral,
        ...fields.encryptedStatic,
        ...fields.encryptedTimestamp,
        ...macs.mac1,
        ...macs.mac2,
      ),
    );
    expect(parseHandshakeMessage(bytes)).toEqual({ kind: 'initiation', ...fields, macs });
    expect([macs.beforeMac1.length, macs.beforeMac2.length]).toEqual([116, 132]);
  });

  it('a_response_keeps_its_fields_at_the_papers_offsets', () => {
    const fields = {
      senderIndex: 1,
      receiverIndex: 0x80000000,
      unencryptedEphemeral: random.bytes(32),
      encryptedNothing: random.bytes(16),
    };
    const { datagram: bytes, macs } = writeHandshakeResponse(fields);
    macs.mac1.fill(1);
    macs.mac2.fill(2);
    expect(bytes).toEqual(
      Uint8Array.of(
        ...[2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x80],
        ...fields.unencryptedEphemeral,
        ...fields.encryptedNothing,
        ...macs.mac1,
        ...macs.mac2,
      ),
    );
    expect(parseHandshakeMessage(bytes)).toEqual({ kind: 'response', ...fields, macs });
  });

  it('a_cookie_reply_keeps_its_fields_at_the_papers_offsets', () => {
    const fields = { receiverIndex: 258, nonce: random.bytes(24), encryptedCookie: random.bytes(32) };
    const bytes = writeCookieReply(fields);
    expect(bytes).toEqual(Uint8Array.of(3, 0, 0, 0, 2, 1, 0, 0, ...fields.nonce, ...fields.encryptedCookie));
    expect(parseHandshakeMessage(bytes)).toEqual({ kind: 'cookie-reply', ...fields });
  });

  it('a_transport_header_has_a_little_endian_64_bit_counter', () => {
    const bytes = new Uint8Array(20);
    const view = new DataView(bytes.buffer);
    writeTransportHeader(view, 2, 0xa1b2c3d4, 0x01020304, 0xf5f6f7f8);
    expect(view.getBigUint64(10, true)).toBe(0x01020304f5f6f7f8n);
    expect([...bytes.subarray(2, 10)]).toEqual([4, 0, 0, 0, 0xd4, 0xc3, 0xb2, 0xa1]);
    expect(readTransportReceiverIndex(view, 2)).toBe(0xa1b2c3d4);
    expect(readTransportCounterHigh(view, 2)).toBe(0x01020304);
    expect(readTransportCounterLow(view, 2)).toBe(0xf5f6f7f8);
  });

  it('other_lengths_are_a_bug_of_the_caller', () => {
    expect(() => parseHandshakeMessage(new Uint8Array(147))).toThrow(RangeError);
  });
});
