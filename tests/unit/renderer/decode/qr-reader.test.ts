import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import encodeQR from 'qr';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { prepareZXingModule, purgeZXingModule } from 'zxing-wasm/reader';
import { type Picture, readQrCodes } from '../../../../renderer/lib/decode/qr-reader.ts';
import { qrCode } from '../../../../renderer/lib/encode/qr-code.ts';
import {
  blank,
  blurred,
  faded,
  fromBelow,
  inverted,
  noisy,
  onDesktop,
  pictureOf,
  resized,
  rotated,
  shadowed,
} from './pictures.ts';

const WASM = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm');
/** As long as a tunnel to one server is. */
const CONF = `[Interface]
PrivateKey = YJxR0cM5f0vYw8yKQxP1lT8mL9wWm2o3mO1R8hQ6Gk8=
Address = 10.64.12.7/32, fd00:64::c07/128
DNS = 10.64.0.1

[Peer]
PublicKey = 3p7bfXt9wbTTW2HC7OQ1Pz+DQ8hbeGdNrfx+FG+IK08=
AllowedIPs = 0.0.0.0/0, ::/0
Endpoint = vpn.example.net:51820
PersistentKeepalive = 25
`;

async function textsIn(picture: Picture): Promise<string[]> {
  return (await readQrCodes(picture)).map((bytes) => new TextDecoder().decode(bytes));
}

beforeAll(async () => {
  const wasmBinary = (await readFile(WASM)).buffer as ArrayBuffer;
  await prepareZXingModule({ overrides: { wasmBinary }, fireImmediately: true });
});

describe('a QR code is read', () => {
  const sharp = pictureOf(CONF);
  test.each<[string, () => Picture]>([
    ['as it was drawn', () => sharp],
    ['turned by 90 degrees', () => rotated(sharp, 90)],
    ['turned by 180 degrees', () => rotated(sharp, 180)],
    ['turned by 17 degrees', () => rotated(sharp, 17)],
    ['turned by 45 degrees', () => rotated(sharp, 45)],
    ['turned by 200 degrees', () => rotated(sharp, 200)],
    ['blurred', () => blurred(sharp, 3)],
    ['blurred by more than a module', () => blurred(sharp, 4)],
    ['turned and blurred', () => blurred(rotated(sharp, 31), 2)],
    ['with low contrast', () => faded(sharp, 110, 150)],
    ['turned, blurred and with low contrast', () => faded(blurred(rotated(sharp, 12), 2), 90, 150)],
    ['inverted, as of a dark theme', () => inverted(sharp)],
    ['inverted, turned and blurred', () => blurred(inverted(rotated(sharp, 8)), 1)],
    ['small, at two pixels a module', () => pictureOf(CONF, 2)],
    ['smaller, at 1.3 pixels a module', () => resized(sharp, 1.3 / 6)],
    ['large, at twenty pixels a module', () => pictureOf(CONF, 20)],
    ['from below', () => fromBelow(sharp, 0.25)],
    ['from below, turned', () => rotated(fromBelow(sharp, 0.15), 20)],
    ['half in the shadow', () => shadowed(sharp, 0.25)],
    ['with grain', () => noisy(faded(sharp, 60, 200), 70)],
    ['on a desktop of 1920 by 1080 pixels', () => onDesktop(pictureOf(CONF, 3), 1_920, 1_080)],
  ])('%s', async (_, picture) => {
    expect(await textsIn(picture())).toEqual([CONF]);
  });

  test('with letters beyond ASCII, in UTF-8', async () => {
    expect(await textsIn(pictureOf('# Zürich → 東京\n[Interface]\n'))).toEqual([
      '# Zürich → 東京\n[Interface]\n',
    ]);
  });

  test('with letters in Latin-1, as older programs write them', async () => {
    const latin1 = encodeQR('# Zürich\n', 'raw', {
      border: 4,
      textEncoder: (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
    });
    const scale = 5;
    const side = latin1.length * scale;
    const data = new Uint8ClampedArray(side * side * 4).fill(255);
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        if (latin1[Math.floor(y / scale)]?.[Math.floor(x / scale)])
          data.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    expect(await textsIn({ data, width: side, height: side })).toEqual(['# Zürich\n']);
  });

  test('beside another in one picture', async () => {
    const [one, other] = [pictureOf('one'), pictureOf('other')];
    const width = one.width + other.width;
    const data = new Uint8ClampedArray(width * one.height * 4);
    for (let y = 0; y < one.height; y++) {
      const row = y * one.width * 4;
      data.set(one.data.subarray(row, row + one.width * 4), y * width * 4);
      data.set(other.data.subarray(row, row + other.width * 4), (y * width + one.width) * 4);
    }
    expect((await textsIn({ data, width, height: one.height })).sort()).toEqual(['one', 'other']);
  });
});

test('a picture without a QR code gives none', async () => {
  expect(await textsIn(blank(300, 200))).toEqual([]);
  expect(await textsIn(onDesktop(blank(10, 10), 640, 480))).toEqual([]);
});

describe('a QR code for a telephone', () => {
  test.each([
    ['a tunnel', CONF],
    ['as much as one can hold', 'x'.repeat(2_953)],
  ])('holds %s', async (_, text) => {
    expect(await textsIn(pictureOfPath(qrCode(text)!, 4))).toEqual([text]);
  });

  test('is none where the tunnel is too large', () => {
    expect(qrCode('x'.repeat(2_954))).toBeNull();
  });

  test('counts bytes and not letters', () => {
    expect(qrCode('ü'.repeat(1_476))).not.toBeNull();
    expect(qrCode('ü'.repeat(1_477))).toBeNull();
  });
});

describe('the reader', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('is loaded from the page itself and from nowhere else', async () => {
    const asked: string[] = [];
    vi.stubGlobal('window', globalThis); // as a browser looks to it
    vi.stubGlobal('fetch', async (url: string) => {
      asked.push(url);
      return new Response(await readFile(WASM), { headers: { 'content-type': 'application/wasm' } });
    });
    purgeZXingModule();
    prepareZXingModule({ overrides: { locateFile: () => '/assets/zxing_reader.wasm' } });
    expect(await textsIn(pictureOf('local'))).toEqual(['local']);
    expect(asked).toEqual(['/assets/zxing_reader.wasm']);
  });
});

/** Draws the SVG path as a browser does: each of its rectangles is one module high. */
function pictureOfPath({ size, path }: { size: number; path: string }, scale: number): Picture {
  const side = size * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)/g))
    for (let row = 0; row < scale; row++) {
      const start = ((Number(y) * scale + row) * side + Number(x) * scale) * 4;
      for (let at = start; at < start + Number(width) * scale * 4; at += 4) data.fill(0, at, at + 3);
    }
  return { data, width: side, height: side };
}
