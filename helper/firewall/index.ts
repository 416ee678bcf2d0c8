/** The system's packet filter, as far as tunnels need it. One implementation a system; what may flow is policy.ts. */
import { darwinFirewall } from './darwin.ts';
import { linuxFirewall } from './linux.ts';
import type { ProtectionState } from './policy.ts';
import { windowsFirewall } from './windows.ts';

/** Every call throws Failure. Calls are carried out in their order, one at a time. */
export interface Firewall {
  /**
   * Puts the rules for a state in the place of those that stand, at once: there is no moment without rules. Where it
   * fails, those that stood stand.
   */
  apply(state: ProtectionState): Promise<void>;
  /** Whether the rules of the last state stand: somebody may have flushed everything. */
  isStanding(): Promise<boolean>;
  /** Removes every rule of ours, whoever left it. None there is no failure. */
  reset(): Promise<void>;
}

export function firewallFor(platform: NodeJS.Platform): Firewall {
  if (platform === 'darwin') return darwinFirewall;
  if (platform === 'win32') return windowsFirewall;
  return linuxFirewall;
}
