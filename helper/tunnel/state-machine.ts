/**
 * The life of one tunnel as a pure function: state and event in, state and effect out.
 * Times are Unix seconds. Nothing here reads a clock, touches the system or knows a key.
 */
import { assertNever } from '../../engine/errors.ts';
import type { FailureParts } from '../failure.ts';

/** One cause for each step of bring-up, and those that befall a tunnel later. */
export const CAUSES = [
  'read-config',
  'resolve-endpoints',
  'set-firewall-policy',
  'open-tun',
  'start-engine',
  'configure-engine',
  'set-addresses',
  'set-mtu',
  'set-link-up',
  'add-routes',
  'set-dns',
  'handshake',
  'engine-died',
  'cancelled',
] as const;
export type Cause = (typeof CAUSES)[number];

export interface TunnelFailure extends FailureParts {
  readonly cause: Cause;
}

/** Why a tunnel that stands is not connected: nobody has called yet, or it was connected and tries again. */
export const LOSSES = ['not-called', 'engine-died', 'no-answer'] as const;
export type Loss = (typeof LOSSES)[number];

export type TunnelState =
  | { readonly kind: 'disconnected' }
  /** `loss` is null while it comes up. */
  | { readonly kind: 'connecting'; readonly loss: Loss | null }
  | { readonly kind: 'connected'; readonly since: number }
  /** `failure` is why, or null where a person asked for it. */
  | { readonly kind: 'disconnecting'; readonly failure: TunnelFailure | null }
  | { readonly kind: 'error'; readonly failure: TunnelFailure };

export type TunnelEvent =
  | { readonly kind: 'up-requested' }
  /** `loss` is null where an authenticated packet came back. */
  | { readonly kind: 'bring-up-completed'; readonly at: number; readonly loss: Loss | null }
  | { readonly kind: 'session-lost'; readonly loss: Loss }
  /** An authenticated packet came back. */
  | { readonly kind: 'session-answered'; readonly at: number }
  | { readonly kind: 'down-requested' }
  | { readonly kind: 'failed'; readonly failure: TunnelFailure }
  | { readonly kind: 'unwound' };

export type Effect = 'bring-up' | 'unwind' | 'none';

export interface Transition {
  readonly state: TunnelState;
  readonly effect: Effect;
}

/** An event that means nothing in a state leaves it as it is. */
export function transition(state: TunnelState, event: TunnelEvent): Transition {
  switch (state.kind) {
    case 'disconnected':
    case 'error':
      return fromRest(state, event);
    case 'connecting':
      return fromConnecting(state, event);
    case 'connected':
      return fromConnected(state, event);
    case 'disconnecting':
      return fromDisconnecting(state, event);
    default:
      return assertNever(state);
  }
}

function fromRest(state: TunnelState, event: TunnelEvent): Transition {
  if (event.kind === 'up-requested') return { state: { kind: 'connecting', loss: null }, effect: 'bring-up' };
  // `down` acknowledges an error.
  if (event.kind === 'down-requested') return stay({ kind: 'disconnected' });
  return stay(state);
}

function fromConnecting(state: Extract<TunnelState, { kind: 'connecting' }>, event: TunnelEvent): Transition {
  if (state.loss === null && event.kind === 'bring-up-completed')
    return stay(
      event.loss === null ? { kind: 'connected', since: event.at } : { kind: 'connecting', loss: event.loss },
    );
  if (state.loss !== null && event.kind === 'session-answered')
    return stay({ kind: 'connected', since: event.at });
  return leave(state, event);
}

function fromConnected(state: TunnelState, event: TunnelEvent): Transition {
  if (event.kind === 'session-lost') return stay({ kind: 'connecting', loss: event.loss });
  return leave(state, event);
}

function leave(state: TunnelState, event: TunnelEvent): Transition {
  if (event.kind === 'down-requested')
    return { state: { kind: 'disconnecting', failure: null }, effect: 'unwind' };
  if (event.kind === 'failed')
    return { state: { kind: 'disconnecting', failure: event.failure }, effect: 'unwind' };
  return stay(state);
}

function fromDisconnecting(
  state: Extract<TunnelState, { kind: 'disconnecting' }>,
  event: TunnelEvent,
): Transition {
  if (event.kind === 'down-requested') return stay({ kind: 'disconnecting', failure: null });
  if (event.kind !== 'unwound') return stay(state);
  return stay(state.failure === null ? { kind: 'disconnected' } : { kind: 'error', failure: state.failure });
}

function stay(state: TunnelState): Transition {
  return { state, effect: 'none' };
}
