/** Reads QR codes beside the page, so that the page goes on answering: one picture in, the bytes of its codes out. */
import { prepareZXingModule } from 'zxing-wasm/reader';
import wasmUrl from 'zxing-wasm/reader/zxing_reader.wasm?url';
import { readQrCodes } from './qr-reader.ts';

export interface QrRequest {
  readonly id: number;
  /** It is closed once it is read. */
  readonly bitmap: ImageBitmap;
}

export interface QrReply {
  readonly id: number;
  /** Null where the reader broke. */
  readonly codes: readonly Uint8Array<ArrayBuffer>[] | null;
}

prepareZXingModule({ overrides: { locateFile: () => wasmUrl } }); // not from its authors' server

self.onmessage = async ({ data: { id, bitmap } }: MessageEvent<QrRequest>) => {
  const reply: QrReply = { id, codes: await codesOf(bitmap).catch(() => null) };
  self.postMessage(reply);
};

async function codesOf(bitmap: ImageBitmap): Promise<Uint8Array<ArrayBuffer>[]> {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (context === null) return [];
  context.fillStyle = 'white'; // where a picture is transparent
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return readQrCodes(context.getImageData(0, 0, width, height));
}
