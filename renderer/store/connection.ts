/** Connecting and disconnecting, as a person asks for it from the list or a tunnel's own view. */
import { create } from 'zustand';
import type { EventOf, Failure, TunnelStatus } from '../../electron/ipc/contract.ts';
import { ask } from '../api.ts';
import { type AddressRange, rangesMeet, rangesOf } from '../lib/allowed-ips.ts';
import { failureOf } from '../lib/app-failure.ts';
import { failureText } from '../lib/failure-text.ts';
import { i18n } from '../lib/i18n.ts';
import { hasKillSwitch } from '../lib/state-text.ts';
import { announceFailure, attempt } from './announcements.ts';
import { isRunning, tunnelNamed, useAppState } from './app-state.ts';

/** As long as six handshake attempts take. */
const TIMEOUT_SECONDS = 30;

/** Refused because of others that are up: the person may let it take their place. */
export interface Refusal {
  readonly name: string;
  readonly others: readonly string[];
  readonly failure: Failure;
}

export const useRefusal = create<{ readonly refusal: Refusal | null }>()(() => ({ refusal: null }));

/** Attempts that a person has cancelled, whose failure is no news. */
const cancelled = new Set<string>();

export async function connect(name: string): Promise<void> {
  const tunnel = tunnelNamed(name);
  if (tunnel === undefined) return bringUp(name, false);
  const rivals = rivalsOf(tunnel, tunnels());
  return bringUp(name, isSwitch(tunnel, rivals) && openedFor(tunnel, rivals).length === 0);
}

/** Takes the tunnels down that are in its way. */
export async function replaceOthers(name: string): Promise<void> {
  return bringUp(name, true);
}

/** Cancels an attempt too, and opens what an error has left closed. */
export async function disconnect(name: string): Promise<void> {
  cancelled.add(name);
  const outcome = await attempt(ask('down', { name }));
  for (const leftover of outcome?.leftovers ?? []) announceFailure(leftover);
}

/** So that what was changed while it is up holds; others go on. */
export async function reconnect(name: string): Promise<void> {
  const request = { name, timeoutSeconds: TIMEOUT_SECONDS };
  const refusal = await refusalOf(name, () => ask('reconnect', request));
  if (refusal !== null) announceFailure(refusal);
}

export function onStartFailed({ name, error }: EventOf<'start-failed'>): void {
  if (error === null) {
    const what = i18n._('{name} was not connected at start: it is no more', { name });
    announceFailure({ what, where: '', advice: i18n._('Choose another in the settings.') });
  } else {
    const { what, where, advice } = failureText(error);
    announceFailure({
      what: i18n._('{name} was not connected at start: {what}', { name, what }),
      where,
      advice,
    });
  }
}

export function toggle(tunnel: Pick<TunnelStatus, 'name' | 'state'>): void {
  void (isRunning(tunnel) ? disconnect(tunnel.name) : connect(tunnel.name));
}

/** The tunnels that run and take what this one would: the helper lets only one of them have it. */
export function rivalsOf(tunnel: TunnelStatus, all: readonly TunnelStatus[]): TunnelStatus[] {
  return all.filter((other) => other.name !== tunnel.name && isRunning(other) && isMeeting(tunnel, other));
}

function isMeeting(tunnel: TunnelStatus, other: TunnelStatus): boolean {
  const isOfAll = tunnel.isFullTunnel && other.isFullTunnel;
  return isOfAll || rangesMeet(claimOf(tunnel), claimOf(other));
}

/** From one way for all traffic to another: nobody needs to be asked whether the first may go. */
export function isSwitch(tunnel: TunnelStatus, rivals: readonly TunnelStatus[]): boolean {
  return tunnel.isFullTunnel && rivals.some((rival) => rival.isFullTunnel);
}

/** Those of the others whose closed kill switch opens when this one, which has none, takes their place. */
export function openedFor(tunnel: TunnelStatus, others: readonly TunnelStatus[]): TunnelStatus[] {
  if (hasKillSwitch(tunnel) || useAppState.getState().lockdown) return [];
  return others.filter(({ isGuarded }) => isGuarded);
}

async function bringUp(name: string, replace: boolean): Promise<void> {
  const request = { name, timeoutSeconds: TIMEOUT_SECONDS, replace };
  const refusal = await refusalOf(name, () => ask('up', request));
  if (refusal !== null) refuse(name, replace, refusal);
}

/** @returns null where it was begun: its state tells how that ended */
async function refusalOf(name: string, connecting: () => Promise<unknown>): Promise<Failure | null> {
  cancelled.delete(name);
  let wasBegun = false;
  const stop = useAppState.subscribe(() => {
    const tunnel = tunnelNamed(name);
    wasBegun ||= tunnel?.state === 'connecting' && tunnel.loss === null;
  });
  try {
    await connecting();
    return null;
  } catch (error) {
    return wasBegun || cancelled.has(name) ? null : failureOf(error);
  } finally {
    stop();
  }
}

function refuse(name: string, replace: boolean, failure: Failure): void {
  const tunnel = tunnelNamed(name);
  const others = tunnel === undefined || replace ? [] : rivalsOf(tunnel, tunnels()).map((each) => each.name);
  if (others.length === 0) announceFailure(failure);
  else useRefusal.setState({ refusal: { name, others, failure } });
}

function tunnels(): readonly TunnelStatus[] {
  return useAppState.getState().tunnels ?? [];
}

/** Each status is looked at for every tunnel of the list: it is parsed once. */
const claims = new WeakMap<TunnelStatus, readonly AddressRange[]>();

function claimOf(tunnel: TunnelStatus): readonly AddressRange[] {
  const known = claims.get(tunnel);
  if (known !== undefined) return known;
  const claim = tunnel.hasRoutes ? rangesOf(tunnel.peers.flatMap((peer) => peer.allowedIps)) : [];
  claims.set(tunnel, claim);
  return claim;
}
