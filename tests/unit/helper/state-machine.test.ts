import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type TunnelEvent,
  type TunnelFailure,
  type TunnelState,
  transition,
} from '../../../helper/tunnel/state-machine.ts';

const FAILURE: TunnelFailure = { cause: 'handshake', what: 'no answer', where: '', advice: '' };
const UP: TunnelEvent = { kind: 'up-requested' };
const DOWN: TunnelEvent = { kind: 'down-requested' };
const FAILED: TunnelEvent = { kind: 'failed', failure: FAILURE };
const UNWOUND: TunnelEvent = { kind: 'unwound' };
const COMPLETED: TunnelEvent = { kind: 'bring-up-completed', loss: null, at: 1_800_000_000 };

function stateAfter(...events: TunnelEvent[]): TunnelState {
  return events.reduce<TunnelState>((state, event) => transition(state, event).state, {
    kind: 'disconnected',
  });
}

describe('the state machine', () => {
  it('connects and disconnects', () => {
    expect(stateAfter(UP)).toEqual({ kind: 'connecting', loss: null });
    expect(stateAfter(UP, COMPLETED)).toEqual({ kind: 'connected', since: 1_800_000_000 });
    expect(stateAfter(UP, COMPLETED, DOWN)).toEqual({ kind: 'disconnecting', failure: null });
    expect(stateAfter(UP, COMPLETED, DOWN, UNWOUND)).toEqual({ kind: 'disconnected' });
  });

  it('reports an error only after everything was unwound', () => {
    expect(stateAfter(UP, FAILED)).toEqual({ kind: 'disconnecting', failure: FAILURE });
    expect(stateAfter(UP, FAILED, UNWOUND)).toEqual({ kind: 'error', failure: FAILURE });
  });

  it('cancels while connecting', () => {
    expect(transition({ kind: 'connecting', loss: null }, DOWN)).toEqual({
      state: { kind: 'disconnecting', failure: null },
      effect: 'unwind',
    });
  });

  it('ignores a completion that comes after the cancellation', () => {
    expect(stateAfter(UP, DOWN, COMPLETED)).toEqual({ kind: 'disconnecting', failure: null });
  });

  it('takes down as the acknowledgement of an error', () => {
    expect(stateAfter(UP, FAILED, DOWN, UNWOUND)).toEqual({ kind: 'disconnected' });
    expect(stateAfter(UP, FAILED, UNWOUND, DOWN)).toEqual({ kind: 'disconnected' });
  });

  it('never brings up what is not unwound, nor unwinds what is not up, in any sequence of events', () => {
    const events = fc.array(fc.constantFrom(UP, DOWN, FAILED, UNWOUND, COMPLETED), { maxLength: 40 });
    fc.assert(
      fc.property(events, (sequence) => {
        let state: TunnelState = { kind: 'disconnected' };
        let stands = false;
        for (const event of sequence) {
          const before = state.kind;
          const next = transition(state, event);
          if (next.effect === 'bring-up') {
            expect(stands).toBe(false);
            stands = true;
          }
          if (next.effect === 'unwind') expect(stands).toBe(true);
          if (before === 'disconnecting' && event.kind === 'unwound') stands = false;
          state = next.state;
          expect(state.kind === 'disconnected' || state.kind === 'error').toBe(!stands);
          if (state.kind === 'connected') expect(['connecting', 'connected']).toContain(before);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('comes to rest from anywhere by down and unwound', () => {
    const events = fc.array(fc.constantFrom(UP, DOWN, FAILED, UNWOUND, COMPLETED), { maxLength: 40 });
    fc.assert(
      fc.property(events, (sequence) => {
        expect(stateAfter(...sequence, DOWN, UNWOUND)).toEqual({ kind: 'disconnected' });
      }),
    );
  });
});
