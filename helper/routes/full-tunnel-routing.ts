/** Routing of a tunnel that takes everything; only one is up at a time. What it is made of is full-tunnel.ts. */
import { notOnThisSystem } from '../failure.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import type { FullTunnel, SplitTunnel } from './full-tunnel.ts';
import { linuxFullTunnelRouting } from './linux-full-tunnel.ts';

/** A setting of the kernel as it was before it was changed. */
export interface KernelSetting {
  /** As sysctl(8) names it. */
  readonly name: string;
  readonly before: string;
}

/** Every call throws Failure. Rules and routes are changed one call at a time. */
export interface FullTunnelRouting {
  /** @returns the settings without which the routing would not work, to be written down before they are changed */
  settingsToChange(): KernelSetting[];
  changeSettings(settings: readonly KernelSetting[]): void;
  /** A setting that somebody else has changed since stays. */
  restoreSettings(settings: readonly KernelSetting[]): void;
  /**
   * Brings rules and routes to what the tunnel and the machine's networks ask for now, whatever of ours stood before. The
   * tunnel's device is up.
   */
  apply(tunnel: FullTunnel): Promise<void>;
  /** The same for the present tunnel, if there is one: links, addresses, routes or rules have changed. */
  refresh(): Promise<void>;
  /** What the present tunnel may speak to beside itself changes. */
  setAllowLan(allowLan: boolean): Promise<void>;
  /** From now on what goes to this tunnel finds its way past the full one, if there is one. Its device is up. */
  addSplit(tunnel: SplitTunnel): Promise<void>;
  removeSplit(device: string): Promise<void>;
  /** Removes the present tunnel's rules and routes, where it is the one on this device. */
  remove(device: string): Promise<void>;
  /** Removes all that is ours, whoever left it, unless there is a present tunnel. What is gone already is no failure. */
  removeLeftovers(): Promise<void>;
}

/** What a system does. Every call throws Failure. */
export interface SystemRouting
  extends Pick<FullTunnelRouting, 'settingsToChange' | 'changeSettings' | 'restoreSettings'> {
  apply(tunnel: FullTunnel, splits?: readonly SplitTunnel[]): Promise<void>;
  /** All rules and routes that are ours. */
  remove(): Promise<void>;
}

const notYet: SystemRouting = {
  settingsToChange: () => [],
  changeSettings: () => {},
  restoreSettings: () => {},
  apply: () => Promise.reject(notOnThisSystem('routing')),
  remove: () => Promise.reject(notOnThisSystem('routing')),
};

export function fullTunnelRoutingFor(platform: NodeJS.Platform): FullTunnelRouting {
  return presentTunnel(platform === 'linux' ? linuxFullTunnelRouting : notYet);
}

/** A refresh that was asked for before the tunnel was removed must not bring its routes back. */
export function presentTunnel(routing: SystemRouting): FullTunnelRouting {
  let present: FullTunnel | null = null;
  const splits = new Map<string, SplitTunnel>();
  const inTurn = oneAtATime();
  async function applyPresent(): Promise<void> {
    if (present !== null) await routing.apply(present, [...splits.values()]);
  }

  return {
    ...routing,
    apply: (tunnel) =>
      inTurn(() => {
        present = tunnel;
        return applyPresent();
      }),
    refresh: () => inTurn(applyPresent),
    setAllowLan: (allowLan) =>
      inTurn(() => {
        if (present !== null) present = { ...present, allowLan };
        return applyPresent();
      }),
    addSplit: (tunnel) =>
      inTurn(() => {
        splits.set(tunnel.device, tunnel);
        return applyPresent();
      }),
    removeSplit: (device) =>
      inTurn(() => {
        splits.delete(device);
        return applyPresent();
      }),
    remove: (device) =>
      inTurn(async () => {
        if (present?.device !== device) return;
        present = null;
        await routing.remove();
      }),
    removeLeftovers: () =>
      inTurn(async () => {
        if (present === null) await routing.remove();
      }),
  };
}
