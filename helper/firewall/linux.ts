/** The policy in force, as tables of nftables: what is in them is ruleset.ts. */
import { type IpCommand, linuxIpCommand } from '../network/ip-command.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { readLocalNetworks } from '../routes/local-networks.ts';
import type { Firewall } from './index.ts';
import { linuxNftCommand, type NftCommand, NftRefused } from './nft-command.ts';
import { type ProtectionState, policyFor } from './policy.ts';
import { GUARD_TABLE, removalOf, ruleset, tablesIn } from './ruleset.ts';

/** The words of a kernel before 5.16, and of an nft before 1.0.1. */
const NO_EGRESS_HOOK = /^Operation not supported|^unknown chain hook/;

export const linuxFirewall: Firewall = createLinuxFirewall(linuxNftCommand, linuxIpCommand);

export function createLinuxFirewall(nft: NftCommand, ip: IpCommand): Firewall {
  let hasBackstop = true;
  /** As `nft list tables` names them. */
  let made: readonly string[] = [GUARD_TABLE];
  /** A state that was handed over later is in force later. */
  const inTurn = oneAtATime();

  async function scriptFor(state: ProtectionState): Promise<string> {
    return ruleset(policyFor(state, await readLocalNetworks(ip)), hasBackstop);
  }

  async function apply(state: ProtectionState): Promise<void> {
    for (let script = await scriptFor(state); ; ) {
      try {
        await nft.run(script);
        made = tablesIn(script);
        return;
      } catch (error) {
        if (!(error instanceof NftRefused)) throw error;
        if (NO_EGRESS_HOOK.test(error.reason)) hasBackstop = false;
        // A device that has gone meanwhile cannot be guarded any more: only where nothing has changed is it a failure.
        const next = await scriptFor(state);
        if (next === script) throw error;
        script = next;
      }
    }
  }

  return {
    apply: (state) => inTurn(() => apply(state)),
    isStanding: () =>
      inTurn(async () => {
        const tables = await nft.listTables();
        return made.every((name) => tables.includes(name));
      }),
    reset: () => inTurn(async () => nft.run(removalOf(await nft.listTables()))),
  };
}
