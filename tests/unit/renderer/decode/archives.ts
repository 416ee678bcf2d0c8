/** Archives as no archiver writes them. */
import { crc32, deflateRawSync } from 'node:zlib';

export interface ArchiveEntry {
  readonly path: string;
  readonly content: Uint8Array | string;
  readonly method?: 'stored' | 'deflated' | 'lzma';
  readonly isEncrypted?: boolean;
  /** What the directory claims; else the truth. */
  readonly claimedBytes?: number;
  readonly claimedCrc32?: number;
}

const METHODS = { stored: 0, deflated: 8, lzma: 14 };

/** @param claimedCount what its end says; else the truth */
export function archive(entries: readonly ArchiveEntry[], claimedCount = entries.length): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const content = Buffer.from(entry.content);
    const method = METHODS[entry.method ?? 'deflated'];
    const packed = method === 8 ? deflateRawSync(content) : content;
    const path = Buffer.from(entry.path);
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(0x800 | (entry.isEncrypted ? 1 : 0), 2);
    shared.writeUInt16LE(method, 4);
    shared.writeUInt32LE(entry.claimedCrc32 ?? crc32(content), 10);
    shared.writeUInt32LE(packed.length, 14);
    shared.writeUInt32LE(entry.claimedBytes ?? content.length, 18);
    shared.writeUInt16LE(path.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), shared, path, packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), shared, place, path]));
    locals.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(claimedCount, 8);
  end.writeUInt16LE(claimedCount, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, ...directory, end]);
}
