/**
 * TUN devices by engine/io/descriptors.ts, the rest by `ip`. A device of ours outlives its helper, so that nothing is
 * routed elsewhere when that is killed; the next helper knows it by its alias.
 */
import * as z from 'zod';
import { SystemError } from '../../engine/errors.ts';
import { IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { Failure } from '../failure.ts';
import { linuxIpCommand } from '../network/ip-command.ts';
import { OUR_ALIAS } from '../network/ours.ts';
import type { TunDevices } from './index.ts';

export const linuxTunDevices: TunDevices = {
  async open(name) {
    const link = (await links()).find(({ ifname }) => ifname === name);
    if (link !== undefined && link.ifalias !== OUR_ALIAS)
      throw new Failure(
        'an interface of that name exists',
        '',
        `remove it with 'ip link del ${name}', or import the tunnel under another name`,
        { code: 'interface-exists', interface: name },
      );
    // Loaded here: only a helper that brings a tunnel up needs the foreign functions behind it.
    const { closeDescriptor, openTun, setPersistent } = await import('../../engine/io/descriptors.ts');
    const tun = openTun(name);
    try {
      await linuxIpCommand.batch([['link', 'set', 'dev', tun.name, 'alias', OUR_ALIAS]]);
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
  async setAddresses(device, addresses) {
    const wanted = [...new Set(addresses.map(String))];
    let standing = await addressesOf(device);
    const unwanted = standing.filter((each) => !wanted.includes(each));
    if (unwanted.length > 0) {
      // The last first: with an IPv4 address the kernel removes those that came after it in its network, wanted or not.
      await linuxIpCommand.batch(unwanted.reverse().map((each) => ['address', 'del', each, 'dev', device]));
      standing = await addressesOf(device);
    }
    const missing = wanted.filter((each) => !standing.includes(each));
    await linuxIpCommand.batch(missing.map((each) => ['address', 'add', each, 'dev', device]));
  },
  setMtu: (device, mtu) => linuxIpCommand.batch([['link', 'set', 'dev', device, 'mtu', String(mtu)]]),
  setUp: (device) => linuxIpCommand.batch([['link', 'set', 'dev', device, 'up']]),
  async setDown(device) {
    const isThere = (await links()).some(({ ifname }) => ifname === device);
    if (isThere) await linuxIpCommand.batch([['link', 'set', 'dev', device, 'down']]);
  },
  removeLeftovers: (kept) => removeOurs((name) => !kept.includes(name)),
  async removeLeftover(name) {
    await removeOurs((each) => each === name);
  },
};

/** @returns the names of those that were removed */
async function removeOurs(isLeftover: (name: string) => boolean): Promise<string[]> {
  const ours = (await links()).filter(({ ifname, ifalias }) => ifalias === OUR_ALIAS && isLeftover(ifname));
  for (const { ifname } of ours) await linuxIpCommand.batch([['link', 'delete', 'dev', ifname]]);
  return ours.map(({ ifname }) => ifname);
}

interface Link {
  readonly ifname: string;
  readonly ifalias?: string;
}

async function links(): Promise<readonly Link[]> {
  return (await linuxIpCommand.query(['link', 'show'])) as Link[];
}

const addressAnswer = z.array(
  z.object({
    ifname: z.string().optional(),
    addr_info: z
      .array(
        z.object({
          local: z.string(),
          prefixlen: z.number(),
          /** Given by the kernel itself. */
          'stable-privacy': z.boolean().optional(),
        }),
      )
      .default([]),
  }),
);

/** Those that were added, as ADDRESS/LENGTH. */
async function addressesOf(device: string): Promise<string[]> {
  const answer = addressAnswer.parse(await linuxIpCommand.query(['address', 'show']));
  return answer
    .flatMap(({ ifname, addr_info }) => (ifname === device ? addr_info : []))
    .filter((each) => each['stable-privacy'] !== true)
    .map(({ local, prefixlen }) => String(IpPrefix.parse(`${local}/${prefixlen}`)));
}
