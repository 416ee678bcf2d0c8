import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HandshakeQueue } from '../../../engine/device/handshake-queue.ts';
import { endpoint } from '../../support/virtual-node.ts';

const SOURCE = endpoint('192.0.2.1:1');

function filled(count: number): HandshakeQueue {
  const queue = new HandshakeQueue();
  for (let i = 0; i < count; i++) queue.push(Uint8Array.of(i & 255, i >> 8), SOURCE);
  return queue;
}

describe('the handshake queue', () => {
  it('messages_are_copied_and_leave_in_order', () => {
    const queue = new HandshakeQueue();
    const bytes = Uint8Array.of(1);
    queue.push(bytes, SOURCE);
    bytes[0] = 2;
    queue.push(bytes, SOURCE);
    expect([queue.shift()?.datagram[0], queue.shift()?.datagram[0], queue.shift()]).toEqual([1, 2, null]);
  });

  it('it_holds_4096_and_refuses_the_next', () => {
    const queue = filled(4_096);
    expect(queue.push(new Uint8Array(1), SOURCE)).toBe(false);
    expect(queue.length).toBe(4_096);
    queue.shift();
    expect(queue.push(new Uint8Array(1), SOURCE)).toBe(true);
  });

  it('under_load_begins_at_512', () => {
    expect(filled(511).isUnderLoad(0)).toBe(false);
    expect(filled(512).isUnderLoad(0)).toBe(true);
  });

  it('under_load_lasts_a_second_from_the_last_time_that_there_were_512', () => {
    const queue = filled(513);
    expect(queue.isUnderLoad(0)).toBe(true);
    queue.shift();
    expect(queue.isUnderLoad(500)).toBe(true);
    queue.shift();
    expect(queue.isUnderLoad(1_499)).toBe(true);
    expect(queue.isUnderLoad(1_500)).toBe(false);
  });

  it('clearing_empties_it', () => {
    const queue = filled(10);
    queue.clear();
    expect([queue.length, queue.shift()]).toEqual([0, null]);
    expect(queue.push(Uint8Array.of(9), SOURCE)).toBe(true);
    expect(queue.shift()?.datagram).toEqual(Uint8Array.of(9));
  });

  it('it_agrees_with_an_array_under_any_sequence', () => {
    const steps = fc.array(fc.integer({ min: -3_000, max: 3_000 }), { maxLength: 20 });
    fc.assert(
      fc.property(steps, (changes) => {
        const queue = new HandshakeQueue();
        const model: number[] = [];
        let next = 0;
        for (const change of changes) {
          for (let i = 0; i < change; i++) {
            const isTaken = queue.push(Uint8Array.of(next & 255), SOURCE);
            if (isTaken !== model.length < 4_096) throw new Error(`taken ${isTaken} with ${model.length}`);
            if (isTaken) model.push(next & 255);
            next++;
          }
          for (let i = 0; i > change; i--) {
            const expected = model.shift();
            if (queue.shift()?.datagram[0] !== expected) throw new Error('out of order');
          }
        }
        expect(queue.length).toBe(model.length);
      }),
      { numRuns: 30 },
    );
  });
});
