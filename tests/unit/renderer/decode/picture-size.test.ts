import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pictureSize } from '../../../../renderer/lib/decode/picture-size.ts';
import { whitePng } from '../../../support/white-png.ts';

const text = (characters: string) => Buffer.from(characters, 'latin1');
const be16 = (value: number) => Buffer.of(value >> 8, value & 0xff);
const le16 = (value: number) => Buffer.of(value & 0xff, value >> 8);
const le24 = (value: number) => Buffer.of(value & 0xff, (value >> 8) & 0xff, value >> 16);
const le32 = (value: number) => Buffer.of(...le16(value & 0xffff), ...le16(value >>> 16));

function segment(marker: number, ...content: Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.of(0xff, marker), be16(body.length + 2), body]);
}

const jpegFrame = (width: number, height: number, marker = 0xc0) =>
  segment(marker, Buffer.of(8), be16(height), be16(width), Buffer.of(1, 1, 0x11, 0));

function jpeg(...segments: Uint8Array[]): Buffer {
  return Buffer.concat([text('\xff\xd8'), ...segments]);
}

interface Gif {
  readonly screen: readonly [number, number];
  readonly frame: readonly [left: number, top: number, width: number, height: number];
  /** Its number of colours is two to the power of this one and one more. */
  readonly colours?: number;
  readonly extensions?: Uint8Array;
}

function gif({ screen, frame, colours, extensions = Buffer.of() }: Gif): Buffer {
  const table = colours === undefined ? 0 : 3 << (colours + 1);
  return Buffer.concat([
    ...[text('GIF89a'), ...screen.map(le16)],
    ...[Buffer.of(colours === undefined ? 0 : 0x80 | colours, 0, 0), Buffer.alloc(table, 0x2c)],
    ...[extensions, text(','), ...frame.map(le16), Buffer.of(0)],
  ]);
}

const webp = (chunk: string, ...content: Uint8Array[]) =>
  Buffer.concat([text('RIFF'), le32(100), text(`WEBP${chunk}`), le32(50), ...content]);

const bmp = (...header: Uint8Array[]) => Buffer.concat([text('BM'), Buffer.alloc(12), ...header]);

const THUMBNAIL = jpeg(jpegFrame(160, 120));
/** A comment, and how long a frame is shown. */
const GIF_EXTENSIONS = text('!\xfe\x03abc\x02,,\x00!\xf9\x04\x00\x00\x00\x00\x00');

describe('the size of', () => {
  test.each([
    ['a PNG', whitePng(50_000, 40_000, 1), [50_000, 40_000]],
    ['a JPEG', jpeg(segment(0xdb, Buffer.alloc(65)), jpegFrame(4_000, 3_000)), [4_000, 3_000]],
    ['a progressive JPEG', jpeg(jpegFrame(65_535, 65_500, 0xc2)), [65_535, 65_500]],
    ['a JPEG with a thumbnail', jpeg(segment(0xe1, THUMBNAIL), jpegFrame(4_000, 3_000)), [4_000, 3_000]],
    [
      'a JPEG with tables, fill bytes and bytes between',
      jpeg(segment(0xc4, Buffer.alloc(20)), text('\x12\xff\x00\xff\xff'), jpegFrame(4_000, 3_000)),
      [4_000, 3_000],
    ],
    ['a GIF', gif({ screen: [640, 480], frame: [0, 0, 10, 10] }), [640, 480]],
    [
      'a GIF with colours, a comment and a larger frame',
      gif({ screen: [10, 10], frame: [5, 6, 60_000, 50_000], colours: 7, extensions: GIF_EXTENSIONS }),
      [60_005, 50_006],
    ],
    [
      'a WebP with losses',
      webp('VP8 ', text('\0\0\0\x9d\x01\x2a'), le16(0x4000 | 1_234), le16(16_383)),
      [1_234, 16_383],
    ],
    ['a WebP without', webp('VP8L', text('/'), le32((16_382 << 14) | 799)), [800, 16_383]],
    ['an extended WebP', webp('VP8X', le32(0), le24(99_999), le24(88_887)), [100_000, 88_888]],
    ['a BMP', bmp(le32(40), le32(30_000), le32(20_000)), [30_000, 20_000]],
    ['a BMP from above', bmp(le32(124), le32(30_000), le32(-20_000)), [30_000, 20_000]],
    ['an old BMP', bmp(le32(12), le16(300), le16(200)), [300, 200]],
  ])('%s is what it is drawn at, and unknown where its header is cut off', (_, bytes, [width, height]) => {
    expect(pictureSize(bytes)).toEqual({ width, height });
    expect(pictureSize(new Uint8Array([...bytes, 1, 2, 3]))).toEqual({ width, height });
    for (let length = 0; length <= 10; length++) expect(pictureSize(bytes.subarray(0, length))).toBeNull();
  });

  test.each([
    ['a JPEG whose frame comes after its pixels', jpeg(segment(0xda, Buffer.of(1)), jpegFrame(8, 8))],
    ['a GIF without a frame', text('GIF89a\x0a\0\x0a\0\0\0\0;')],
    ['a WebP of another kind', webp('ALPH', Buffer.alloc(20))],
    ['a PNG that begins otherwise', text(`\x89PNG\r\n\x1a\n\0\0\0\x0dtEXt${'\0'.repeat(20)}`)],
    ['an AVIF', text(`\0\0\0\x20ftypavif${'\0'.repeat(20)}`)],
    ['an SVG', text('<svg xmlns="http://www.w3.org/2000/svg" width="90000" height="90000"/>')],
    ['nothing', Buffer.of()],
  ])('%s is not known', (_, bytes) => {
    expect(pictureSize(bytes)).toBeNull();
  });

  test('whatever bytes follow a signature is a number of pixels, or not known', () => {
    const signatures = ['\x89PNG', '\xff\xd8', 'GIF89a', 'RIFF\0\0\0\0WEBPVP8', 'BM'].map(text);
    const tail = fc.uint8Array({ maxLength: 400 });
    fc.assert(
      fc.property(fc.constantFrom(...signatures), tail, (signature, bytes) => {
        const size = pictureSize(Buffer.concat([signature, bytes]));
        for (const side of size === null ? [] : [size.width, size.height])
          expect(side).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
