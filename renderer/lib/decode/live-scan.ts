/** Looks for a QR code in a moving picture: a camera's, or that of a screen. */
import { AppFailure } from '../app-failure.ts';
import { i18n } from '../i18n.ts';
import { qrCodesOfBitmap } from './qr-client.ts';

/** Between the end of one look and the next. */
const PAUSE_MS = 120;

/** @throws AppFailure where there is none, or the page may not use it */
export async function cameraStream(): Promise<MediaStream> {
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: 'environment', width: { ideal: 1_280 }, height: { ideal: 720 } },
    });
  } catch (error) {
    if (nameOf(error) === 'NotAllowedError')
      throw new AppFailure({
        what: i18n._('The camera is not open to this app.'),
        where: '',
        advice: i18n._('Allow it in the settings of your browser or system, and try again.'),
      });
    throw new AppFailure({
      what: i18n._('No camera can be used.'),
      where: '',
      advice: i18n._('Is one connected, and free of other apps?'),
    });
  }
}

/** @returns null where the person would rather not share one. @throws AppFailure */
export async function screenStream(): Promise<MediaStream | null> {
  try {
    return await navigator.mediaDevices.getDisplayMedia({ audio: false, video: true });
  } catch (error) {
    if (nameOf(error) === 'NotAllowedError') return null;
    throw new AppFailure({
      what: i18n._('The screen cannot be read here.'),
      where: '',
      advice: i18n._('Take a screenshot of the QR code and import that.'),
    });
  }
}

/**
 * @param video plays already
 * @returns the bytes of the first codes that are seen; null once the signal aborts. @throws AppFailure
 */
export async function scanVideo(
  video: HTMLVideoElement,
  signal: AbortSignal,
): Promise<readonly Uint8Array<ArrayBuffer>[] | null> {
  while (!signal.aborted) {
    if (video.videoWidth > 0) {
      const codes = await qrCodesOfBitmap(await createImageBitmap(video));
      if (codes.length > 0 && !signal.aborted) return codes;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return null;
}

export function stopTracks(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

function nameOf(error: unknown): string {
  return error instanceof DOMException ? error.name : '';
}
