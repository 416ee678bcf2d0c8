/** The rates of the tunnels that run, from the totals that come once a second. */
import { create } from 'zustand';
import type { EventOf } from '../../electron/ipc/contract.ts';

export interface Rate {
  /** Bytes a second. */
  readonly rx: number;
  readonly tx: number;
  readonly latestHandshake: number | null;
}

export interface TrafficState {
  readonly rates: ReadonlyMap<string, Rate>;
}

export const useTraffic = create<TrafficState>()(() => ({ rates: new Map() }));

let before: EventOf<'traffic'> | null = null;

export function onTraffic(event: EventOf<'traffic'>): void {
  const seconds = before === null ? 0 : (event.atMs - before.atMs) / 1_000;
  const rates = event.tunnels.flatMap(({ name, rxBytes, txBytes, latestHandshake }) => {
    const last = before?.tunnels.find((each) => each.name === name);
    // A new engine counts from nothing: its first second has no rate.
    if (last === undefined || seconds <= 0 || rxBytes < last.rxBytes || txBytes < last.txBytes) return [];
    const rx = (rxBytes - last.rxBytes) / seconds;
    const tx = (txBytes - last.txBytes) / seconds;
    return [[name, { rx, tx, latestHandshake }] as const];
  });
  before = event;
  useTraffic.setState({ rates: new Map(rates) });
}
