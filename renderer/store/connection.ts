/** Connecting and disconnecting, as a person asks for it from the list or a tunnel's own view. */
import { create } from 'zustand';
import type { Failure, TunnelStatus } from '../../electron/ipc/contract.ts';
import { ask } from '../api.ts';
import { allowedIpsMeet } from '../lib/allowed-ips.ts';
import { failureOf } from '../lib/app-failure.ts';
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
  return bringUp(name, tunnel !== undefined && isSwitch(tunnel, rivalsOf(tunnel, tunnels())));
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

export function toggle(tunnel: Pick<TunnelStatus, 'name' | 'state'>): void {
  void (isRunning(tunnel) ? disconnect(tunnel.name) : connect(tunnel.name));
}

/** The tunnels that run and have addresses that this one claims. */
export function rivalsOf(tunnel: TunnelStatus, all: readonly TunnelStatus[]): TunnelStatus[] {
  const claim = allowedIpsOf(tunnel);
  return all.filter(
    (other) => other.name !== tunnel.name && isRunning(other) && allowedIpsMeet(claim, allowedIpsOf(other)),
  );
}

/** From one way for all traffic to another: nobody needs to be asked whether the first may go. */
export function isSwitch(tunnel: TunnelStatus, rivals: readonly TunnelStatus[]): boolean {
  return tunnel.isFullTunnel && rivals.some((rival) => rival.isFullTunnel);
}

async function bringUp(name: string, replace: boolean): Promise<void> {
  cancelled.delete(name);
  let wasBegun = false;
  const stop = useAppState.subscribe(() => {
    wasBegun ||= tunnelNamed(name)?.state === 'connecting';
  });
  try {
    await ask('up', { name, timeoutSeconds: TIMEOUT_SECONDS, replace });
  } catch (error) {
    if (cancelled.has(name)) return;
    if (wasBegun) return; // its state tells the failure
    refuse(name, replace, failureOf(error));
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

function allowedIpsOf({ peers }: TunnelStatus): string[] {
  return peers.flatMap((peer) => peer.allowedIps);
}
