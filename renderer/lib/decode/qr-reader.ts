/** QR codes in a picture (ISO/IEC 18004), by zxing-cpp: what a file, the clipboard, the screen and a camera share. */
import { type ReaderOptions, readBarcodes } from 'zxing-wasm/reader';

/** RGBA, row by row: what a canvas calls ImageData. */
export interface Picture {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

const OPTIONS = {
  formats: ['QRCode'],
  tryHarder: true,
  tryRotate: true,
  tryInvert: true,
  tryDownscale: true,
} as const satisfies ReaderOptions;
/** Below it, a module may have too few pixels to be told from its neighbours, and twice the size is looked at too. */
const SMALL_PIXELS = 1_000;

/** The bytes that each of its QR codes holds, in UTF-8. Empty where it has none. */
export async function readQrCodes(picture: Picture): Promise<Uint8Array<ArrayBuffer>[]> {
  const found = await readAsItIs(picture);
  const isSmall = Math.max(picture.width, picture.height) < SMALL_PIXELS;
  return found.length === 0 && isSmall ? readAsItIs(doubled(picture)) : found;
}

async function readAsItIs(picture: Picture): Promise<Uint8Array<ArrayBuffer>[]> {
  const found = await readBarcodes(picture as ImageData, OPTIONS);
  const codes = found.filter(({ isValid }) => isValid);
  return codes.map(({ bytes, text }) => (isUtf8(bytes) ? bytes.slice() : utf8(text)));
}

/** Twice as wide and high, with straight lines between the pixels. */
function doubled({ data, width, height }: Picture): Picture {
  const larger = new Uint8ClampedArray(data.length * 4);
  for (let y = 0; y < height * 2; y++) {
    const top = Math.min(height - 1, y >> 1);
    const bottom = Math.min(height - 1, (y + 1) >> 1);
    for (let x = 0; x < width * 2; x++) {
      const left = Math.min(width - 1, x >> 1);
      const right = Math.min(width - 1, (x + 1) >> 1);
      for (let channel = 0; channel < 4; channel++) {
        const at = (row: number, column: number) => data[(row * width + column) * 4 + channel] ?? 0;
        const sum = at(top, left) + at(top, right) + at(bottom, left) + at(bottom, right);
        larger[(y * width * 2 + x) * 4 + channel] = sum / 4;
      }
    }
  }
  return { data: larger, width: width * 2, height: height * 2 };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/** What the code's own character set, or the likeliest one, makes of its bytes. */
function utf8(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
