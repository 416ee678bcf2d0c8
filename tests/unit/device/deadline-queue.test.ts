import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeadlineQueue } from '../../../engine/device/deadline-queue.ts';

const NEVER = Number.POSITIVE_INFINITY;

class Item {
  deadline = NEVER;
  scheduledAt: number | null = null;

  nextDeadline(): number {
    return this.deadline;
  }
}

describe('the deadline queue', () => {
  it('it_is_empty_at_first', () => {
    const queue = new DeadlineQueue<Item>();
    expect(queue.earliest()).toBe(NEVER);
    expect(queue.takeDue(1e15)).toBeNull();
  });

  it('what_is_due_comes_earliest_first_and_once', () => {
    const queue = new DeadlineQueue<Item>();
    const items = [30, 10, 20, 40].map((deadline) => Object.assign(new Item(), { deadline }));
    for (const item of items) queue.update(item);
    expect(queue.earliest()).toBe(10);
    const taken: number[] = [];
    for (let item = queue.takeDue(30); item !== null; item = queue.takeDue(30)) {
      taken.push(item.deadline);
      item.deadline = NEVER;
      queue.update(item);
    }
    expect(taken).toEqual([10, 20, 30]);
    expect(queue.earliest()).toBe(40);
  });

  it('a_deadline_that_moved_back_is_not_taken_early', () => {
    const queue = new DeadlineQueue<Item>();
    const item = Object.assign(new Item(), { deadline: 10 });
    queue.update(item);
    item.deadline = 50;
    queue.update(item);
    expect(queue.takeDue(10)).toBeNull();
    expect(queue.earliest()).toBe(50);
    expect(queue.takeDue(50)).toBe(item);
  });

  it('a_deleted_item_is_never_taken', () => {
    const queue = new DeadlineQueue<Item>();
    const item = Object.assign(new Item(), { deadline: 10 });
    queue.update(item);
    queue.delete(item);
    expect(queue.takeDue(100)).toBeNull();
  });

  it('it_agrees_with_a_plain_list_under_any_sequence_of_changes', () => {
    const change = fc.record({
      kind: fc.constantFrom('move', 'move', 'move', 'advance', 'delete'),
      item: fc.nat(9),
      by: fc.nat(100),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 200 }), (changes) => {
        const queue = new DeadlineQueue<Item>();
        const items = Array.from({ length: 10 }, () => new Item());
        const queued = new Set<Item>();
        let now = 0;
        for (const { kind, item: which, by } of changes) {
          const item = items[which]!;
          if (kind === 'move') {
            item.deadline = by === 100 ? NEVER : now + by;
            queue.update(item);
            queued.add(item);
          } else if (kind === 'delete') {
            queue.delete(item);
            queued.delete(item);
          } else {
            now += by;
            const due = new Set([...queued].filter(({ deadline }) => deadline <= now));
            for (let taken = queue.takeDue(now); taken !== null; taken = queue.takeDue(now)) {
              expect(due.delete(taken)).toBe(true);
              taken.deadline = NEVER;
              queue.update(taken);
            }
            expect(due.size).toBe(0);
          }
          expect(queue.earliest()).toBeLessThanOrEqual(
            Math.min(NEVER, ...[...queued].map((one) => one.deadline)),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});
