import { describe, expect, it } from 'vitest';
import type { ProtectedTunnel, ProtectionState } from '../../../helper/firewall/policy.ts';
import type { LiveJournal } from '../../../helper/tunnel/live-journal.ts';
import { Protection } from '../../../helper/tunnel/protection.ts';

const FULL: ProtectedTunnel = {
  state: 'connecting',
  isFull: true,
  killSwitch: true,
  allowLan: false,
  device: null,
  addresses: [],
  mark: 1,
  endpoints: [],
};
const SPLIT: ProtectedTunnel = { ...FULL, isFull: false, killSwitch: false };

/** A packet filter that notes what it is told, `closed` or `open` and the tunnels' number. */
function setUp(lockdown = false) {
  const told: string[] = [];
  const journaled: string[][] = [];
  const fault = { isBroken: false, isFlushed: false };
  const tell = (what: string) => {
    if (fault.isBroken) throw new Error('nft is gone');
    told.push(what);
  };
  const firewall = {
    apply: async (state: ProtectionState) => tell(`closed for ${state.tunnels.length}`),
    isStanding: async () => !fault.isFlushed,
    reset: async () => tell('open'),
  };
  const journal: LiveJournal = {
    read: async () => ({ tunnels: new Map(), kernelSettings: [] }),
    writeTunnels: async (tunnels) => {
      journaled.push([...tunnels.keys()]);
    },
    writeKernelSettings: async () => {},
  };
  return { told, journaled, fault, protection: new Protection(firewall, journal, lockdown) };
}

describe('protection', () => {
  it('closes with the first tunnel that guards, and opens with the last', async () => {
    const { told, protection } = setUp();
    await protection.set('a', FULL);
    await protection.set('b', SPLIT);
    await protection.set('a', null);
    await protection.set('b', null);
    expect(told).toEqual(['closed for 1', 'closed for 2', 'open']);
    expect(protection.isClosed).toBe(false);
  });

  it('asks for no packet filter where nothing is guarded and nothing was left', async () => {
    const { told, fault, protection } = setUp();
    fault.isFlushed = true;
    await protection.resume(new Map());
    expect(told).toEqual(['open']); // whatever another helper left
    await protection.set('b', SPLIT);
    await protection.set('b', null);
    expect(told).toEqual(['open']);
  });

  it('holds closed what it finds standing and nobody answers for, until a person opens it', async () => {
    const { told, protection } = setUp();
    await protection.resume(new Map());
    expect([told, protection.isClosed]).toEqual([['closed for 0'], true]);
    await protection.release();
    expect([told.at(-1), protection.isClosed]).toEqual(['open', false]);
  });

  it('takes over without opening in between', async () => {
    const { told, protection } = setUp();
    await protection.resume(new Map([['a', FULL]]));
    expect(told).toEqual(['closed for 1']);
    expect(protection.of('a')).toBe(FULL);
  });

  it('stays closed under lockdown when the last tunnel goes', async () => {
    const { told, protection } = setUp(true);
    await protection.set('a', FULL);
    await protection.set('a', null);
    expect(told).toEqual(['closed for 1', 'closed for 0']);
    await protection.setLockdown(false);
    expect(told.at(-1)).toBe('open');
  });

  it('keeps what it had where the filter refuses', async () => {
    const { fault, protection } = setUp();
    await protection.set('a', FULL);
    fault.isBroken = true;
    await expect(protection.set('a', null)).rejects.toThrow('nft is gone');
    await expect(protection.set('b', FULL)).rejects.toThrow('nft is gone');
    await expect(protection.setLockdown(true)).rejects.toThrow('nft is gone');
    expect([protection.of('a'), protection.of('b'), protection.lockdown]).toEqual([FULL, null, false]);
    fault.isBroken = false;
    await protection.set('a', null);
    expect(protection.isClosed).toBe(false);
  });

  it('stands again where somebody has flushed it, and is not made where nothing is guarded', async () => {
    const { told, fault, protection } = setUp();
    fault.isFlushed = true;
    expect(await protection.mend()).toBe(false);
    await protection.set('a', FULL);
    expect(await protection.mend()).toBe(true);
    fault.isFlushed = false;
    expect(await protection.mend()).toBe(false);
    expect(told).toEqual(['closed for 1', 'closed for 1']);
  });

  it('writes down which tunnels there are, once the filter has taken them', async () => {
    const { journaled, protection } = setUp();
    await protection.set('a', FULL);
    await protection.set('b', SPLIT);
    await protection.set('a', null);
    expect(journaled).toEqual([['a'], ['a', 'b'], ['b']]);
  });
});
