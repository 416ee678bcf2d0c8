/** What chromium's fake camera shows: one picture, as a film of one frame (yuv4mpeg2), over and over. */
import { encodeQR } from 'qr';

const WIDTH = 640;
const HEIGHT = 480;
/** Pixels a module. */
const SCALE = 5;
const WHITE = 235;
const BLACK = 16;
const GREY = 128;

/** A QR code in the middle of white paper. @param text at most about 200 characters, so that it fits */
export function filmOfQr(text: string): Buffer {
  const rows = encodeQR(text, 'raw', { ecc: 'low', border: 4 });
  const luma = Buffer.alloc(WIDTH * HEIGHT, WHITE);
  const left = Math.floor((WIDTH - rows.length * SCALE) / 2);
  const top = Math.floor((HEIGHT - rows.length * SCALE) / 2);
  for (const [y, row] of rows.entries())
    for (const [x, isDark] of row.entries()) {
      if (!isDark) continue;
      for (let line = 0; line < SCALE; line++) {
        const at = (top + y * SCALE + line) * WIDTH + left + x * SCALE;
        luma.fill(BLACK, at, at + SCALE);
      }
    }
  const chroma = Buffer.alloc((WIDTH * HEIGHT) / 2, GREY);
  const head = `YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A0:0 C420jpeg\nFRAME\n`;
  return Buffer.concat([Buffer.from(head), luma, chroma]);
}
