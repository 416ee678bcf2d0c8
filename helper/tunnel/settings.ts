/** What a person sets for a tunnel, beside its `.conf`. */
import * as z from 'zod';

/** `automatic`: on for a tunnel that takes all traffic, off for any other. */
export const KILL_SWITCH_MODES = ['automatic', 'on', 'off'] as const;

export const tunnelSettings = z.strictObject({
  killSwitch: z.enum(KILL_SWITCH_MODES),
  /** The private networks that this machine is in can be reached beside the tunnel. */
  allowLan: z.boolean(),
});
export type TunnelSettings = Readonly<z.output<typeof tunnelSettings>>;

export const DEFAULT_TUNNEL_SETTINGS: TunnelSettings = { killSwitch: 'automatic', allowLan: false };

/** @param isFull whether the tunnel takes all traffic of a family */
export function hasKillSwitch({ killSwitch }: TunnelSettings, isFull: boolean): boolean {
  return killSwitch === 'automatic' ? isFull : killSwitch === 'on';
}
