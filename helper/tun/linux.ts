/** TUN devices by engine/io/descriptors.ts, the rest by `ip`. */
import type { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { Failure } from '../failure.ts';
import { linuxIpCommand } from '../network/ip-command.ts';
import type { TunDevices } from './index.ts';

export const linuxTunDevices: TunDevices = {
  async open(name) {
    // Loaded here: only a helper that brings a tunnel up needs the foreign functions behind it.
    if (await linkExists(name))
      throw new Failure(
        'an interface of that name exists',
        '',
        `remove it with 'ip link del ${name}', or import the tunnel under another name`,
      );
    const { closeDescriptor, openTun } = await import('../../engine/io/descriptors.ts');
    const tun = openTun(name);
    return { ...tun, close: () => closeDescriptor(tun.descriptor) };
  },
  addAddresses: (device, addresses) => linuxIpCommand.batch(addressCommands(device, addresses)),
  setMtu: (device, mtu) => linuxIpCommand.batch([['link', 'set', 'dev', device, 'mtu', String(mtu)]]),
  setUp: (device) => linuxIpCommand.batch([['link', 'set', 'dev', device, 'up']]),
  async setDown(device) {
    if (await linkExists(device)) await linuxIpCommand.batch([['link', 'set', 'dev', device, 'down']]);
  },
};

/** The kernel would hand over a persistent TUN device of that name, with whatever somebody set up on it. */
async function linkExists(name: string): Promise<boolean> {
  const links = await linuxIpCommand.query(['link', 'show']);
  return Array.isArray(links) && links.some((link) => link.ifname === name);
}

/** The kernel refuses an address it has: one that a config repeats is added once. */
export function addressCommands(device: string, addresses: readonly IpPrefix[]): string[][] {
  const texts = new Set(addresses.map(String));
  return [...texts].map((address) => ['address', 'add', address, 'dev', device]);
}
