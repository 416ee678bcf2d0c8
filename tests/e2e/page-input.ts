/** What a person has in their hands: the keyboard, files, pictures of QR codes. */
import type { Locator, Page } from 'playwright-core';
import { encodeQR } from 'qr';
import { expect } from 'vitest';

const MAX_TABS = 60;

/** Presses Tab until the focus is there: what is not reached so cannot be used by keyboard. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  for (let i = 0; i < MAX_TABS; i++) {
    if ((await target.count()) > 0 && (await target.evaluate((element) => element.matches(':focus')))) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`${target} is not reached within ${MAX_TABS} tabs`);
}

export interface InputFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export function textFile(name: string, text: string): InputFile {
  return { name, mimeType: 'text/plain', buffer: Buffer.from(text) };
}

export function chooseFiles(page: Page, files: readonly InputFile[]): Promise<void> {
  return page.getByLabel('Files to import').setInputFiles([...files]);
}

/** Files let go over the window. */
export async function dropFiles(page: Page, files: readonly InputFile[]): Promise<void> {
  const described = files.map(({ name, mimeType, buffer }) => [name, mimeType, buffer.toString('base64')]);
  const dataTransfer = await page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    for (const [name = '', type = '', content = ''] of all) {
      const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    return transfer;
  }, described);
  await page.dispatchEvent('body', 'dragover', { dataTransfer });
  await page.dispatchEvent('body', 'drop', { dataTransfer });
}

/** A photograph of a QR code, as bad as the style says, such as `transform: rotate(20deg)`. A PNG. */
export async function pictureOfQr(page: Page, text: string, style = ''): Promise<Buffer> {
  const paper = await page.context().newPage();
  await paper.setViewportSize({ width: 700, height: 700 });
  const code = encodeQR(text, 'svg');
  await paper.setContent(
    `<body style="margin:0;background:#ddd;display:grid;place-items:center;height:100vh">
      <div style="width:420px;background:white;padding:30px;${style}">${code}</div>`,
  );
  const picture = await paper.screenshot();
  await paper.close();
  return picture;
}

/** Nothing of the page is beside the window or cut off by it: nobody has to scroll sideways, or guess. */
export async function expectFitsWindow(page: Page): Promise<void> {
  await expect.poll(() => outsideOf(page), { message: page.url() }).toEqual([]);
}

function outsideOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth } = document.documentElement;
    const words = [...document.querySelectorAll('h1, h2, p, dt, dd, label, button, input, select, summary')];
    const isOutside = (element: Element) => {
      const { left, right, width, height } = element.getBoundingClientRect();
      return width > 1 && height > 1 && (left < -0.5 || right > innerWidth + 0.5);
    };
    return [
      ...(scrollWidth > innerWidth ? [`the page, by ${scrollWidth - innerWidth} px`] : []),
      ...words.filter(isOutside).map((element) => `${element.tagName} ${element.textContent}`),
    ];
  });
}

declare global {
  interface Window {
    /** What the page was given of camera and screen. */
    givenTracks: MediaStreamTrack[];
  }
}

/** From now on what the page is given of camera and screen is remembered. */
export function noteTracks(page: Page): Promise<void> {
  return page.evaluate(() => {
    window.givenTracks = [];
    const give = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wish) => {
      const stream = await give(wish);
      window.givenTracks.push(...stream.getTracks());
      return stream;
    };
  });
}

/** The screen that the person shares. A browser without a display has none: a drawn picture takes its place. */
export function shareAsScreen(page: Page, png: Buffer): Promise<void> {
  return page.evaluate(
    async (source) => {
      const picture = new Image();
      picture.src = source; // the page's policy lets no script fetch it
      await picture.decode();
      const screen = document.createElement('canvas');
      Object.assign(screen, { width: picture.width, height: picture.height });
      const draw = () => screen.getContext('2d')?.drawImage(picture, 0, 0);
      setInterval(draw, 100);
      navigator.mediaDevices.getDisplayMedia = async () => {
        draw();
        const stream = screen.captureStream(10);
        window.givenTracks.push(...stream.getTracks());
        return stream;
      };
    },
    `data:image/png;base64,${png.toString('base64')}`,
  );
}

export function statesOfTracks(page: Page): Promise<string[]> {
  return page.evaluate(() => window.givenTracks.map((track) => track.readyState));
}
