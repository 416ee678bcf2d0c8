/** TUN devices by engine/io/descriptors.ts, the rest by `ip`. */
import type { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { linuxIpCommand } from '../network/ip-command.ts';
import type { TunDevices } from './index.ts';

export const linuxTunDevices: TunDevices = {
  async open(name) {
    // Loaded here: only a helper that brings a tunnel up needs the foreign functions behind it.
    const { closeDescriptor, openTun } = await import('../../engine/io/descriptors.ts');
    const tun = openTun(name);
    return { ...tun, close: () => closeDescriptor(tun.descriptor) };
  },
  addAddresses: (device, addresses) => linuxIpCommand.batch(addressCommands(device, addresses)),
  setMtu: (device, mtu) => linuxIpCommand.batch([['link', 'set', 'dev', device, 'mtu', String(mtu)]]),
  setUp: (device) => linuxIpCommand.batch([['link', 'set', 'dev', device, 'up']]),
  async setDown(device) {
    const links = await linuxIpCommand.query(['link', 'show']);
    const exists = Array.isArray(links) && links.some((link) => link.ifname === device);
    if (exists) await linuxIpCommand.batch([['link', 'set', 'dev', device, 'down']]);
  },
};

/** The kernel refuses an address it has: one that a config repeats is added once. */
export function addressCommands(device: string, addresses: readonly IpPrefix[]): string[][] {
  const texts = new Set(addresses.map(String));
  return [...texts].map((address) => ['address', 'add', address, 'dev', device]);
}
