/** DNS on Linux: puts the parts together, does one thing at a time, and sets again what others undo. */
import { join } from 'node:path';
import { domainToASCII } from 'node:url';
import type { HelperClock } from '../clock.ts';
import { Failure, toFailure } from '../failure.ts';
import type { Log, LogLevel } from '../log.ts';
import { linuxIpCommand } from '../network/ip-command.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { candidatesFor } from './choice.ts';
import { type RunCommand, runCommand } from './command.ts';
import { DnsConfigurator } from './configurator.ts';
import { FolderWatch } from './folder-watch.ts';
import type { Dns, DnsSettings } from './index.ts';
import { dnsSettings, Journal } from './journal.ts';
import { NetworkManagerBackend } from './network-manager.ts';
import { readResolvConf } from './resolv-conf.ts';
import { ResolvConfFileBackend } from './resolv-conf-file.ts';
import { ResolvconfBackend } from './resolvconf.ts';
import { ResolvedBackend } from './resolved.ts';
import { createSystemBus } from './system-bus.ts';

export interface DnsPaths {
  readonly resolvConf: string;
  /** Where systemd-resolved keeps its resolv.conf files and, in `netif`, what each link was told. */
  readonly resolved: string;
  /** Where NetworkManager reads configuration that lasts until the next boot. */
  readonly networkManagerConf: string;
  /** interface-order(5). */
  readonly interfaceOrder: string;
}

export const SYSTEM_PATHS: DnsPaths = {
  resolvConf: '/etc/resolv.conf',
  resolved: '/run/systemd/resolve',
  networkManagerConf: '/run/NetworkManager/conf.d',
  interfaceOrder: '/etc/resolvconf/interface-order',
};

export interface LinuxDnsOptions {
  readonly paths: DnsPaths;
  readonly stateDir: string;
  readonly clock: HelperClock;
  readonly log: Log;
  readonly run?: RunCommand;
}

/** Who writes again at once is let wait longer each time: two who disagree must not eat the machine. */
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5_000;

export function createLinuxDns(options: LinuxDnsOptions): Dns {
  return new LinuxDns(options);
}

class LinuxDns implements Dns {
  readonly #options: LinuxDnsOptions;
  readonly #watch: FolderWatch;
  #configurator: DnsConfigurator | null = null;
  readonly #oneAtATime = oneAtATime();
  #isCheckDue = false;
  #isChecking = false;
  /** How often in a row what we had set was found undone. */
  #rewrites = 0;
  /** Aborted once there is nothing left to watch over. */
  #watching = new AbortController();

  constructor(options: LinuxDnsOptions) {
    this.#options = options;
    this.#watch = new FolderWatch(() => this.#checkSoon(), options.log);
  }

  async recover(adopted: readonly string[]): Promise<void> {
    await this.#change((configurator) => configurator.recover(adopted)).catch((error) =>
      this.#options.log('error', 'DNS cannot be recovered', { reason: toFailure(error).message }),
    );
  }

  async apply(settings: DnsSettings): Promise<void> {
    if (settings.servers.length === 0) return;
    const checked = checkedSettings(settings);
    await this.#change((configurator) => configurator.apply(checked));
  }

  revert(device: string): Promise<void> {
    return this.#change((configurator) => configurator.revert(device));
  }

  #change(work: (configurator: DnsConfigurator) => Promise<void>): Promise<void> {
    return this.#inTurn(async (configurator) => {
      try {
        await work(configurator);
      } finally {
        await this.#watchOver(configurator);
        this.#checkSoon(); // for what others did before the watch began
      }
    });
  }

  #inTurn(work: (configurator: DnsConfigurator) => Promise<void>): Promise<void> {
    return this.#oneAtATime(async () => {
      this.#configurator ??= await openConfigurator(this.#options);
      await work(this.#configurator);
    });
  }

  #checkSoon(): void {
    this.#isCheckDue = true;
    if (!this.#isChecking) void this.#checkUntilQuiet();
  }

  async #checkUntilQuiet(): Promise<void> {
    this.#isChecking = true;
    while (this.#isCheckDue && !this.#watching.signal.aborted) {
      await this.#pause();
      this.#isCheckDue = false;
      await this.#inTurn((configurator) => this.#check(configurator));
    }
    this.#isChecking = false;
  }

  async #check(configurator: DnsConfigurator): Promise<void> {
    try {
      await this.#watchOver(configurator);
      if (await configurator.check()) {
        this.#rewrites = 0;
        return;
      }
      this.#countRewrite('warning', "another program had changed DNS: the tunnel's servers are set again");
    } catch (error) {
      this.#countRewrite('error', 'another program has changed DNS, and it cannot be set again', error);
    }
    this.#isCheckDue = true;
  }

  /** Outside of any turn: nobody who wants a tunnel down waits for it. */
  async #pause(): Promise<void> {
    if (this.#rewrites === 0) return;
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** (this.#rewrites - 1), LONGEST_DELAY_MS);
    await this.#options.clock.sleep(delayMs, this.#watching.signal).catch(() => {}); // nothing is left to watch over
  }

  /** Logged ever more rarely: it may go on as long as the tunnel is up. */
  #countRewrite(level: LogLevel, message: string, error: unknown = null): void {
    this.#rewrites++;
    if (!Number.isInteger(Math.log2(this.#rewrites))) return;
    const reason = error === null ? {} : { reason: toFailure(error).message };
    this.#options.log(level, message, { times: this.#rewrites, ...reason });
  }

  async #watchOver(configurator: DnsConfigurator): Promise<void> {
    if (configurator.isIdle) {
      this.#watch.set([], []);
      this.#watching.abort();
      this.#rewrites = 0;
      return;
    }
    if (this.#watching.signal.aborted) this.#watching = new AbortController();
    const { resolvConf, resolved } = this.#options.paths;
    const { realPath } = await readResolvConf(resolvConf);
    this.#watch.set(
      [resolvConf, ...(realPath === '' || realPath === resolvConf ? [] : [realPath])],
      configurator.isToldTo('systemd-resolved') ? [resolved, join(resolved, 'netif')] : [],
    );
  }
}

async function openConfigurator(options: LinuxDnsOptions): Promise<DnsConfigurator> {
  const { paths, stateDir, clock, log, run = runCommand } = options;
  const { resolvConf } = paths;
  const journal = await Journal.open(stateDir, log);
  const bus = createSystemBus(run);
  const resolved = new ResolvedBackend(bus, linuxIpCommand, clock);
  const networkManager = new NetworkManagerBackend(bus, paths.networkManagerConf, resolvConf);
  return new DnsConfigurator({
    journal,
    backends: {
      'systemd-resolved': resolved,
      NetworkManager: networkManager,
      resolvconf: new ResolvconfBackend(run, paths),
      file: new ResolvConfFileBackend(resolvConf, journal, () => resolved.rereadResolvConf()),
    },
    candidates: () => candidatesFor(resolvConf, resolved, networkManager),
    log,
  });
}

/** What the config's reader has checked already; what runs as root does not rely on that. */
function checkedSettings(settings: DnsSettings): DnsSettings {
  const searchDomains = settings.searchDomains.map(asWritten);
  const checked = dnsSettings.safeParse({ ...settings, searchDomains });
  if (checked.success) return checked.data;
  throw new Failure('its DNS cannot be handed on', `for ${settings.device}`, 'look at DNS in the .conf');
}

/** As everybody takes it and gives it back: in ASCII, without the last dot. */
function asWritten(domain: string): string {
  const isRouting = domain.startsWith('~');
  const name = domain.slice(isRouting ? 1 : 0);
  const ascii = name === '.' ? name : domainToASCII(name).replace(/\.$/, '');
  return isRouting ? `~${ascii}` : ascii;
}
