/** A text as a QR code (ISO/IEC 18004), drawn as one path. */
import encodeQR from 'qr';

export interface QrCode {
  /** Modules a side, with the quiet zone. */
  readonly size: number;
  /** Of an SVG whose view box is as large: the dark modules. */
  readonly path: string;
}

/** Modules of white around it: what the standard asks for. */
const QUIET_ZONE = 4;
/** The version that a telephone still reads from a screen at medium correction; a larger code gets the low one. */
const LARGEST_MEDIUM_BYTES = 660;

/** @returns null for what is too long for any QR code: 2,953 bytes are the most */
export function qrCode(text: string): QrCode | null {
  const length = new TextEncoder().encode(text).length;
  const rows = modulesOf(text, length <= LARGEST_MEDIUM_BYTES ? 'medium' : 'low');
  return rows === null ? null : { size: rows.length, path: rows.map(rowPath).join('') };
}

function modulesOf(text: string, ecc: 'low' | 'medium'): boolean[][] | null {
  try {
    return encodeQR(text, 'raw', { ecc, encoding: 'byte', border: QUIET_ZONE });
  } catch {
    return null; // it does not fit
  }
}

/** A rectangle for each run of dark modules. */
function rowPath(row: readonly boolean[], y: number): string {
  let path = '';
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) continue;
    const start = x;
    while (row[x + 1]) x += 1;
    path += `M${start} ${y}h${x - start + 1}v1h${start - x - 1}z`;
  }
  return path;
}
