import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type DecodedFrame,
  encodeFrame,
  FrameDecoder,
  FrameTooLong,
  MAX_FRAME_BYTES,
} from '../../../helper/ipc/codec.ts';

function decode(...chunks: Uint8Array[]): DecodedFrame[] {
  const decoder = new FrameDecoder();
  const frames: DecodedFrame[] = [];
  for (const chunk of chunks) {
    decoder.push(chunk);
    for (let frame = decoder.next(); frame !== null; frame = decoder.next()) frames.push(frame);
  }
  return frames;
}

/** Cuts `bytes` at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

describe('the codec', () => {
  it('gives back every value however the stream is cut', () => {
    const values = fc.array(fc.jsonValue({ noUnicodeString: false }), { minLength: 1, maxLength: 8 });
    const places = fc.array(fc.nat(), { maxLength: 30 });
    fc.assert(
      fc.property(values, places, (sent, where) => {
        const bytes = Buffer.concat(sent.map(encodeFrame));
        const expected = sent.map((value) => ({ kind: 'value', value: JSON.parse(JSON.stringify(value)) }));
        expect(decode(...cut(bytes, where))).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  it('joins a character that a chunk splits', () => {
    const bytes = encodeFrame('Straße 🛰');
    expect(decode(...Array.from(bytes, (byte) => Uint8Array.of(byte)))).toEqual([
      { kind: 'value', value: 'Straße 🛰' },
    ]);
  });

  it('goes on after a line that is not JSON, or not UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from('{"a"\n\n'),
      Buffer.from([0x22, 0xff, 0x22, 0x0a]),
      encodeFrame(1),
    ]);
    expect(decode(bytes).map(({ kind }) => kind)).toEqual(['malformed', 'malformed', 'malformed', 'value']);
  });

  it('takes a frame of exactly the limit', () => {
    const text = 'x'.repeat(MAX_FRAME_BYTES - 2);
    expect(decode(encodeFrame(text))).toEqual([{ kind: 'value', value: text }]);
    expect(() => encodeFrame(`${text}x`)).toThrow(FrameTooLong);
  });

  it('gives up on a line past the limit, once, and keeps nothing of it', () => {
    const mebibyte = new Uint8Array(1024 * 1024).fill(0x20);
    const frames = decode(mebibyte, mebibyte, mebibyte, mebibyte, Uint8Array.of(0x20), encodeFrame(1));
    expect(frames).toEqual([{ kind: 'too-long' }]);
  });

  it('parses deep nesting without overflowing the stack', () => {
    const deep = Buffer.from(`${'['.repeat(500_000)}${']'.repeat(500_000)}\n`);
    expect(decode(deep)).toHaveLength(1);
  });
});
