/** The indices by which received messages name their handshake or keypair (paper §5.4.1): random, unique, u32. */
import { type Random, randomUint32 } from '../ports.ts';

export class IndexTable<Entry> {
  readonly #entries = new Map<number, Entry>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(index: number): Entry | undefined {
    return this.#entries.get(index);
  }

  /** Takes a free, uniformly random index for `entry`. */
  insert(entry: Entry): number {
    let index = randomUint32(this.#random);
    while (this.#entries.has(index)) index = randomUint32(this.#random);
    this.#entries.set(index, entry);
    return index;
  }

  /** Gives an index that is in use to another entry: a handshake's index becomes its keypair's. */
  replace(index: number, entry: Entry): void {
    this.#entries.set(index, entry);
  }

  delete(index: number): void {
    this.#entries.delete(index);
  }
}
