/**
 * Frames on the helper's socket: one JSON value a line, UTF-8, at most MAX_FRAME_BYTES without its newline. A reader may
 * allow less.
 */

export const MAX_FRAME_BYTES = 4 * 1024 * 1024;
const INITIAL_CAPACITY = 4_096;
const NEWLINE = 0x0a;

export type DecodedFrame =
  | { readonly kind: 'value'; readonly value: unknown }
  /** The line was not JSON in UTF-8; the next line may be. */
  | { readonly kind: 'malformed' }
  /** No line end within the limit: nothing more is read from this stream. */
  | { readonly kind: 'too-long' };

export class FrameTooLong extends Error {
  constructor() {
    super(`a frame of more than ${MAX_FRAME_BYTES} bytes`);
    this.name = 'FrameTooLong';
  }
}

/** @throws FrameTooLong */
export function encodeFrame(value: unknown): Buffer {
  const bytes = Buffer.from(`${JSON.stringify(value)}\n`);
  if (bytes.length - 1 > MAX_FRAME_BYTES) throw new FrameTooLong();
  return bytes;
}

/** Cuts a byte stream into frames. Chunks may split a frame, or a character, anywhere. */
export class FrameDecoder {
  readonly #utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #chunks: Uint8Array[] = [];
  #line = new Uint8Array(INITIAL_CAPACITY);
  #length = 0;
  #tooLong = false;
  readonly #maxFrameBytes: number;

  constructor(maxFrameBytes = MAX_FRAME_BYTES) {
    this.#maxFrameBytes = maxFrameBytes;
  }

  push(chunk: Uint8Array): void {
    if (!this.#tooLong) this.#chunks.push(chunk);
  }

  /** @returns the next whole frame, or null until more is pushed */
  next(): DecodedFrame | null {
    while (this.#chunks.length > 0) {
      const chunk = this.#chunks[0]!;
      const end = chunk.indexOf(NEWLINE);
      const part = end < 0 ? chunk : chunk.subarray(0, end);
      if (this.#length + part.length > this.#maxFrameBytes) return this.#giveUp();
      this.#append(part);
      if (end < 0 || end === chunk.length - 1) this.#chunks.shift();
      else this.#chunks[0] = chunk.subarray(end + 1);
      if (end >= 0) return this.#takeLine();
    }
    return null;
  }

  #append(part: Uint8Array): void {
    const needed = this.#length + part.length;
    if (needed > this.#line.length) {
      const larger = new Uint8Array(Math.max(needed, this.#line.length * 2));
      larger.set(this.#line.subarray(0, this.#length));
      this.#line = larger;
    }
    this.#line.set(part, this.#length);
    this.#length = needed;
  }

  #takeLine(): DecodedFrame {
    const bytes = this.#line.subarray(0, this.#length);
    this.#length = 0;
    try {
      return { kind: 'value', value: JSON.parse(this.#utf8.decode(bytes)) };
    } catch {
      return { kind: 'malformed' };
    } finally {
      if (this.#line.length > INITIAL_CAPACITY) this.#line = new Uint8Array(INITIAL_CAPACITY);
    }
  }

  #giveUp(): DecodedFrame {
    this.#tooLong = true;
    this.#chunks.length = 0;
    this.#line = new Uint8Array(0);
    return { kind: 'too-long' };
  }
}
