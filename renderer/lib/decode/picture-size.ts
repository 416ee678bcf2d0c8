/**
 * How large a picture becomes when it is drawn, by its header: a few kilobytes may claim gigabytes. Libraries for it tell
 * what a picture wants to be shown at; here the largest counts that a browser's own decoders go by.
 */
export interface PictureSize {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
}

/** @returns null for what is none of PNG, JPEG, GIF, WebP and BMP, or ends before it says so */
export function pictureSize(bytes: Uint8Array): PictureSize | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (has(view, 0, '\x89PNG') && has(view, 12, 'IHDR'))
      return { width: view.getUint32(16), height: view.getUint32(20) };
    if (has(view, 0, '\xff\xd8')) return ofJpeg(view);
    if (has(view, 0, 'GIF8')) return ofGif(view);
    if (has(view, 0, 'RIFF') && has(view, 8, 'WEBP')) return ofWebp(view);
    if (has(view, 0, 'BM')) return ofBmp(view);
    return null;
  } catch (error) {
    if (error instanceof RangeError) return null; // beyond its end
    throw error;
  }
}

/** ISO/IEC 10918-1, B.1.1 and B.2.2: segments up to the frame's header. What is between two of them is passed over. */
function ofJpeg(view: DataView): PictureSize | null {
  const [unused, restart0, startOfImage, startOfScan] = [0x01, 0xd0, 0xd8, 0xda];
  const notFrames = [0xc4, 0xc8, 0xcc];
  let at = 2;
  for (;;) {
    while (view.getUint8(at) !== 0xff) at += 1;
    while (view.getUint8(at) === 0xff) at += 1;
    const marker = view.getUint8(at);
    at += 1;
    if (marker === 0 || marker === unused || (marker >= restart0 && marker < startOfImage)) continue;
    if (marker >= startOfImage && marker <= startOfScan) return null;
    if ((marker & 0xf0) === 0xc0 && !notFrames.includes(marker))
      return { width: view.getUint16(at + 5), height: view.getUint16(at + 3) };
    at += view.getUint16(at);
  }
}

/** GIF89a, sections 18 to 20. A first frame that is larger than the screen that it is on makes the screen as large. */
function ofGif(view: DataView): PictureSize | null {
  const [extension, frame] = [0x21, 0x2c];
  let at = 13 + colourTableBytes(view.getUint8(10));
  while (view.getUint8(at) === extension) {
    at += 2;
    while (view.getUint8(at) !== 0) at += 1 + view.getUint8(at);
    at += 1;
  }
  if (view.getUint8(at) !== frame) return null;
  const [left, top, width, height] = [1, 3, 5, 7].map((field) => view.getUint16(at + field, true));
  return {
    width: Math.max(view.getUint16(6, true), left! + width!),
    height: Math.max(view.getUint16(8, true), top! + height!),
  };
}

function colourTableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 << ((flags & 7) + 1);
}

/** RFC 9649, section 2: the first chunk says it. */
function ofWebp(view: DataView): PictureSize | null {
  if (has(view, 12, 'VP8X'))
    return { width: 1 + (view.getUint32(24, true) & 0xffffff), height: 1 + (view.getUint32(26, true) >>> 8) };
  if (has(view, 12, 'VP8L')) {
    const bits = view.getUint32(21, true);
    return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) };
  }
  if (has(view, 12, 'VP8 '))
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  return null;
}

/** BITMAPCOREHEADER or any later one. Rows from above have a height below zero. */
function ofBmp(view: DataView): PictureSize {
  if (view.getUint32(14, true) === 12)
    return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
}

/** @param text a character a byte */
function has(view: DataView, at: number, text: string): boolean {
  return [...text].every((character, i) => view.getUint8(at + i) === character.charCodeAt(0));
}
