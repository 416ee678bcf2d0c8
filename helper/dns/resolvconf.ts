/** resolvconf(8): openresolv's, which can leave others out, and Debian's, which only puts ours first. */
import { readFile } from 'node:fs/promises';
import { type Backend, searchDomainsOf, type TunnelList } from './backend.ts';
import type { RunCommand } from './command.ts';
import { asksOnly, readResolvConf, recordLines } from './resolv-conf.ts';

export interface ResolvconfPaths {
  readonly resolvConf: string;
  /** interface-order(5). */
  readonly interfaceOrder: string;
}

export class ResolvconfBackend implements Backend {
  readonly #run: RunCommand;
  readonly #paths: ResolvconfPaths;

  constructor(run: RunCommand, paths: ResolvconfPaths) {
    this.#run = run;
    this.#paths = paths;
  }

  /** Debian's ignores the options after the name. */
  async apply(tunnels: TunnelList): Promise<void> {
    for (const settings of tunnels) {
      const lines = recordLines(settings.servers, searchDomainsOf([settings]));
      const words = ['-a', await this.#recordOf(settings.device), '-m', '0', '-x'];
      await this.#run('resolvconf', words, `${lines.join('\n')}\n`);
    }
  }

  async isInForce(tunnels: TunnelList): Promise<boolean> {
    const { text } = await readResolvConf(this.#paths.resolvConf);
    return asksOnly(text, tunnels);
  }

  async revert(gone: TunnelList): Promise<void> {
    for (const { device } of gone) await this.#run('resolvconf', ['-d', await this.#recordOf(device), '-f']);
  }

  /** As wg-quick(8) names it: after the first pattern of interface-order(5), so that its servers come early. */
  async #recordOf(device: string): Promise<string> {
    const order = await readFile(this.#paths.interfaceOrder, 'utf8').catch(() => ''); // openresolv has none
    const [, prefix] = /^([A-Za-z0-9-]+)\*$/m.exec(order) ?? [];
    return prefix === undefined ? device : `${prefix}.${device}`;
  }
}
