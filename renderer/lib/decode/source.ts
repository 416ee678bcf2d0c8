/** From what a person gave (a file, a picture, text) to the texts in it that may be tunnels. */
import { AppFailure } from '../app-failure.ts';
import { i18n } from '../i18n.ts';
import { sizeText } from '../units.ts';
import { MAX_CONF_BYTES, MAX_FILE_BYTES, MAX_PIXELS } from './limits.ts';
import type { PictureSize } from './picture-size.ts';
import { qrCodesOfImage, unknownPicture } from './qr-client.ts';
import type { SourceContent } from './source-content.ts';

export type FileKind = 'zip' | 'image' | 'text' | 'binary';

/** Of formats that a browser draws. */
const IMAGE_SIGNATURES: readonly (readonly number[])[] = [
  [0x89, 0x50, 0x4e, 0x47], // PNG
  [0xff, 0xd8, 0xff], // JPEG
  [0x47, 0x49, 0x46, 0x38], // GIF
  [0x52, 0x49, 0x46, 0x46], // RIFF: WebP
  [0x42, 0x4d], // BMP
];
const AVIF = /^....ftyp(avif|avis|heic|mif1)/s;

/** By its content: a file's name says little. */
export function fileKind(bytes: Uint8Array): FileKind {
  if (startsWith(bytes, [0x50, 0x4b, 0x03, 0x04]) || startsWith(bytes, [0x50, 0x4b, 0x05, 0x06]))
    return 'zip';
  if (IMAGE_SIGNATURES.some((signature) => startsWith(bytes, signature))) return 'image';
  const head = String.fromCharCode(...bytes.subarray(0, 12));
  if (AVIF.test(head) || /^\s*(<\?xml|<svg)/.test(head)) return 'image';
  return isText(bytes) ? 'text' : 'binary';
}

/** In UTF-16, as Windows saves it, every other byte of ASCII is zero; in all other text none is. */
function isText(bytes: Uint8Array): boolean {
  const isUtf16 = startsWith(bytes, [0xff, 0xfe]) || startsWith(bytes, [0xfe, 0xff]);
  if (isUtf16 || !bytes.includes(0)) return true;
  return (bytes[0] === 0) !== (bytes[1] === 0) && bytes.length % 2 === 0;
}

function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, i) => bytes[i] === byte);
}

/** @throws AppFailure with the file's name, for what holds no tunnel */
export async function readSource(file: File): Promise<SourceContent> {
  try {
    return await readContent(file);
  } catch (error) {
    if (!(error instanceof AppFailure)) throw error;
    throw new AppFailure({ ...error.parts, where: file.name });
  }
}

async function readContent(file: File): Promise<SourceContent> {
  if (file.size > MAX_FILE_BYTES) throw tooLarge(file.size, MAX_FILE_BYTES);
  const bytes = await bytesOf(file);
  switch (fileKind(bytes)) {
    case 'zip': {
      const { readZip } = await import('./zip.ts');
      const content = readZip(bytes);
      if (content.confs.length > 0 || content.notTaken.length > 0) return content;
      throw new AppFailure({ what: i18n._('This archive is empty.'), where: '', advice: '' });
    }
    case 'image':
      return ofImage(file, bytes);
    case 'text':
      return textContent(file.name, bytes);
    case 'binary':
      throw new AppFailure({
        what: i18n._('This file is neither text nor a picture nor a .zip archive.'),
        where: '',
        advice: i18n._('A tunnel comes as a .conf file or as a QR code.'),
      });
  }
}

async function bytesOf(file: File): Promise<Uint8Array> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new AppFailure({
      what: i18n._('This cannot be read.'),
      where: '',
      advice: i18n._('Is it a folder, or gone? Choose the files themselves.'),
    });
  }
}

/** @throws AppFailure for what is too long, and for nothing */
export function textContent(fileName: string, bytes: Uint8Array): SourceContent {
  if (bytes.length > MAX_CONF_BYTES) throw tooLarge(bytes.length, MAX_CONF_BYTES);
  if (bytes.length === 0)
    throw new AppFailure({ what: i18n._('This file is empty.'), where: '', advice: '' });
  return { confs: [{ fileName, bytes }], notTaken: [] };
}

async function ofImage(image: File, bytes: Uint8Array): Promise<SourceContent> {
  const { pictureSize } = await import('./picture-size.ts');
  const size = pictureSize(bytes);
  if (size === null) throw unknownPicture();
  if (size.width * size.height > MAX_PIXELS) throw tooManyPixels(size);
  const codes = await qrCodesOfImage(image);
  if (codes.length === 0)
    throw new AppFailure({
      what: i18n._('No QR code was found in this picture.'),
      where: '',
      advice: i18n._('Take one that shows the whole code, straight on and sharp.'),
    });
  const fileName = image.name.replace(/\.[a-z0-9]{1,5}$/i, '');
  return { confs: codes.map((bytes) => ({ fileName, bytes })), notTaken: [] };
}

function tooManyPixels({ width, height }: PictureSize): AppFailure {
  return new AppFailure({
    what: i18n._('This picture has {width} × {height} pixels, more than can be looked through.', {
      width: i18n.number(width),
      height: i18n.number(height),
    }),
    where: '',
    advice: i18n._('Cut the QR code out of it, or make it smaller: {most} million pixels are the most.', {
      most: i18n.number(MAX_PIXELS / 1_000_000),
    }),
  });
}

function tooLarge(bytes: number, most: number): AppFailure {
  return new AppFailure({
    what: i18n._('This has {size}, and {most} are the most that are read.', {
      size: sizeText(bytes),
      most: sizeText(most),
    }),
    where: '',
    advice: i18n._('Check that it is a tunnel’s file.'),
  });
}
