/** A peer's keypairs and how they take each other's place (paper §6.2 and §6.3; noise.c's add_new_keypair in the Linux driver). */
import type { Keypair } from '../noise/keypair.ts';

export class Keypairs {
  /** What was current before: still receives what is in flight. */
  previous: Keypair | null = null;
  /** What sends. */
  current: Keypair | null = null;
  /** A responder's newest, which sends only once the initiator has confirmed it with a packet. */
  next: Keypair | null = null;
  readonly #discard: (keypair: Keypair) => void;

  /** @param discard called with each keypair that leaves */
  constructor(discard: (keypair: Keypair) => void) {
    this.#discard = discard;
  }

  add(keypair: Keypair): void {
    if (keypair.isInitiator) {
      // An unconfirmed `next` is newer than current, and the responder may be about to use it.
      const replaced = this.next ?? this.current;
      this.#drop(this.previous);
      if (this.next !== null) this.#drop(this.current);
      this.previous = replaced;
      this.next = null;
      this.current = keypair;
    } else {
      this.#drop(this.next);
      this.next = keypair;
      this.#drop(this.previous);
      this.previous = null;
    }
  }

  /** The first packet under `next` is the key confirmation. @returns whether it was that */
  confirm(received: Keypair): boolean {
    if (received !== this.next) return false;
    this.#drop(this.previous);
    this.previous = this.current;
    this.current = this.next;
    this.next = null;
    return true;
  }

  /** Nothing is sent under these keys any more. */
  expireSending(): void {
    this.current?.expireSending();
    this.next?.expireSending();
  }

  clear(): void {
    this.#drop(this.previous);
    this.#drop(this.current);
    this.#drop(this.next);
    this.previous = null;
    this.current = null;
    this.next = null;
  }

  #drop(keypair: Keypair | null): void {
    if (keypair === null) return;
    keypair.wipe();
    this.#discard(keypair);
  }
}
