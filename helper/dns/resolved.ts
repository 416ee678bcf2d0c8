/** systemd-resolved, link by link: org.freedesktop.resolve1(5). */
import * as z from 'zod';
import { IpAddress } from '../../engine/wire/ip-prefix.ts';
import type { HelperClock } from '../clock.ts';
import { toFailure } from '../failure.ts';
import type { IpCommand } from '../network/ip-command.ts';
import type { Backend, TunnelList } from './backend.ts';
import type { DnsSettings } from './index.ts';
import type { BusObject, SystemBus } from './system-bus.ts';

const MANAGER = {
  service: 'org.freedesktop.resolve1',
  path: '/org/freedesktop/resolve1',
  interface: 'org.freedesktop.resolve1.Manager',
};
/** org.freedesktop.network1(5): its methods are the same. */
const NETWORKD = {
  service: 'org.freedesktop.network1',
  path: '/org/freedesktop/network1',
  interface: 'org.freedesktop.network1.Manager',
};
const HEARSAY_MS = 1_000;
const POLL_MS = 20;
const AF_INET = 2;
const AF_INET6 = 10;
/** SD_RESOLVED_DNS and SD_RESOLVED_NO_NETWORK. */
const RESOLVE_DNS = 1 << 0;
const RESOLVE_NO_NETWORK = 1 << 15;
/** The index of what resolved.conf(5) sets. */
const NO_LINK = 0;
const ROOT_DOMAIN = '.';

const linkAnswer = z.tuple([z.object({ ifindex: z.int() })]);
const managerAnswer = z.object({
  DNSStubListener: z.string(),
  /** Interface (0: none), address family, address. */
  DNS: z.array(z.tuple([z.int(), z.int(), z.array(z.int())])),
  /** Interface, domain, whether it only routes. */
  Domains: z.array(z.tuple([z.int(), z.string(), z.boolean()])),
});
type Manager = z.output<typeof managerAnswer>;

interface Domain {
  readonly name: string;
  /** It says where questions go, and completes no short name. */
  readonly routesOnly: boolean;
}

export class ResolvedBackend implements Backend {
  readonly #bus: SystemBus;
  readonly #ip: IpCommand;
  readonly #clock: HelperClock;

  constructor(bus: SystemBus, ip: IpCommand, clock: HelperClock) {
    this.#bus = bus;
    this.#ip = ip;
    this.#clock = clock;
  }

  /** @returns whether it listens where resolv.conf can lead to. @throws Failure where it does not answer */
  async hasStub(): Promise<boolean> {
    const { DNSStubListener: listener } = await this.#manager();
    return listener === 'yes' || listener === 'udp';
  }

  async apply(tunnels: TunnelList): Promise<void> {
    for (const settings of tunnels) {
      const index = await this.#indexOf(settings.device);
      const servers = settings.servers.flatMap(addressWords);
      const domains = domainsOf(settings).flatMap(({ name, routesOnly }) => [name, String(routesOnly)]);
      await this.#tell('SetLinkDNS', index, 'a(iay)', [String(settings.servers.length), ...servers]);
      await this.#tell('SetLinkDomains', index, 'a(sb)', [String(domains.length / 2), ...domains]);
      await this.#tell('SetLinkDefaultRoute', index, 'b', [String(takesAllQuestions(settings))]);
    }
    await this.#untilHeld(tunnels);
  }

  async isInForce(tunnels: TunnelList): Promise<boolean> {
    const manager = await this.#manager();
    const held = await Promise.all(
      tunnels.map(async (settings) => isHeld(manager, await this.#indexOf(settings.device), settings)),
    );
    return held.every(Boolean);
  }

  /** It forgets a link that is gone. */
  async revert(gone: TunnelList): Promise<void> {
    if (!(await this.#bus.hasService(MANAGER.service))) return;
    for (const { device } of gone) {
      const index = await this.#indexOf(device).catch(() => null);
      if (index !== null) await this.#tell('RevertLink', index, '', []);
    }
  }

  /**
   * Whether other links have domains of their own, such as DHCP servers name: it asks their servers for these names,
   * though a tunnel takes all others.
   */
  async hasDomainsOfOthers(tunnels: TunnelList): Promise<boolean> {
    const own = await Promise.all(tunnels.map(({ device }) => this.#indexOf(device)));
    const { Domains: domains } = await this.#manager();
    return domains.some(([index]) => index !== NO_LINK && !own.includes(index));
  }

  /**
   * Has it read resolv.conf. It does so before it looks for a name, also where it may ask nobody.
   *
   * NOTE: it takes up servers from a resolv.conf that is not its own, and keeps them when the file becomes its own
   * again (systemd 252): in between it has to see one without servers.
   */
  async rereadResolvConf(): Promise<void> {
    if (!(await this.#bus.hasService(MANAGER.service))) return;
    const question = ['0', 'wayfare.test', String(AF_INET), String(RESOLVE_DNS | RESOLVE_NO_NETWORK)];
    // It answers that it may ask nobody.
    await this.#bus.call(MANAGER, 'ResolveHostname', 'isit', question).catch(() => {});
  }

  /** A link that systemd-networkd manages, as by a `.network` file for every link, is told of by that one. */
  async #tell(method: string, index: number, signature: string, words: readonly string[]): Promise<void> {
    const call = (object: BusObject, name: string) =>
      this.#bus.call(object, name, `i${signature}`, [String(index), ...words]);
    try {
      await call(MANAGER, method);
    } catch (error) {
      if (!toFailure(error).message.includes('is managed')) throw error;
      await call(NETWORKD, method === 'RevertLink' ? 'RevertLinkDNS' : method);
    }
  }

  /** From systemd-networkd it hears a moment later. */
  async #untilHeld(tunnels: TunnelList): Promise<void> {
    const { signal } = new AbortController();
    const deadline = this.#clock.monotonicMs() + HEARSAY_MS;
    while (!(await this.isInForce(tunnels)) && this.#clock.monotonicMs() < deadline)
      await this.#clock.sleep(POLL_MS, signal);
  }

  async #manager(): Promise<Manager> {
    return managerAnswer.parse(await this.#bus.properties(MANAGER));
  }

  async #indexOf(device: string): Promise<number> {
    const [link] = linkAnswer.parse(await this.#ip.query(['link', 'show', 'dev', device]));
    return link.ifindex;
  }
}

/**
 * NOTE: a tunnel for some networks that names no domain takes all questions too, as wg-quick(8) has it: who writes
 * `DNS = 10.0.0.53` and nothing else means that server.
 */
function takesAllQuestions({ isFullTunnel, searchDomains }: DnsSettings): boolean {
  return isFullTunnel || searchDomains.length === 0;
}

function domainsOf(settings: DnsSettings): Domain[] {
  const domains = settings.searchDomains.map((domain) => ({
    name: domain.replace(/^~/, ''),
    routesOnly: domain.startsWith('~'),
  }));
  const hasRoot = domains.some(({ name }) => name === ROOT_DOMAIN);
  return hasRoot || !takesAllQuestions(settings)
    ? domains
    : [...domains, { name: ROOT_DOMAIN, routesOnly: true }];
}

function isHeld(manager: Manager, index: number, settings: DnsSettings): boolean {
  const servers = manager.DNS.filter(([ifindex]) => ifindex === index).map(([, , bytes]) =>
    new IpAddress(Uint8Array.from(bytes)).toString(),
  );
  const domains = manager.Domains.filter(([ifindex]) => ifindex === index).map(([, name]) => name);
  const wanted = domainsOf(settings).map(({ name }) => name);
  return isSame(servers, settings.servers) && isSame(domains, wanted);
}

function isSame(texts: readonly string[], others: readonly string[]): boolean {
  return texts.toSorted().join('\n') === others.toSorted().join('\n');
}

/** An address as `(iay)`: its family, the number of its bytes, and these. */
function addressWords(server: string): string[] {
  const { bytes } = IpAddress.parse(server)!;
  const family = bytes.length === 4 ? AF_INET : AF_INET6;
  return [family, bytes.length, ...bytes].map(String);
}
