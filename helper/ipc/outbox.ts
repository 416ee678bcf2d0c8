/**
 * What goes to one client. Replies go in order. Events that the client is too slow for wait here, each until a later
 * one overtakes it: of however many there were, one a kind and tunnel is kept.
 */
import type { Writable } from 'node:stream';
import { assertNever } from '../../engine/errors.ts';
import { encodeFrame } from './codec.ts';
import type { HelperEvent } from './contract.ts';

export class Outbox {
  readonly #stream: Writable;
  readonly #waiting = new Map<string, HelperEvent>();

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** Whether the client has still to read what was sent before. */
  get isFull(): boolean {
    return this.#stream.writableNeedDrain;
  }

  /** Bytes that neither the client nor the kernel has taken. */
  get unsentBytes(): number {
    return this.#stream.writableLength;
  }

  send(frame: Uint8Array): void {
    if (this.#stream.writable) this.#stream.write(frame);
  }

  tell(event: HelperEvent): void {
    this.#waiting.set(subjectOf(event), event);
    this.flush();
  }

  /** To be called whenever the stream has drained. */
  flush(): void {
    for (const [subject, event] of this.#waiting) {
      if (this.isFull) return;
      this.#waiting.delete(subject);
      this.send(encodeFrame(event));
    }
  }

  /** Forgets the events that wait. */
  dropEvents(): void {
    this.#waiting.clear();
  }
}

/** What an event tells of: a later one of the same makes it worthless. */
function subjectOf(event: HelperEvent): string {
  switch (event.event) {
    case 'tunnel-state':
    case 'tunnel-removed':
      return `tunnel ${event.name}`;
    case 'traffic':
      return 'traffic';
    default:
      return assertNever(event);
  }
}
