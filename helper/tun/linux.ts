/**
 * TUN devices by engine/io/descriptors.ts, the rest by `ip`. A device of ours outlives its helper, so that nothing is
 * routed elsewhere when that is killed; the next helper knows it by its alias.
 */
import { SystemError } from '../../engine/errors.ts';
import type { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { Failure } from '../failure.ts';
import { linuxIpCommand } from '../network/ip-command.ts';
import type { TunDevices } from './index.ts';

const ALIAS = 'wayfare';

export const linuxTunDevices: TunDevices = {
  async open(name) {
    const link = (await links()).find(({ ifname }) => ifname === name);
    if (link !== undefined && link.ifalias !== ALIAS)
      throw new Failure(
        'an interface of that name exists',
        '',
        `remove it with 'ip link del ${name}', or import the tunnel under another name`,
      );
    // Loaded here: only a helper that brings a tunnel up needs the foreign functions behind it.
    const { closeDescriptor, openTun, setPersistent } = await import('../../engine/io/descriptors.ts');
    const tun = openTun(name);
    try {
      await linuxIpCommand.batch([
        ['link', 'set', 'dev', tun.name, 'alias', ALIAS],
        // What the last helper set up, where there was one: this one sets up its own.
        ['link', 'set', 'dev', tun.name, 'down'],
        ['address', 'flush', 'dev', tun.name],
      ]);
      setPersistent(tun.descriptor, true);
    } catch (error) {
      closeDescriptor(tun.descriptor);
      throw error;
    }
    return {
      ...tun,
      close() {
        try {
          setPersistent(tun.descriptor, false);
        } catch (error) {
          if (!(error instanceof SystemError && error.code === 'EBADFD')) throw error; // somebody has deleted it
        } finally {
          closeDescriptor(tun.descriptor);
        }
      },
    };
  },
  addAddresses: (device, addresses) => linuxIpCommand.batch(addressCommands(device, addresses)),
  setMtu: (device, mtu) => linuxIpCommand.batch([['link', 'set', 'dev', device, 'mtu', String(mtu)]]),
  setUp: (device) => linuxIpCommand.batch([['link', 'set', 'dev', device, 'up']]),
  async setDown(device) {
    const isThere = (await links()).some(({ ifname }) => ifname === device);
    if (isThere) await linuxIpCommand.batch([['link', 'set', 'dev', device, 'down']]);
  },
  async removeLeftovers(kept) {
    const ours = (await links()).filter(({ ifname, ifalias }) => ifalias === ALIAS && !kept.includes(ifname));
    for (const { ifname } of ours) await linuxIpCommand.batch([['link', 'delete', 'dev', ifname]]);
    return ours.map(({ ifname }) => ifname);
  },
};

interface Link {
  readonly ifname: string;
  readonly ifalias?: string;
}

async function links(): Promise<readonly Link[]> {
  return (await linuxIpCommand.query(['link', 'show'])) as Link[];
}

/** The kernel refuses an address it has: one that a config repeats is added once. */
export function addressCommands(device: string, addresses: readonly IpPrefix[]): string[][] {
  const texts = new Set(addresses.map(String));
  return [...texts].map((address) => ['address', 'add', address, 'dev', device]);
}
