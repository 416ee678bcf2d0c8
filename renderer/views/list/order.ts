/** Which tunnel stands where, and which of them comes first to mind. */
import type { TunnelStatus } from '../../../electron/ipc/contract.ts';
import { isRunning } from '../../store/app-state.ts';

/** `office-2` before `office-10`. */
const collator = new Intl.Collator(undefined, { numeric: true });

export function sorted(tunnels: readonly TunnelStatus[]): TunnelStatus[] {
  return tunnels.toSorted((one, other) => collator.compare(one.name, other.name));
}

/** @param text in any case, and from anywhere in the name */
export function matching(tunnels: readonly TunnelStatus[], text: string): TunnelStatus[] {
  const wanted = text.trim().toLowerCase();
  return tunnels.filter(({ name }) => name.toLowerCase().includes(wanted));
}

/** What runs, or failed, before what rests. */
export function mainTunnel(tunnels: readonly TunnelStatus[]): TunnelStatus | undefined {
  const all = sorted(tunnels);
  return all.find(isRunning) ?? all.find(({ state }) => state === 'error') ?? all[0];
}
