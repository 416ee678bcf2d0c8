/** All tunnels of this helper: what its socket's verbs do. */
import type { Hooks, TunnelConfig } from '../../engine/config/tunnel-config.ts';
import { tunnelNameFromFile } from '../../engine/config/tunnel-name.ts';
import { type ParsedConf, parseWgQuick, writeWgQuick } from '../../engine/config/wg-quick.ts';
import { ConfigError } from '../../engine/errors.ts';
import { Failure, toFailure } from '../failure.ts';
import type { ImportSummary, RequestOf, TunnelStatus } from '../ipc/contract.ts';
import type { Handlers } from '../ipc/server.ts';
import type { World } from './bring-up.ts';
import type { TunnelFailure } from './state-machine.ts';
import { configuredEndpoint, dnsTexts, tunnelStatus } from './status.ts';
import { noSuchTunnel, type TunnelStore } from './store.ts';
import { Tunnel } from './tunnel.ts';
import { type EngineDevice, readDevice } from './uapi-client.ts';

/** An engine answers in milliseconds; `status` goes on without one that does not. */
const STATUS_TIMEOUT_MS = 2_000;

export class Tunnels {
  readonly #store: TunnelStore;
  readonly #world: World;
  /** Those that were asked to come up since the helper started. */
  readonly #tunnels = new Map<string, Tunnel>();
  #isClosing = false;

  constructor(store: TunnelStore, world: World) {
    this.#store = store;
    this.#world = world;
  }

  readonly handlers: Handlers = {
    import: (request) => this.#import(request),
    list: async () => {
      const names = await this.#store.list();
      return { tunnels: names.map((name) => ({ name, state: this.#tunnel(name).state.kind })) };
    },
    export: async ({ name }) => ({ config: Buffer.from(await this.#store.read(name)).toString() }),
    remove: async ({ name }) => {
      this.#refuseUnlessDown(name);
      await this.#store.remove(name);
      this.#tunnels.delete(name);
      return {};
    },
    up: async ({ name, timeoutSeconds }) => {
      await this.#requireStored(name);
      if (this.#isClosing) throw new Failure('the helper is stopping', '', 'start it again');
      const outcome = await this.#tunnel(name).up(() => this.#readConfig(name), timeoutSeconds);
      return { outcome };
    },
    down: async ({ name }) => {
      if (name === null) return { names: await this.downAll() };
      await this.#requireStored(name);
      return { names: (await this.#tunnel(name).down()) ? [name] : [] };
    },
    status: async ({ name }) => {
      if (name !== null) await this.#requireStored(name);
      const names = name === null ? await this.#store.list() : [name];
      return { tunnels: await Promise.all(names.map((each) => this.#status(each))) };
    },
  };

  /** @returns the names of those that were up or coming up */
  async downAll(): Promise<string[]> {
    const tunnels = [...this.#tunnels.values()];
    const wereUp = await Promise.all(tunnels.map((tunnel) => tunnel.down()));
    return tunnels.filter((_, i) => wereUp[i]).map((tunnel) => tunnel.name);
  }

  /** Takes every tunnel down for good: none comes up any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.downAll();
  }

  async #import({ fileName, content, name }: RequestOf<'import'>): Promise<ImportSummary> {
    const parsed = parse(Buffer.from(content, 'base64'), fileName);
    const chosen = name ?? nameFor(fileName, await this.#store.list());
    await this.#store.create(chosen, writeWgQuick(parsed.config));
    this.#world.log('info', 'tunnel imported', { tunnel: chosen });
    return summaryOf(chosen, parsed);
  }

  #tunnel(name: string): Tunnel {
    const known = this.#tunnels.get(name);
    if (known !== undefined) return known;
    const tunnel = new Tunnel(name, this.#world);
    this.#tunnels.set(name, tunnel);
    return tunnel;
  }

  async #requireStored(name: string): Promise<void> {
    if (!(await this.#store.list()).includes(name)) throw noSuchTunnel(name);
  }

  #refuseUnlessDown(name: string): void {
    const { kind } = this.#tunnel(name).state;
    if (kind !== 'disconnected' && kind !== 'error')
      throw new Failure(`the tunnel is ${kind}`, `named ${name}`, `take it down first: wayfare down ${name}`);
  }

  async #readConfig(name: string): Promise<TunnelConfig> {
    return parse(await this.#store.read(name), `${name}.conf`).config;
  }

  async #status(name: string): Promise<TunnelStatus> {
    const { state, live } = this.#tunnel(name);
    const [stored, device] = await Promise.all([this.#configOrFailure(name), this.#device(name)]);
    const config = live.config ?? ('interface' in stored ? stored : null);
    const configFailure = 'cause' in stored ? stored : null;
    return tunnelStatus({ name, state, live, config, configFailure, device });
  }

  async #configOrFailure(name: string): Promise<TunnelConfig | TunnelFailure> {
    try {
      return await this.#readConfig(name);
    } catch (error) {
      return { cause: 'read-config', ...toFailure(error).parts };
    }
  }

  async #device(name: string): Promise<EngineDevice | null> {
    const { engine } = this.#tunnel(name).live;
    if (engine === null) return null;
    // An engine that is just starting, or ending, has nothing to say: the config stands in for it.
    return readDevice(engine.request, AbortSignal.timeout(STATUS_TIMEOUT_MS)).catch(() => null);
  }
}

function parse(bytes: Uint8Array, fileName: string): ParsedConf {
  try {
    return parseWgQuick(bytes);
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(error.message, `in ${fileName}`);
    throw error;
  }
}

/**
 * A file that has a tunnel's name keeps it, and is refused where that name is taken: importing a file twice is mostly
 * a mistake. A name that had to be made up gets a suffix instead.
 */
function nameFor(fileName: string, taken: readonly string[]): string {
  const own = fileName.replace(/\.conf$/i, '');
  return tunnelNameFromFile(fileName) === own ? own : tunnelNameFromFile(fileName, taken);
}

function summaryOf(name: string, { config, warnings }: ParsedConf): ImportSummary {
  return {
    name,
    addresses: config.interface.addresses.map(String),
    dns: dnsTexts(config),
    peers: config.peers.map((peer) => ({
      publicKey: peer.publicKey.toBase64(),
      endpoint: configuredEndpoint(peer),
      allowedIps: peer.allowedIps.map(String),
    })),
    hooks: hookTexts(config.interface.hooks),
    warnings: warnings.map(({ kind, line, message }) => ({ kind, line, message })),
  };
}

function hookTexts({ preUp, postUp, preDown, postDown }: Hooks): ImportSummary['hooks'] {
  const byKey = Object.entries({ PreUp: preUp, PostUp: postUp, PreDown: preDown, PostDown: postDown });
  return byKey.flatMap(([key, texts]) => texts.map((text) => ({ key, text })));
}
