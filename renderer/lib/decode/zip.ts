/**
 * The `.conf` files of a `.zip` (PKWARE's APPNOTE.TXT, sections 4.3 and 4.4). The directory at its end says what there
 * is; nothing is unpacked that does not count, and never more than the limits, whatever the directory claims.
 */
import { Inflate } from 'fflate';
import { AppFailure } from '../app-failure.ts';
import { i18n } from '../i18n.ts';
import { sizeText } from '../units.ts';
import { MAX_CONF_BYTES } from './limits.ts';
import type { SourceContent } from './source-content.ts';

export const MAX_ZIP_ENTRIES = 1_000;
export const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;

interface Entry {
  /** With its folders, as the archive spells it. */
  readonly path: string;
  readonly isEncrypted: boolean;
  readonly method: number;
  readonly packedBytes: number;
  readonly crc32: number;
  /** Of its local header. */
  readonly offset: number;
}

const END = { signature: 0x06054b50, length: 22, maxComment: 0xffff };
const DIRECTORY = { signature: 0x02014b50, length: 46 };
const LOCAL = { signature: 0x04034b50, length: 30 };
const STORED = 0;
const DEFLATED = 8;
/** At most 1,032 times as much comes out of it: DEFLATE's best. */
const STEP_BYTES = 4_096;

/** @throws AppFailure where it is no archive that can be read, or a larger one than any person's */
export function readZip(bytes: Uint8Array): SourceContent {
  const confs: { fileName: string; bytes: Uint8Array }[] = [];
  const notTaken: { name: string; reason: string }[] = [];
  let left = MAX_UNPACKED_BYTES;
  for (const entry of entriesOf(bytes)) {
    const fileName = entry.path.split(/[/\\]/).at(-1) ?? '';
    if (fileName === '') continue; // a folder
    const reason = whyNotTaken(entry, fileName);
    if (reason !== null) {
      notTaken.push({ name: entry.path, reason });
      continue;
    }
    const unpacked = unpack(bytes, entry, Math.min(left, MAX_CONF_BYTES));
    if (unpacked === 'too-large' && left < MAX_CONF_BYTES) throw tooMuch();
    if (unpacked === 'too-large')
      notTaken.push({ name: entry.path, reason: i18n._('larger than a tunnel’s file can be') });
    else if (unpacked === 'damaged') notTaken.push({ name: entry.path, reason: i18n._('damaged') });
    else {
      left -= unpacked.length;
      confs.push({ fileName, bytes: unpacked });
    }
  }
  return { confs, notTaken };
}

function whyNotTaken({ path, isEncrypted, method }: Entry, fileName: string): string | null {
  // macOS puts a file beside each file, with what its file system knows of it.
  if (/(^|[/\\])__MACOSX[/\\]/.test(path) || fileName.startsWith('._'))
    return i18n._('made by macOS, not a tunnel');
  if (!/\.conf$/i.test(fileName)) return i18n._('not a .conf file');
  if (isEncrypted) return i18n._('locked with a password: unpack it first');
  if (method !== STORED && method !== DEFLATED) return i18n._('packed in a way that is not known here');
  return null;
}

function* entriesOf(bytes: Uint8Array): Generator<Entry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endOfDirectory(view);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (count > MAX_ZIP_ENTRIES)
    throw new AppFailure({
      what: i18n._('This archive holds {count} files, and {most} are the most that are read.', {
        count: i18n.number(count),
        most: i18n.number(MAX_ZIP_ENTRIES),
      }),
      where: '',
      advice: i18n._('Unpack it and import the files that you need.'),
    });
  for (let i = 0; i < count; i++) {
    if (at + DIRECTORY.length > end || view.getUint32(at, true) !== DIRECTORY.signature) throw damaged();
    const flags = view.getUint16(at + 8, true);
    const nameLength = view.getUint16(at + 28, true);
    const name = bytes.subarray(at + DIRECTORY.length, at + DIRECTORY.length + nameLength);
    yield {
      // The older encoding is code page 437: its letters beyond ASCII are in no tunnel's name.
      path: new TextDecoder((flags & 0x800) !== 0 ? 'utf-8' : 'latin1').decode(name),
      isEncrypted: (flags & 1) !== 0,
      method: view.getUint16(at + 10, true),
      crc32: view.getUint32(at + 16, true),
      packedBytes: view.getUint32(at + 20, true),
      offset: view.getUint32(at + 42, true),
    };
    at += DIRECTORY.length + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
}

function endOfDirectory(view: DataView): number {
  const first = Math.max(0, view.byteLength - END.length - END.maxComment);
  for (let at = view.byteLength - END.length; at >= first; at--)
    if (view.getUint32(at, true) === END.signature) return at;
  throw damaged();
}

/** @returns what it holds; never more than `most` bytes are kept */
function unpack(archive: Uint8Array, entry: Entry, most: number): Uint8Array | 'too-large' | 'damaged' {
  const packed = packedOf(archive, entry);
  if (packed === null) return 'damaged';
  const bytes = entry.method === STORED ? packed.slice(0, most + 1) : inflate(packed, most);
  if (bytes === null) return 'damaged';
  if (bytes.length > most) return 'too-large';
  return crc32(bytes) === entry.crc32 ? bytes : 'damaged';
}

function packedOf(archive: Uint8Array, { offset, packedBytes }: Entry): Uint8Array | null {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  if (offset + LOCAL.length > view.byteLength || view.getUint32(offset, true) !== LOCAL.signature)
    return null;
  const start = offset + LOCAL.length + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
  return start + packedBytes > view.byteLength ? null : archive.subarray(start, start + packedBytes);
}

/** @returns null for what is no DEFLATE stream, and more than `most` bytes where there is more */
function inflate(packed: Uint8Array, most: number): Uint8Array | null {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const stream = new Inflate((chunk) => {
    chunks.push(chunk);
    length += chunk.length;
  });
  try {
    for (let at = 0; at < packed.length && length <= most; at += STEP_BYTES)
      stream.push(packed.subarray(at, at + STEP_BYTES), at + STEP_BYTES >= packed.length);
  } catch {
    return null;
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

const CRC32_OF_BYTE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

/** The archive's own checksum (APPNOTE.TXT, section 4.4.7). */
function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC32_OF_BYTE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

function damaged(): AppFailure {
  return new AppFailure({
    what: i18n._('This .zip archive is damaged, or of a kind that is not read here.'),
    where: '',
    advice: i18n._('Unpack it and import the files.'),
  });
}

function tooMuch(): AppFailure {
  return new AppFailure({
    what: i18n._('This archive holds more than {size} of tunnels.', { size: sizeText(MAX_UNPACKED_BYTES) }),
    where: '',
    advice: i18n._('Unpack it and import the files that you need.'),
  });
}
