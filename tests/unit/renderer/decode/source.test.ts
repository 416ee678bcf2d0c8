// @vitest-environment jsdom
import { afterEach, describe, expect, test, vi } from 'vitest';
import { fileKind, readSource } from '../../../../renderer/lib/decode/source.ts';
import { whitePng } from '../../../support/white-png.ts';
import { archive } from './archives.ts';

const CONF = '[Interface]\nAddress = 10.0.0.2\n';

function file(content: Uint8Array | string, name = 'home.conf'): File {
  return new File([new Uint8Array(Buffer.from(content))], name);
}

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

describe('by its content a file is', () => {
  test.each([
    ['text', Buffer.from(CONF)],
    ['text', utf16(`\ufeff${CONF}`)],
    ['text', utf16(CONF)],
    ['text', Buffer.from('<b>no picture</b>')],
    ['zip', archive([{ path: 'home.conf', content: CONF }])],
    ['zip', archive([])],
    ['image', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
    ['image', Buffer.from('\xff\xd8\xff\xe0', 'latin1')],
    ['image', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['image', Buffer.from('\0\0\0\x20ftypavif', 'latin1')],
    ['binary', Buffer.from('\x7fELF\0\0\0', 'latin1')],
  ] as const)('%s', (kind, bytes) => {
    expect(fileKind(bytes)).toBe(kind);
  });
});

describe('a source', () => {
  afterEach(() => vi.unstubAllGlobals());

  test('of text is taken with its own bytes', async () => {
    const { confs } = await readSource(file(utf16(CONF)));
    expect(confs.map(({ fileName }) => fileName)).toEqual(['home.conf']);
    expect(Buffer.from(confs[0]!.bytes).equals(utf16(CONF))).toBe(true);
  });

  test('that is an archive by another name is read as one', async () => {
    const bytes = archive([{ path: 'home.conf', content: CONF }]);
    expect((await readSource(file(bytes, 'home.conf'))).confs).toHaveLength(1);
  });

  test.each([
    ['an empty file', '', 'This file is empty.'],
    ['a binary file', '\x7fELF\0\0\0', 'neither text nor a picture nor a .zip archive'],
    ['an empty archive', archive([]), 'This archive is empty.'],
    ['a file of more than 1 MiB', 'x'.repeat(1024 * 1024 + 1), '1.00 MiB are the most'],
  ])('is refused in words that name it: %s', async (_, content, words) => {
    const refused = readSource(file(content, 'x.conf'));
    await expect(refused).rejects.toThrow(words);
    await expect(refused).rejects.toMatchObject({ parts: { where: 'x.conf' } });
  });

  test('that is a picture gives what its QR codes hold, and says when there is none', async () => {
    const codes: Uint8Array[] = [];
    vi.stubGlobal('createImageBitmap', async () => ({ width: 10, height: 10 }));
    vi.stubGlobal('Worker', workerThatFinds(codes));
    const png = file(whitePng(10, 10), 'office wall.png');
    await expect(readSource(png)).rejects.toThrow('No QR code was found in this picture.');
    codes.push(Buffer.from('one'), Buffer.from('other'));
    const { confs } = await readSource(png);
    expect(confs.map(({ fileName, bytes }) => [fileName, Buffer.from(bytes).toString()])).toEqual([
      ['office wall', 'one'],
      ['office wall', 'other'],
    ]);
  });

  test('that is a damaged picture is refused in words', async () => {
    vi.stubGlobal('createImageBitmap', () => Promise.reject(new DOMException('', 'InvalidStateError')));
    const header = whitePng(10, 10).subarray(0, 40);
    for (const bytes of [header, header.subarray(0, 4), '<svg/>'])
      await expect(readSource(file(bytes, 'x.png'))).rejects.toThrow('This picture is damaged');
  });

  test('that is an enormous picture in a few bytes is refused before anything is drawn', async () => {
    const draw = vi.fn(async () => ({ width: 10, height: 10 }));
    vi.stubGlobal('createImageBitmap', draw);
    vi.stubGlobal('Worker', workerThatFinds([Buffer.from('one')]));
    const enormous = whitePng(50_000, 50_000, 8);
    expect(enormous.length).toBeLessThan(1_000);
    const refused = readSource(file(enormous, 'wall.png'));
    await expect(refused).rejects.toThrow('This picture has 50,000 × 50,000 pixels');
    await expect(refused).rejects.toMatchObject({
      parts: { where: 'wall.png', advice: expect.stringContaining('70 million pixels are the most') },
    });
    expect(draw).not.toHaveBeenCalled();
    const camera = whitePng(9_248, 6_944, 8); // 64 megapixels
    await readSource(file(camera, 'camera.png'));
    expect(draw).toHaveBeenCalledOnce();
  });

  test('that cannot be read, such as a folder that was dropped, is refused in words', async () => {
    const folder = file('', 'tunnels');
    Object.defineProperty(folder, 'arrayBuffer', {
      value: () => Promise.reject(new DOMException('not found', 'NotFoundError')),
    });
    await expect(readSource(folder)).rejects.toMatchObject({
      parts: { what: 'This cannot be read.', where: 'tunnels' },
    });
  });
});

/** Stands for renderer/lib/decode/qr-worker.ts. */
function workerThatFinds(codes: readonly Uint8Array[]) {
  return class {
    onmessage: (event: { data: object }) => void = () => {};
    postMessage({ id }: { id: number }): void {
      queueMicrotask(() => this.onmessage({ data: { id, codes } }));
    }
  };
}
