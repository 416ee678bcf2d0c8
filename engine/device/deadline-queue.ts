/**
 * The earliest of all peers' deadlines. A binary heap with lazy entries: a packet that moves a deadline back, as
 * nearly all do, touches nothing; the entry that comes due too early is put back where it belongs.
 */
import type { MonotonicMs } from '../ports.ts';

export interface Scheduled {
  nextDeadline(): MonotonicMs;
  /** When its live entry stands in the queue, null where it has none; entries of other times are stale. */
  scheduledAt: MonotonicMs | null;
}

interface Entry<Item> {
  readonly at: MonotonicMs;
  readonly item: Item;
}

export class DeadlineQueue<Item extends Scheduled> {
  readonly #heap: Entry<Item>[] = [];

  /** Notes that an item's deadline may have changed. */
  update(item: Item): void {
    const at = item.nextDeadline();
    if (at >= (item.scheduledAt ?? Number.POSITIVE_INFINITY)) return;
    item.scheduledAt = at;
    this.#push({ at, item });
  }

  /** Infinity where there is none; never later than the true earliest deadline. */
  earliest(): MonotonicMs {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Takes an item that is due, which is the caller's to handle and to `update` again. @returns null where none is */
  takeDue(now: MonotonicMs): Item | null {
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.#pop();
      if (first.item.scheduledAt !== first.at) continue;
      first.item.scheduledAt = null;
      if (first.item.nextDeadline() <= now) return first.item;
      this.update(first.item);
    }
    return null;
  }

  delete(item: Item): void {
    item.scheduledAt = null;
  }

  #push(entry: Entry<Item>): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.at <= entry.at) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < heap.length && heap[child + 1]!.at < heap[child]!.at) child++;
      if (child >= heap.length || heap[child]!.at >= last.at) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}
