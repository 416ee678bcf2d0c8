/**
 * NetworkManager, where it writes resolv.conf or runs a dnsmasq: by its global DNS (NetworkManager.conf(5)), which
 * stands above what any network brings.
 *
 * NOTE: not by Device.Reapply on the tunnel's interface: NetworkManager 1.42 then removes the routes and the IPv6
 * addresses that it did not set itself. And in /run, not by its D-Bus property, which would outlive a reboot.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { Failure } from '../failure.ts';
import { replace, unlinkIfThere, writeSynced } from '../storage/durable-file.ts';
import { type Backend, searchDomainsOf, serversOf, type TunnelList } from './backend.ts';
import { asksOnly, readResolvConf } from './resolv-conf.ts';
import type { SystemBus } from './system-bus.ts';

const SERVICE = 'org.freedesktop.NetworkManager';
const MANAGER = { service: SERVICE, path: '/org/freedesktop/NetworkManager', interface: SERVICE };
const DNS_MANAGER = {
  service: SERVICE,
  path: '/org/freedesktop/NetworkManager/DnsManager',
  interface: `${SERVICE}.DnsManager`,
};
/** NM_MANAGER_RELOAD_FLAGS_CONF and _DNS_RC: read the configuration, and write resolv.conf though nothing is new. */
const RELOAD_FLAGS = '3';
const FILE = 'wayfare.conf';
const TEMPORARY_FILE = 'wayfare.new';

const dnsManagerAnswer = z.object({ Mode: z.string() });
const managerAnswer = z.object({
  GlobalDnsConfiguration: z.object({
    domains: z
      .object({
        data: z.record(
          z.string(),
          z.object({ data: z.object({ servers: z.object({ data: z.array(z.string()) }).optional() }) }),
        ),
      })
      .optional(),
  }),
});

export class NetworkManagerBackend implements Backend {
  readonly #bus: SystemBus;
  readonly #folder: string;
  readonly #resolvConf: string;

  /** @param folder where it reads more of its configuration, such as /run/NetworkManager/conf.d */
  constructor(bus: SystemBus, folder: string, resolvConf: string) {
    this.#bus = bus;
    this.#folder = folder;
    this.#resolvConf = resolvConf;
  }

  /** @throws Failure where it does not answer, or cannot be told */
  async requireToManageDns(): Promise<void> {
    const { Mode: mode } = dnsManagerAnswer.parse(await this.#bus.properties(DNS_MANAGER));
    if (mode !== 'default' && mode !== 'dnsmasq')
      throw new Failure(`NetworkManager leaves DNS alone (dns=${mode})`);
    if ((await this.#globalServers()).length > 0 && !existsSync(this.#path(FILE)))
      throw new Failure('the global DNS of NetworkManager is set already');
  }

  async apply(tunnels: TunnelList): Promise<void> {
    await this.#inWords(async () => {
      await mkdir(this.#folder, { recursive: true });
      await replace(this.#path(FILE), this.#path(TEMPORARY_FILE), (temporary) =>
        writeSynced(temporary, globalDns(tunnels), { mode: 0o644 }),
      );
    });
    await this.#reload();
  }

  async isInForce(tunnels: TunnelList): Promise<boolean> {
    const servers = await this.#globalServers();
    const { text } = await readResolvConf(this.#resolvConf);
    return servers.join() === serversOf(tunnels).join() && asksOnly(text, tunnels);
  }

  /** One that does not run reads its configuration when it starts. */
  async revert(_gone: TunnelList, rest: TunnelList): Promise<void> {
    if (rest.length > 0) return this.apply(rest);
    await this.#inWords(async () => {
      await unlinkIfThere(this.#path(TEMPORARY_FILE));
      await unlinkIfThere(this.#path(FILE));
    });
    if (await this.#bus.hasService(SERVICE)) await this.#reload();
  }

  #path(file: string): string {
    return join(this.#folder, file);
  }

  #reload(): Promise<void> {
    return this.#bus.call(MANAGER, 'Reload', 'u', [RELOAD_FLAGS]);
  }

  async #globalServers(): Promise<string[]> {
    const { GlobalDnsConfiguration: global } = managerAnswer.parse(await this.#bus.properties(MANAGER));
    return Object.values(global.domains?.data ?? {}).flatMap(({ data }) => data.servers?.data ?? []);
  }

  async #inWords(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Failure(`NetworkManager cannot be told (${reason})`, `in ${this.#folder}`);
    }
  }
}

function globalDns(tunnels: TunnelList): string {
  const domains = searchDomainsOf(tunnels);
  return [
    '# Written by Wayfare while a tunnel is up.',
    '[global-dns]',
    ...(domains.length === 0 ? [] : [`searches=${domains.join(',')}`]),
    '[global-dns-domain-*]',
    `servers=${serversOf(tunnels).join(',')}`,
    '',
  ].join('\n');
}
