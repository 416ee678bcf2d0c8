/** Pictures of QR codes as people have them: turned, blurred, faded, seen from the side. */
import encodeQR from 'qr';
import type { Picture } from '../../../../renderer/lib/decode/qr-reader.ts';

const WHITE = 255;

/** @param scale pixels a module */
export function pictureOf(text: string, scale = 6, ecc: 'low' | 'medium' = 'medium'): Picture {
  const modules = encodeQR(text, 'raw', { ecc, encoding: 'byte', border: 4 });
  const side = modules.length * scale;
  return draw(side, side, (x, y) => (modules[Math.floor(y / scale)]?.[Math.floor(x / scale)] ? 0 : WHITE));
}

/** About its middle, on a white ground that holds all of it. */
export function rotated(picture: Picture, degrees: number): Picture {
  const angle = (degrees * Math.PI) / 180;
  const side = Math.ceil(Math.hypot(picture.width, picture.height));
  return draw(side, side, (x, y) => {
    const [dx, dy] = [x - side / 2, y - side / 2];
    const sourceX = dx * Math.cos(angle) + dy * Math.sin(angle) + picture.width / 2;
    const sourceY = dy * Math.cos(angle) - dx * Math.sin(angle) + picture.height / 2;
    return between(picture, sourceX, sourceY);
  });
}

/** Each pixel becomes the mean of those within `radius`. */
export function blurred(picture: Picture, radius: number): Picture {
  const { width, height } = picture;
  const rows = draw(width, height, (x, y) => mean(radius, (step) => pixel(picture, x + step, y)));
  return draw(width, height, (x, y) => mean(radius, (step) => pixel(rows, x, y + step)));
}

/** Black becomes `dark` and white `light`. */
export function faded(picture: Picture, dark: number, light: number): Picture {
  const { width, height } = picture;
  return draw(width, height, (x, y) => dark + (pixel(picture, x, y) / WHITE) * (light - dark));
}

export function inverted(picture: Picture): Picture {
  return faded(picture, WHITE, 0);
}

/** @param factor below 1 for a smaller one */
export function resized(picture: Picture, factor: number): Picture {
  const [width, height] = [Math.round(picture.width * factor), Math.round(picture.height * factor)];
  return draw(width, height, (x, y) => between(picture, (x + 0.5) / factor - 0.5, (y + 0.5) / factor - 0.5));
}

/** Seen from the side: the upper edge is `narrowing` (0 to 1) shorter than the lower one. */
export function fromBelow(picture: Picture, narrowing: number): Picture {
  const { width, height } = picture;
  return draw(width, height, (x, y) => {
    const row = 1 - narrowing * (1 - y / height);
    const depth = (y / height / row) * 1;
    return between(picture, (x - width / 2) / row + width / 2, depth * height);
  });
}

/** A shadow that falls across it, from full light at the left to `darkest` at the right. */
export function shadowed(picture: Picture, darkest: number): Picture {
  const { width, height } = picture;
  return draw(width, height, (x, y) => pixel(picture, x, y) * (1 - (1 - darkest) * (x / width)));
}

/** On a larger, grey ground with stripes, as on a desktop. */
export function onDesktop(picture: Picture, width: number, height: number): Picture {
  const [left, top] = [Math.floor(width * 0.6), Math.floor(height * 0.3)];
  return draw(width, height, (x, y) => {
    const isCode = x >= left && x < left + picture.width && y >= top && y < top + picture.height;
    return isCode ? pixel(picture, x - left, y - top) : (x >> 3) % 5 === 0 ? 40 : 180;
  });
}

/** Grain of an even spread of `strength` either way, the same each time. */
export function noisy(picture: Picture, strength: number): Picture {
  let seed = 1;
  return draw(picture.width, picture.height, (x, y) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return pixel(picture, x, y) + (seed / 2_147_483_647 - 0.5) * 2 * strength;
  });
}

export function blank(width: number, height: number): Picture {
  return draw(width, height, () => WHITE);
}

function draw(width: number, height: number, at: (x: number, y: number) => number): Picture {
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const grey = at(x, y);
      data.set([grey, grey, grey, WHITE], (y * width + x) * 4);
    }
  }
  return { data, width, height };
}

function pixel({ data, width, height }: Picture, x: number, y: number): number {
  if (x < 0 || y < 0 || x >= width || y >= height) return WHITE;
  return data[(y * width + x) * 4] ?? WHITE;
}

function between(picture: Picture, x: number, y: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [dx, dy] = [x - left, y - top];
  const upper = pixel(picture, left, top) * (1 - dx) + pixel(picture, left + 1, top) * dx;
  const lower = pixel(picture, left, top + 1) * (1 - dx) + pixel(picture, left + 1, top + 1) * dx;
  return upper * (1 - dy) + lower * dy;
}

function mean(radius: number, at: (step: number) => number): number {
  let sum = 0;
  for (let step = -radius; step <= radius; step++) sum += at(step);
  return sum / (2 * radius + 1);
}
