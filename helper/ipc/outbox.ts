/**
 * What goes to one client. Replies go in order. Events that the client is too slow for wait here, each until a later
 * one overtakes it: of however many there were, one a kind and tunnel is kept, and the newest of the log.
 */
import type { Writable } from 'node:stream';
import { assertNever } from '../../engine/errors.ts';
import { encodeFrame } from './codec.ts';
import type { HelperEvent } from './contract.ts';

/** How many entries of the log may wait. */
const MAX_LOG_EVENTS = 200;

export class Outbox {
  readonly #stream: Writable;
  readonly #waiting = new Map<string, HelperEvent>();
  #logEvents = 0;

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
    this.#waiting.set(this.#subjectOf(event), event);
    this.#waiting.delete(logSubject(this.#logEvents - MAX_LOG_EVENTS));
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

  /** What an event tells of: a later one of the same makes it worthless. */
  #subjectOf(event: HelperEvent): string {
    switch (event.event) {
      case 'tunnel-state':
      case 'tunnel-removed':
        return `tunnel ${event.name}`;
      case 'traffic':
      case 'machine-state':
        return event.event;
      case 'log':
        return logSubject(++this.#logEvents);
      default:
        return assertNever(event);
    }
  }
}

function logSubject(number: number): string {
  return `log ${number}`;
}
