/** A machine that exists only in the test: it notes what is done to it, and fails or hangs where it is told to. */
import type { TunnelConfig } from '../../../engine/config/tunnel-config.ts';
import { parseWgQuick } from '../../../engine/config/wg-quick.ts';
import type { HelperClock } from '../../../helper/clock.ts';
import { Failure } from '../../../helper/failure.ts';
import type { Firewall } from '../../../helper/firewall/index.ts';
import type { Path } from '../../../helper/routes/index.ts';
import { Traffic } from '../../../helper/traffic/index.ts';
import { Timeline } from '../../../helper/traffic/timeline.ts';
import type { SavedTraffic } from '../../../helper/traffic/traffic-file.ts';
import type { ReadTunnel, World } from '../../../helper/tunnel/bring-up.ts';
import type { LiveJournal } from '../../../helper/tunnel/live-journal.ts';
import { Protection } from '../../../helper/tunnel/protection.ts';
import { DEFAULT_TUNNEL_SETTINGS } from '../../../helper/tunnel/settings.ts';

/** A clock that moves when the test says so. */
export class ManualClock implements HelperClock {
  #now = 0;
  readonly #sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();

  monotonicMs(): number {
    return this.#now;
  }

  wallMs(): number {
    return 1_800_000_000_000 + this.#now;
  }

  get sleeperCount(): number {
    return this.#sleepers.size;
  }

  sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const sleeper = { at: this.#now + milliseconds, wake: resolve };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', () => {
        this.#sleepers.delete(sleeper);
        reject(signal.reason);
      });
    });
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const sleeper of this.#sleepers) {
      if (sleeper.at > this.#now) continue;
      this.#sleepers.delete(sleeper);
      sleeper.wake();
    }
  }
}

const PATIENCE_MS = 10_000;

/** Lets everything go on that needs no turn of the manual clock, until `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline) {
    if (condition()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error('it never came to that');
}

/** Of somebody who waits to the end. */
export const staying = new AbortController().signal;

export const PRIVATE_KEY = 'yAnz5TF+lXXJte14tji3zlMNq+hd2rYUIgJBgB3fBmk=';
export const PEER_KEY = 'xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=';

export const CONF = `[Interface]
PrivateKey = ${PRIVATE_KEY}
Address = 10.7.0.2/24, fd07::2/64
DNS = 10.7.0.1, home.example

[Peer]
PublicKey = ${PEER_KEY}
AllowedIPs = 10.7.0.0/24, 10.8.0.0/16
Endpoint = 192.0.2.1:51820
PersistentKeepalive = 25
`;

export function configOf(text: string): TunnelConfig {
  return parseWgQuick(Buffer.from(text)).config;
}

/** A stored tunnel with the settings that it has by default. */
export function reading(text: string): ReadTunnel {
  return async () => ({ config: configOf(text), settings: DEFAULT_TUNNEL_SETTINGS });
}

const forgetfulJournal: LiveJournal = {
  read: async () => ({ tunnels: new Map(), kernelSettings: [] }),
  writeTunnels: async () => {},
  writeKernelSettings: async () => {},
};

export class FakeWorld {
  #isGuarding = false;
  readonly #held = new Set<string>();
  readonly #firewall: Firewall = {
    apply: async ({ tunnels }) => {
      this.#deed('guard', tunnels.map(({ state, device }) => `${device} ${state}`).join(', '));
      this.#isGuarding = true;
    },
    isStanding: async () => true,
    reset: async () => {
      if (this.#isGuarding) this.#deed('unguard', '');
    },
  };
  readonly clock = new ManualClock();
  /** What was done, in order, such as `open wg0`. */
  readonly done: string[] = [];
  readonly logged: string[] = [];
  /** The name of a deed that fails, such as `setUp`. */
  failing = '';
  /** What its engine counts. */
  rxBytes = 92;
  txBytes = 148;
  /** What is kept of the traffic, by the tunnel's name. */
  readonly savedTraffic = new Map<string, SavedTraffic>();
  /** Whether the peer answers the first handshake. */
  peerAnswers = true;
  path: Path | null = { device: 'eth0', gateway: '192.0.2.254', mtu: 1_500, isLocal: false };
  lookUp: World['lookUp'] = () => Promise.resolve([]);
  /** The engine that was started last dies by itself. */
  killEngine: (how: string) => void = () => {};
  /** Another process takes its place. */
  restartEngine: () => Promise<void> = async () => {};

  readonly world: World = {
    tun: {
      open: async (name) => {
        this.#deed('open', name);
        return { name, descriptor: 99, close: () => this.#deed('close', name) };
      },
      setAddresses: async (_, addresses) => this.#deed('setAddresses', addresses.join(' ')),
      setMtu: async (_, mtu) => this.#deed('setMtu', String(mtu)),
      setUp: async (name) => this.#deed('setUp', name),
      setDown: async (name) => this.#deed('setDown', name),
      removeLeftovers: async () => [],
      removeLeftover: async (name) => this.#deed('removeLeftover', name),
    },
    routes: {
      pathsTo: async (addresses) => new Map(addresses.map((address) => [address, this.path])),
      defaultPaths: async () => [],
      setTunnelRoutes: async (_, prefixes, table) =>
        this.#deed('setTunnelRoutes', [...prefixes, ...(table === null ? [] : [`table ${table}`])].join(' ')),
      addBearerRoutes: async (paths) => {
        const addresses = [...paths.keys()];
        if (addresses.length > 0) this.#deed('addBearerRoutes', addresses.join(' '));
        return addresses;
      },
      removeBearerRoutes: async (addresses) => {
        if (addresses.length > 0) this.#deed('removeBearerRoutes', addresses.join(' '));
      },
      hold: async (name, prefixes) => {
        this.#held.add(name);
        this.#deed('hold', [name, ...prefixes].join(' '));
      },
      release: async (name) => {
        if (this.#held.delete(name)) this.#deed('release', name);
      },
      refreshBearerRoutes: async () => this.#deed('refreshBearerRoutes', ''),
      removeLeftovers: async () => {},
    },
    fullTunnelRouting: {
      settingsToChange: () => [{ name: 'net.test', before: '0' }],
      changeSettings: (settings) => this.#deed('changeSettings', settings.map(({ name }) => name).join(' ')),
      restoreSettings: (settings) =>
        this.#deed('restoreSettings', settings.map(({ name }) => name).join(' ')),
      apply: async ({ device, prefixes }) => this.#deed('routeEverything', [device, ...prefixes].join(' ')),
      refresh: async () => this.#deed('refreshRoutes', ''),
      setAllowLan: async (allowLan) => this.#deed('setAllowLan', String(allowLan)),
      addSplit: async () => {},
      removeSplit: async () => {},
      remove: async (device) => this.#deed('removeFullTunnel', device),
      removeLeftovers: async () => this.#deed('removeLeftRoutes', ''),
    },
    protection: new Protection(this.#firewall, forgetfulJournal, false),
    journal: forgetfulJournal,
    dns: {
      recover: async () => {},
      apply: async ({ device, servers }) => this.#deed('setDns', [device, ...servers].join(' ')),
      revert: async (device) => this.#deed('revertDns', device),
    },
    reset: async (release) => {
      await release();
      return [];
    },
    traffic: new Traffic({
      store: {
        read: async (name) => this.savedTraffic.get(name) ?? null,
        write: async (name, traffic) => void this.savedTraffic.set(name, traffic),
        setAside: async (name) => void this.savedTraffic.delete(name),
        rename: async (name, newName) => {
          const traffic = this.savedTraffic.get(name);
          this.savedTraffic.delete(name);
          if (traffic !== undefined) this.savedTraffic.set(newName, traffic);
        },
        remove: async (name) => void this.savedTraffic.delete(name),
      },
      timeline: new Timeline({
        bootMs: () => this.clock.monotonicMs(),
        wallMs: () => this.clock.wallMs(),
      }),
      log: (level, message, fields) => this.logged.push(JSON.stringify({ level, message, ...fields })),
    }),
    startEngine: async ({ name, listenPort }) => {
      this.#deed('startEngine', name);
      let isAlive = true;
      let end: (how: string) => void = () => {};
      const ended = new Promise<string>((resolve) => {
        end = (how) => {
          isAlive = false;
          resolve(how);
        };
      });
      this.killEngine = end;
      return {
        ended,
        listenPort: listenPort || 4_242,
        revive: (configure, onDied) => {
          this.restartEngine = () => {
            onDied();
            return configure(async (text) => this.#answer(text));
          };
        },
        request: async (text, signal) => {
          signal.throwIfAborted();
          if (!isAlive) throw new Failure('the engine does not answer (ECONNREFUSED)');
          return this.#answer(text);
        },
        kill: () => end('SIGKILL'),
        stop: async () => {
          this.#deed('stopEngine', name);
          end('SIGTERM');
        },
      };
    },
    lookUp: (host) => this.lookUp(host),
    clock: this.clock,
    log: (level, message, fields) => this.logged.push(JSON.stringify({ level, message, ...fields })),
  };

  #deed(name: string, what: string): void {
    if (this.failing === name) throw new Failure(`${name} failed`, '', 'mend it');
    this.done.push(`${name} ${what}`);
  }

  #answer(text: string): string {
    if (text.startsWith('set=1')) {
      this.#deed(text.includes('initiate_handshake') ? 'initiate' : 'configure', '');
      return 'errno=0\n\n';
    }
    const handshake = this.peerAnswers ? 1_800_000_000 : 0;
    const key = Buffer.from(PEER_KEY, 'base64').toString('hex');
    return `listen_port=4242\npublic_key=${key}\nlast_handshake_time_sec=${handshake}\nrx_bytes=${this.rxBytes}\ntx_bytes=${this.txBytes}\nerrno=0\n\n`;
  }
}
