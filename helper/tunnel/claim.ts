/** What a tunnel takes for itself while it is up. No two may claim an address, nor two the routing of everything. */
import type { TunnelConfig } from '../../engine/config/tunnel-config.ts';
import type { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { Failure } from '../failure.ts';
import { meeting } from '../routes/plan.ts';
import { allowedIpsOf, guardOf } from './bring-up.ts';
import type { TunnelSettings } from './settings.ts';

export interface Claim {
  readonly prefixes: readonly IpPrefix[];
  /** All traffic of a family, and with it the routing of all, of whatever family. */
  readonly isFull: boolean;
}

export function claimOf(config: TunnelConfig, settings: TunnelSettings): Claim {
  const prefixes = hasRoutes(config) ? allowedIpsOf(config) : [];
  return { prefixes, isFull: guardOf(config, settings).isFull };
}

/** With `Table = off` its owner sets them, or nobody. */
export function hasRoutes({ interface: { table } }: TunnelConfig): boolean {
  return table.kind !== 'off';
}

export function isMeeting(one: Claim, other: Claim): boolean {
  return (one.isFull && other.isFull) || meeting(one.prefixes, other.prefixes) !== null;
}

/** @param other the name of the one that is up. @param canReplace whether `up` may replace it */
export function placeTaken(
  name: string,
  claim: Claim,
  other: string,
  theirs: Claim,
  canReplace: boolean,
): Failure {
  const isOfAll = claim.isFull && theirs.isFull;
  const prefix = String(meeting(claim.prefixes, theirs.prefixes));
  const replacing = `; or let this one take its place: wayfare up ${name} --replace`;
  return new Failure(
    isOfAll
      ? `only one tunnel at a time can take all traffic, and ${other} is up`
      : `its allowed IPs meet those of ${other}, which is up`,
    isOfAll ? `tunnel ${name}` : `tunnel ${name} at ${prefix}`,
    `take that down first: wayfare down ${other}${canReplace ? replacing : ''}`,
    isOfAll
      ? { code: 'all-traffic-taken', other }
      : { code: 'allowed-ips-taken', tunnel: name, other, prefix },
  );
}
