// @vitest-environment jsdom
import { describe, expect, test } from 'vitest';
import { AppFailure } from '../../../../renderer/lib/app-failure.ts';
import { MAX_UNPACKED_BYTES, MAX_ZIP_ENTRIES, readZip } from '../../../../renderer/lib/decode/zip.ts';
import { archiveName, archiveOf } from '../../../../renderer/lib/encode/archive.ts';
import { archive } from './archives.ts';

const CONF = '[Interface]\nAddress = 10.0.0.2\n';
const MEBIBYTE = 1024 * 1024;

function textsOf(bytes: Uint8Array): string[] {
  return readZip(bytes).confs.map(({ fileName, bytes: conf }) => `${fileName}: ${Buffer.from(conf)}`);
}

describe('an archive of tunnels', () => {
  test('that was exported is read as it was', () => {
    const bytes = archiveOf([{ name: 'home', config: CONF }], new Date(2026, 10, 21));
    expect(textsOf(bytes)).toEqual([`home.conf: ${CONF}`]);
  });

  test('gets the date of the day as its name', () => {
    expect(archiveName(new Date(2026, 0, 5))).toBe('wayfare-tunnels-2026-01-05.zip');
  });

  test('keeps two files of one name apart', () => {
    const entries = ['a/home.conf', 'b/home.conf', 'a/home.conf'].map((path) => ({ path, content: CONF }));
    expect(readZip(archive(entries)).confs).toHaveLength(3);
  });

  test('is read where its files are stored and not packed', () => {
    expect(textsOf(archive([{ path: 'home.conf', content: CONF, method: 'stored' }]))).toEqual([
      `home.conf: ${CONF}`,
    ]);
  });
});

describe('a path in an archive', () => {
  test.each(['../../etc/home.conf', '/etc/home.conf', 'C:\\Windows\\home.conf', '..\\home.conf'])(
    '%s says no more than the name of the file',
    (path) => {
      expect(readZip(archive([{ path, content: CONF }])).confs.map(({ fileName }) => fileName)).toEqual([
        'home.conf',
      ]);
    },
  );

  test('of a folder is passed over', () => {
    const bytes = archive([
      { path: 'tunnels/', content: '' },
      { path: 'tunnels/home.conf', content: CONF },
    ]);
    expect(readZip(bytes)).toMatchObject({ confs: [{ fileName: 'home.conf' }], notTaken: [] });
  });
});

describe('what is not taken from an archive is named with its reason', () => {
  test.each([
    ['a picture', { path: 'photo.png', content: 'x' }, 'not a .conf file'],
    ["macOS's resource fork", { path: '__MACOSX/._home.conf', content: 'x' }, 'made by macOS, not a tunnel'],
    ['one without its folder', { path: '._home.conf', content: 'x' }, 'made by macOS, not a tunnel'],
    [
      'a file with a password',
      { path: 'home.conf', content: 'x', isEncrypted: true },
      'locked with a password: unpack it first',
    ],
    [
      'another packing',
      { path: 'home.conf', content: 'x', method: 'lzma' as const },
      'packed in a way that is not known here',
    ],
    ['a wrong checksum', { path: 'home.conf', content: 'x', claimedCrc32: 1 }, 'damaged'],
    [
      'more than a megabyte',
      { path: 'home.conf', content: Buffer.alloc(MEBIBYTE + 1) },
      'larger than a tunnel’s file can be',
    ],
  ])('%s', (_, entry, reason) => {
    const good = { path: 'good.conf', content: CONF };
    const { confs, notTaken } = readZip(archive([entry, good]));
    expect(notTaken).toEqual([{ name: entry.path, reason }]);
    expect(confs.map(({ fileName }) => fileName)).toEqual(['good.conf']);
  });
});

describe('an archive is refused', () => {
  test('that holds more files than any person has tunnels', () => {
    const entries = Array.from({ length: 10_000 }, (_, i) => ({ path: `${i}.conf`, content: CONF }));
    expect(() => readZip(archive(entries))).toThrow(`${MAX_ZIP_ENTRIES.toLocaleString('en')} are the most`);
  });

  test('that unpacks to more than the limit', () => {
    const content = Buffer.alloc(MEBIBYTE, ' ');
    const entries = Array.from({ length: 17 }, (_, i) => ({ path: `${i}.conf`, content }));
    expect(MAX_UNPACKED_BYTES).toBe(16 * MEBIBYTE);
    expect(() => readZip(archive(entries))).toThrow('more than 16.0 MiB of tunnels');
  });

  test.each([
    ['no archive at all', Buffer.from('PK\x03\x04 and then nothing')],
    ['one that was cut off', archive([{ path: 'home.conf', content: CONF }]).subarray(0, 60)],
    ['one that claims files it has not', archive([{ path: 'home.conf', content: CONF }], 5)],
    ['an empty file', new Uint8Array()],
  ])('as damaged: %s', (_, bytes) => {
    expect(() => readZip(bytes)).toThrow(AppFailure);
  });
});

describe('a bomb', () => {
  test('that claims to be small is not unpacked', () => {
    const bomb = { path: 'bomb.conf', content: Buffer.alloc(256 * MEBIBYTE), claimedBytes: 100 };
    const bytes = archive([bomb]);
    const before = process.memoryUsage().arrayBuffers;
    expect(readZip(bytes).notTaken).toEqual([
      { name: 'bomb.conf', reason: 'larger than a tunnel’s file can be' },
    ]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * MEBIBYTE);
  });

  test('in another archive is no tunnel', () => {
    const inner = archive([{ path: 'bomb.conf', content: Buffer.alloc(MEBIBYTE * 4) }]);
    expect(readZip(archive([{ path: 'inner.zip', content: inner }])).notTaken).toHaveLength(1);
  });
});
