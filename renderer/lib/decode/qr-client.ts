/** Asks the worker that reads QR codes, which starts with the first picture. */
import { AppFailure } from '../app-failure.ts';
import { i18n } from '../i18n.ts';
import type { QrReply, QrRequest } from './qr-worker.ts';

/** A photo of a telephone is 4,000 pixels wide; a code that fills a tenth of it is read at this size. */
const MAX_SIDE_PIXELS = 4_096;

let worker: Worker | null = null;
let lastId = 0;
const waiting = new Map<number, (reply: QrReply) => void>();

/** @param image not too large to be drawn. @returns the bytes of each code in it. @throws AppFailure for what is no picture */
export async function qrCodesOfImage(image: Blob): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  const bitmap = await createImageBitmap(image).catch(() => {
    throw unknownPicture();
  });
  return qrCodesOfBitmap(await withinLimits(bitmap));
}

export function unknownPicture(): AppFailure {
  return new AppFailure({
    what: i18n._('This picture is damaged, or of a kind that is not known here.'),
    where: '',
    advice: i18n._('Save it as PNG or JPEG.'),
  });
}

/** @param bitmap is taken over */
export async function qrCodesOfBitmap(bitmap: ImageBitmap): Promise<readonly Uint8Array<ArrayBuffer>[]> {
  lastId += 1;
  const request: QrRequest = { id: lastId, bitmap };
  const { codes } = await new Promise<QrReply>((resolve) => {
    waiting.set(request.id, resolve);
    startedWorker().postMessage(request, [bitmap]);
  });
  if (codes === null)
    throw new AppFailure({ what: i18n._('The QR code reader does not work here.'), where: '', advice: '' });
  return codes;
}

async function withinLimits(bitmap: ImageBitmap): Promise<ImageBitmap> {
  const scale = MAX_SIDE_PIXELS / Math.max(bitmap.width, bitmap.height);
  if (scale >= 1) return bitmap;
  const smaller = await createImageBitmap(bitmap, {
    resizeWidth: Math.max(1, Math.round(bitmap.width * scale)),
    resizeHeight: Math.max(1, Math.round(bitmap.height * scale)),
    resizeQuality: 'high',
  });
  bitmap.close();
  return smaller;
}

function startedWorker(): Worker {
  if (worker !== null) return worker;
  const started = new Worker(new URL('./qr-worker.ts', import.meta.url), { type: 'module' });
  started.onmessage = ({ data }: MessageEvent<QrReply>) => {
    waiting.get(data.id)?.(data);
    waiting.delete(data.id);
  };
  started.onerror = () => {
    for (const [id, resolve] of waiting) resolve({ id, codes: null });
    waiting.clear();
    worker = null;
  };
  worker = started;
  return started;
}
