import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from '../../../../helper/ipc/codec.ts';
import type { HelperEvent } from '../../../../helper/ipc/contract.ts';
import { Outbox } from '../../../../helper/ipc/outbox.ts';

/** A client that takes in one frame whenever the test lets it. */
class SlowReader {
  readonly read: HelperEvent[] = [];
  readonly outbox: Outbox;
  #take: () => void = () => {};

  constructor() {
    const stream = new Writable({
      highWaterMark: 1,
      write: (frame, _, done) => {
        this.read.push(JSON.parse(frame.toString()));
        this.#take = done;
      },
    });
    this.outbox = new Outbox(stream);
    stream.on('drain', () => this.outbox.flush());
  }

  async takeOne(): Promise<void> {
    const take = this.#take;
    this.#take = () => {};
    take();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const stateOf = (name: string, state: 'connecting' | 'connected' | 'disconnecting'): HelperEvent => ({
  event: 'tunnel-state',
  name,
  state,
  error: null,
});
const trafficAt = (atMs: number): HelperEvent => ({ event: 'traffic', atMs, tunnels: [] });

describe('the outbox', () => {
  it('sends every event to whoever keeps up', async () => {
    const reader = new SlowReader();
    const events = [stateOf('a', 'connecting'), stateOf('a', 'connected'), trafficAt(1), trafficAt(2)];
    for (const event of events) {
      reader.outbox.tell(event);
      await reader.takeOne();
    }
    expect(reader.read).toEqual(events);
  });

  it('keeps the latest event of each tunnel, and of the traffic, for a slow reader', async () => {
    const reader = new SlowReader();
    reader.outbox.tell(stateOf('first', 'connecting'));
    for (let i = 0; i < 1_000; i++) {
      reader.outbox.tell(stateOf('a', 'connecting'));
      reader.outbox.tell(stateOf('b', 'connecting'));
      reader.outbox.tell(trafficAt(i));
      reader.outbox.tell(stateOf('a', 'connected'));
    }
    reader.outbox.tell({ event: 'tunnel-removed', name: 'b', newName: null });
    expect(reader.outbox.unsentBytes).toBe(encodeFrame(stateOf('first', 'connecting')).length);
    for (let i = 0; i < 10; i++) await reader.takeOne();
    expect(reader.read).toEqual([
      stateOf('first', 'connecting'),
      stateOf('a', 'connected'),
      { event: 'tunnel-removed', name: 'b', newName: null },
      trafficAt(999),
    ]);
  });

  it('keeps the newest entries of the log for a slow reader, in their order', async () => {
    const reader = new SlowReader();
    const noted = (number: number): HelperEvent => ({
      event: 'log',
      entry: { time: '2026-11-21T16:29:05.000Z', level: 'info', message: `${number}` },
    });
    for (let i = 0; i <= 1_000; i++) reader.outbox.tell(noted(i));
    for (let i = 0; i < 300; i++) await reader.takeOne();
    const newest = Array.from({ length: 200 }, (_, i) => noted(801 + i));
    expect(reader.read).toEqual([noted(0), ...newest]);
  });

  it('never drops a reply', async () => {
    const reader = new SlowReader();
    for (let id = 0; id < 5; id++) reader.outbox.send(encodeFrame({ id }));
    reader.outbox.tell(trafficAt(1));
    reader.outbox.dropEvents();
    for (let i = 0; i < 10; i++) await reader.takeOne();
    expect(reader.read).toEqual([0, 1, 2, 3, 4].map((id) => ({ id })));
  });
});
