import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { drawings } from '../../../build/icons.mjs';
import { ROOT } from '../../../build/setup.mjs';
import { iconFile } from '../../../electron/tray/tray-model.ts';

const PNG = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
/** PNG (ISO/IEC 15948), section 11.2.2: colour type 6 is red, green, blue and alpha. */
const RGBA = 6;
const BYTES_A_PIXEL = 4;

interface Picture {
  readonly width: number;
  readonly height: number;
  readonly colourType: number;
  /** By pixel, from the top left: red, green, blue, alpha. */
  readonly pixels: Uint8Array;
}

function readPng(path: string): Picture {
  const file = readFileSync(path);
  expect(file.subarray(0, PNG.length)).toEqual(PNG);
  const parts: Buffer[] = [];
  for (let at = PNG.length; at < file.length; ) {
    const length = file.readUInt32BE(at);
    if (file.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(file.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const [width, height] = [file.readUInt32BE(16), file.readUInt32BE(20)];
  return {
    width,
    height,
    colourType: file[25] ?? 0,
    pixels: unfilter(inflateSync(Buffer.concat(parts)), width),
  };
}

/** Section 9.2: each line begins with its filter, by which a byte is told from those to the left and above. */
function unfilter(data: Uint8Array, width: number): Uint8Array {
  const line = width * BYTES_A_PIXEL;
  const pixels = new Uint8Array((data.length / (line + 1)) * line);
  for (let y = 0; y * (line + 1) < data.length; y++) {
    const filter = data[y * (line + 1)];
    for (let x = 0; x < line; x++) {
      const a = x < BYTES_A_PIXEL ? 0 : pixels[y * line + x - BYTES_A_PIXEL]!;
      const b = y === 0 ? 0 : pixels[(y - 1) * line + x]!;
      const c = x < BYTES_A_PIXEL || y === 0 ? 0 : pixels[(y - 1) * line + x - BYTES_A_PIXEL]!;
      const guess = [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter ?? 0] ?? 0;
      pixels[y * line + x] = data[y * (line + 1) + 1 + x]! + guess;
    }
  }
  return pixels;
}

function paeth(a: number, b: number, c: number): number {
  const p = a + b - c;
  const [pa, pb, pc] = [Math.abs(p - a), Math.abs(p - b), Math.abs(p - c)];
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/** Every `nth` byte of a pixel. */
const channel = ({ pixels }: Picture, nth: number) =>
  pixels.filter((_, index) => index % BYTES_A_PIXEL === nth);

const greatest = (values: Uint8Array) => values.reduce((a, b) => Math.max(a, b), 0);

it.each(drawings())('$target has its size, and corners that are clear', ({ target, size }) => {
  const picture = readPng(join(ROOT, target));
  expect(picture).toMatchObject({ width: size, height: size, colourType: RGBA });
  const alpha = channel(picture, 3);
  expect(alpha[0]).toBeLessThan(128);
  expect(greatest(alpha)).toBe(255);
});

it('what_macOS_colours_is_black_alone', () => {
  const templates = drawings().filter(({ target }) => target.includes('Template'));
  expect(templates).toHaveLength(8);
  for (const { target } of templates)
    for (const colour of [0, 1, 2]) expect(greatest(channel(readPng(join(ROOT, target)), colour))).toBe(0);
});

it('there_is_one_for_each_state_and_desktop_and_its_dense_screens', () => {
  const drawn = new Set(drawings().map(({ target }) => target));
  for (const icon of ['disconnected', 'connecting', 'connected', 'error'] as const)
    for (const platform of ['linux', 'darwin', 'win32'] as const) {
      const file = `assets/tray/${iconFile(icon, platform)}`;
      expect(drawn).toContain(file);
      expect(drawn).toContain(file.replace('.png', '@2x.png'));
    }
});

it('the_pages_icon_is_the_logo', () => {
  const [logo, icon] = ['assets/logo.svg', 'renderer/public/icon.svg'].map((name) =>
    readFileSync(join(ROOT, name)),
  );
  expect(icon).toEqual(logo);
});
