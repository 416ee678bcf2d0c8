/** Whose request is taken next: one of each user's at a turn of the event loop, however many connections that user has. */

export interface Taker {
  readonly uid: number;
  takeTurn(): void;
}

export class Turns {
  /** By user, in the order they came. No queue is empty. */
  readonly #queues = new Map<number, Set<Taker>>();
  #isScheduled = false;

  /** Whoever waits already keeps its place. */
  wait(taker: Taker): void {
    const queue = this.#queues.get(taker.uid);
    if (queue === undefined) this.#queues.set(taker.uid, new Set([taker]));
    else queue.add(taker);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      this.#run();
    });
  }

  #run(): void {
    for (const [uid, queue] of [...this.#queues]) {
      const [next] = queue;
      queue.delete(next!);
      if (queue.size === 0) this.#queues.delete(uid);
      next!.takeTurn();
    }
    if (this.#queues.size > 0) this.#schedule();
  }
}
