/** The tunnels of this helper by name: those that are stored, and any that is alive though its file is gone. */
import { Failure } from '../failure.ts';
import type { ResultOf } from '../ipc/contract.ts';
import type { ReadTunnel, World } from './bring-up.ts';
import { readConf } from './conf.ts';
import { noSuchTunnel, type TunnelStore } from './store.ts';
import { Tunnel } from './tunnel.ts';

export class KnownTunnels {
  readonly #store: TunnelStore;
  readonly #world: World;
  readonly #onStateChange: (tunnel: Tunnel) => void;
  readonly #tunnels = new Map<string, Tunnel>();

  constructor(store: TunnelStore, world: World, onStateChange: (tunnel: Tunnel) => void) {
    this.#store = store;
    this.#world = world;
    this.#onStateChange = onStateChange;
  }

  /** Those that were asked for since the helper started. */
  get all(): Tunnel[] {
    return [...this.#tunnels.values()];
  }

  get(name: string): Tunnel {
    const known = this.#tunnels.get(name);
    if (known !== undefined) return known;
    const tunnel = new Tunnel(name, this.#world, this.#onStateChange);
    this.#tunnels.set(name, tunnel);
    return tunnel;
  }

  /** One that is down, and whose file is gone. */
  forget(name: string): void {
    this.#tunnels.delete(name);
  }

  /** Sorted. @throws Failure */
  async names(): Promise<string[]> {
    const { protection } = this.#world;
    const alive = this.all.filter((tunnel) => !isAtRest(tunnel) || protection.of(tunnel.name) !== null);
    return [...new Set([...(await this.#store.list()), ...alive.map(({ name }) => name)])].sort();
  }

  /** @throws Failure where there is none of this name */
  async require(name: string): Promise<void> {
    if (!(await this.names()).includes(name)) throw noSuchTunnel(name);
  }

  /** @throws Failure where it runs, or is guarded */
  requireDown(name: string): void {
    const tunnel = this.get(name);
    const { kind } = tunnel.state;
    if (!isAtRest(tunnel) || this.#world.protection.of(name) !== null)
      throw new Failure(
        `the tunnel is ${kind}`,
        `named ${name}`,
        `take it down first: wayfare down ${name}`,
        { code: 'tunnel-not-down', tunnel: name },
      );
  }

  /** As it is stored. @throws Failure */
  async read(name: string): ReturnType<ReadTunnel> {
    const { config, settings } = await this.#store.read(name);
    return { config: readConf(Buffer.from(config), `${name}.conf`).parsed.config, settings };
  }
}

export function isAtRest({ state }: Tunnel): boolean {
  return state.kind === 'disconnected' || state.kind === 'error';
}

export async function takeDown(tunnels: readonly Tunnel[]): Promise<Omit<ResultOf<'down'>, 'hasOpened'>> {
  const outcomes = await Promise.all(tunnels.map((tunnel) => tunnel.down()));
  return {
    names: tunnels.filter((_, i) => outcomes[i]?.wasUp).map((tunnel) => tunnel.name),
    leftovers: outcomes.flatMap(({ leftovers }) => leftovers),
  };
}
