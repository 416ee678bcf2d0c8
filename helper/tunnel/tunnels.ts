/** All tunnels of this helper: what its socket's verbs do. */
import type { Hooks, TunnelConfig } from '../../engine/config/tunnel-config.ts';
import { tunnelNameFromFile } from '../../engine/config/tunnel-name.ts';
import { type ParsedConf, parseWgQuick, writeWgQuick } from '../../engine/config/wg-quick.ts';
import { ConfigError } from '../../engine/errors.ts';
import { Failure, toFailure } from '../failure.ts';
import {
  type ImportSummary,
  MAX_CONFIG_BYTES,
  type RequestOf,
  type ResultOf,
  type TunnelStatus,
} from '../ipc/contract.ts';
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
      const names = await this.#names();
      return { tunnels: names.map((name) => ({ name, state: this.#tunnel(name).state.kind })) };
    },
    export: async ({ name }) => ({ config: (await this.#store.read(name)).config }),
    remove: async ({ name }) => {
      this.#refuseUnlessDown(name);
      await this.#store.remove(name);
      this.#tunnels.delete(name);
      return {};
    },
    up: async ({ name, timeoutSeconds }, departed) => {
      await this.#requireKnown(name);
      if (this.#isClosing) throw new Failure('the helper is stopping', '', 'start it again');
      const outcome = await this.#tunnel(name).up(() => this.#readConfig(name), timeoutSeconds, departed);
      return { outcome };
    },
    down: async ({ name }) => {
      if (name === null) return takeDown([...this.#tunnels.values()]);
      await this.#requireKnown(name);
      return takeDown([this.#tunnel(name)]);
    },
    status: async ({ name }) => {
      if (name !== null) await this.#requireKnown(name);
      const names = name === null ? await this.#names() : [name];
      return { tunnels: await Promise.all(names.map((each) => this.#status(each))) };
    },
  };

  /** Takes every tunnel down for good: none comes up any more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await takeDown([...this.#tunnels.values()]);
  }

  async #import({ fileName, content, name }: RequestOf<'import'>): Promise<ImportSummary> {
    const parsed = parse(Buffer.from(content, 'base64'), fileName);
    const text = writeWgQuick(parsed.config);
    const length = Buffer.byteLength(text);
    if (length > MAX_CONFIG_BYTES)
      throw new Failure(
        `written out in full the tunnel takes ${length} bytes, and ${MAX_CONFIG_BYTES} are the most`,
        `in ${fileName}`,
        'join its allowed IPs to fewer, larger prefixes',
      );
    const chosen = name ?? nameFor(fileName, await this.#store.list());
    await this.#store.create(chosen, text);
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

  /** The stored ones, and any that is alive though its file is gone. Sorted. */
  async #names(): Promise<string[]> {
    const alive = [...this.#tunnels.values()].filter((tunnel) => !isAtRest(tunnel));
    return [...new Set([...(await this.#store.list()), ...alive.map(({ name }) => name)])].sort();
  }

  async #requireKnown(name: string): Promise<void> {
    if (!(await this.#names()).includes(name)) throw noSuchTunnel(name);
  }

  #refuseUnlessDown(name: string): void {
    const tunnel = this.#tunnel(name);
    const { kind } = tunnel.state;
    if (!isAtRest(tunnel))
      throw new Failure(`the tunnel is ${kind}`, `named ${name}`, `take it down first: wayfare down ${name}`);
  }

  async #readConfig(name: string): Promise<TunnelConfig> {
    const { config } = await this.#store.read(name);
    return parse(Buffer.from(config), `${name}.conf`).config;
  }

  async #status(name: string): Promise<TunnelStatus> {
    const { state, live } = this.#tunnel(name);
    const [stored, device] = await Promise.all([this.#configOrFailure(name), this.#device(name)]);
    const config = live.config ?? ('interface' in stored ? stored : null);
    const configFailure = live.config === null && 'cause' in stored ? stored : null;
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

async function takeDown(tunnels: readonly Tunnel[]): Promise<ResultOf<'down'>> {
  const outcomes = await Promise.all(tunnels.map((tunnel) => tunnel.down()));
  return {
    names: tunnels.filter((_, i) => outcomes[i]?.wasUp).map((tunnel) => tunnel.name),
    leftovers: outcomes.flatMap(({ leftovers }) => leftovers),
  };
}

function isAtRest({ state }: Tunnel): boolean {
  return state.kind === 'disconnected' || state.kind === 'error';
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
