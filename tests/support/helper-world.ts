/**
 * The world of the helper's tests from end to end: a traveller's namespace where the helper runs as it ships, a server made by the
 * real tools, and the command line between them.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, inject } from 'vitest';
import { connectToHelper } from '../../helper/ipc/client.ts';
import type { RequestOf, ResultOf, TunnelStatus, Verb } from '../../helper/ipc/contract.ts';
import type {} from './bundled-programs.ts'; // what is injected
import {
  closeNamespaces,
  connectNamespaces,
  createNamespace,
  type LinkEnd,
  type Namespace,
  uniqueInterface,
} from './netns.ts';
import { BackgroundProcess, run, waitFor } from './processes.ts';

/** How long a tunnel may take to come up. */
const UP_PATIENCE_SECONDS = 20;
const ROOT = resolve(import.meta.dirname, '../..');
export const SERVER_PORT = 51_820;
/** The server as the traveller sees it across a gateway: by the default route alone. */
export const DISTANT_ADDRESS = '198.51.100.1';

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ConfOptions {
  allowedIps?: string;
  endpoint?: string | null;
  extra?: string;
  address?: string;
  peerKey?: string;
}

export async function newKey(): Promise<string> {
  return (await run('wg', ['genkey'])).stdout.trim();
}

export async function publicKeyOf(privateKey: string): Promise<string> {
  return (await run('wg', ['pubkey'], { input: privateKey })).stdout.trim();
}

/** Everything of a namespace's network that a tunnel could leave behind. */
export async function networkOf(namespace: Namespace): Promise<string> {
  const parts = [
    '-br link',
    '-br addr',
    'rule',
    '-6 rule',
    'route show table all',
    '-6 route show table all',
  ];
  return (await Promise.all(parts.map((part) => namespace.ip(part)))).join('\n');
}

/** @returns '' for a process that has ended meanwhile */
function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

export async function pidsIn(namespace: Namespace): Promise<number[]> {
  const { stdout } = await run('ip', ['netns', 'pids', namespace.name]);
  return stdout.split('\n').filter(Boolean).map(Number);
}

/** One traveller with a running helper, and one server. Open it before the tests of a file, close it after them. */
export class HelperWorld {
  folder = '';
  traveller!: Namespace;
  server!: Namespace;
  link!: { a: LinkEnd; b: LinkEnd };
  /** The helper that runs: a test that ends it puts the next one here. */
  helper!: BackgroundProcess;
  clientKey = '';
  presharedKey = '';
  serverPublicKey = '';
  /** The traveller's network as it is without any tunnel. */
  untouched = '';

  async open(): Promise<void> {
    this.folder = mkdtempSync(join(tmpdir(), 'wayfare-helper-'));
    this.clientKey = await newKey();
    this.presharedKey = await newKey();
    // In a folder that everybody may read, wherever the repository lies.
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
    cpSync(inject('programs'), join(this.folder, 'dist'), { recursive: true });
    await run('cp', ['-a', '/etc', join(this.folder, 'etc')]);
    this.traveller = await createNamespace('traveller');
    this.server = await createNamespace('server');
    this.link = await connectNamespaces(this.traveller, this.server);
    await this.server.ip(`addr add ${DISTANT_ADDRESS}/32 dev lo`);
    await this.traveller.ip(`route add default via ${this.link.b.v4}`);
    this.serverPublicKey = await this.startServer(
      SERVER_PORT,
      ['10.70.0.1/24', 'fd70::1/64', '10.71.0.1/32'],
      '10.70.0.2/32, fd70::2/128',
    );
    this.helper = await this.startHelper();
    this.untouched = await networkOf(this.traveller);
  }

  async close(): Promise<void> {
    await this.helper?.stop();
    await closeNamespaces(this.traveller, this.server);
    rmSync(this.folder, { recursive: true, force: true });
  }

  get socketPath(): string {
    return join(this.folder, 'run', 'helper.sock');
  }

  get stateDir(): string {
    return join(this.folder, 'state');
  }

  get program(): string {
    return join(this.folder, 'dist', 'wayfare.js');
  }

  /** @returns a helper of the traveller, once it is ready */
  async startHelper(): Promise<BackgroundProcess> {
    const started = this.spawnHelper();
    await waitFor(() => started.stderr.includes('helper ready'), { what: 'the helper to be ready' });
    return started;
  }

  /**
   * A helper in the traveller's network, or another's, with an /etc of its own and without the machine's services: what it does to DNS
   * stays there.
   *
   * @param prepare shell words that come before it
   */
  spawnHelper({
    namespace = this.traveller,
    socketPath = this.socketPath,
    stateDir = this.stateDir,
    prepare = '',
  } = {}): BackgroundProcess {
    const script = `
      set -e
      mount --bind "$1" /etc
      for services in /run/dbus /run/systemd; do [ ! -d $services ] || mount -t tmpfs tmpfs $services; done
      shift
      ${prepare}
      exec "$@"`;
    const helper = [
      process.execPath,
      this.program,
      'helper',
      '--socket',
      socketPath,
      '--state-dir',
      stateDir,
    ];
    const shell = ['bash', '-c', script, 'bash', join(this.folder, 'etc'), ...helper];
    return namespace.spawn('unshare', ['--mount', ...shell]);
  }

  /** Starts the command line and does not wait for its end. */
  startWayfare(...args: string[]): BackgroundProcess {
    return new BackgroundProcess(process.execPath, [this.program, ...args], {
      env: { WAYFARE_SOCKET: this.socketPath },
    });
  }

  /** Runs the command line to its end. */
  async wayfare(...args: string[]): Promise<Outcome> {
    const child = this.startWayfare(...args);
    const { code } = await child.exited;
    return { code, stdout: child.stdout, stderr: child.stderr };
  }

  /** Runs the command line with a file as its stdout. */
  async wayfareInto(path: string, ...args: string[]): Promise<Outcome> {
    const script = 'umask 022; out=$1; shift; exec "$@" > "$out"';
    const child = new BackgroundProcess(
      'sh',
      ['-c', script, 'sh', path, process.execPath, this.program, ...args],
      {
        env: { WAYFARE_SOCKET: this.socketPath },
      },
    );
    const { code } = await child.exited;
    return { code, stdout: child.stdout, stderr: child.stderr };
  }

  /** The traveller's packet filter. */
  async rules(): Promise<string> {
    return (await this.traveller.run('nft', ['list', 'ruleset'])).stdout.replace(
      /counter packets \d+ bytes \d+/g,
      'counter',
    );
  }

  /** What the command line would ask, without its start: for what a test needs and is not about. */
  async ask<V extends Verb>(verb: V, request: RequestOf<V>): Promise<ResultOf<V>> {
    const helper = await connectToHelper(this.socketPath);
    return await helper.request(verb, request).finally(() => helper.close());
  }

  async up(name: string): Promise<void> {
    await this.ask('up', { name, timeoutSeconds: UP_PATIENCE_SECONDS, replace: false, detached: false });
  }

  /** @param name null for all of them */
  async down(name: string | null = null): Promise<void> {
    await this.ask('down', { name });
  }

  async statusOf(name: string): Promise<TunnelStatus> {
    const { tunnels } = await this.ask('status', { name });
    return tunnels[0]!;
  }

  /** @returns the pid of a tunnel's engine */
  async engineOf(name: string): Promise<number | undefined> {
    return (await pidsIn(this.traveller)).find((pid) => commandLineOf(pid).endsWith(`\0${name}\0`));
  }

  async expectNothingLeft(name: string): Promise<void> {
    expect(await networkOf(this.traveller)).toBe(this.untouched);
    expect(existsSync(`/var/run/wireguard/${name}.sock`)).toBe(false);
    expect(await this.rules()).toBe('');
    expect(await pidsIn(this.traveller)).toEqual([this.helper.pid]);
  }

  /** Imports a tunnel to the server. @returns its name */
  async importTunnel(options: ConfOptions = {}): Promise<string> {
    const { allowedIps = '10.70.0.0/24, fd70::/64', endpoint = `${this.link.b.v4}:${SERVER_PORT}` } = options;
    const name = uniqueInterface('wf');
    const conf = `[Interface]
PrivateKey = ${this.clientKey}
Address = ${options.address ?? '10.70.0.2/24, fd70::2/64'}
${options.extra ?? ''}
[Peer]
PublicKey = ${options.peerKey ?? this.serverPublicKey}
PresharedKey = ${this.presharedKey}
AllowedIPs = ${allowedIps}
${endpoint === null ? '' : `Endpoint = ${endpoint}`}
`;
    const content = Buffer.from(conf).toString('base64');
    await this.ask('import', { fileName: `${name}.conf`, content, name: null });
    return name;
  }

  /** @param allowedIps of the traveller. @returns the public key of the server's end of a tunnel */
  async startServer(port: number, addresses: readonly string[], allowedIps: string): Promise<string> {
    const name = uniqueInterface('srv');
    const serverKey = await newKey();
    const conf = join(this.folder, `${name}.conf`);
    writeFileSync(
      conf,
      `[Interface]\nPrivateKey = ${serverKey}\nListenPort = ${port}\n[Peer]\nPublicKey = ${await publicKeyOf(this.clientKey)}\nPresharedKey = ${this.presharedKey}\nAllowedIPs = ${allowedIps}\n`,
    );
    this.server.spawn('wireguard-go', ['-f', name]);
    await waitFor(() => existsSync(`/var/run/wireguard/${name}.sock`), { what: 'the server to start' });
    await this.server.wg('setconf', name, conf);
    for (const address of addresses) await this.server.ip(`addr add ${address} dev ${name}`);
    await this.server.ip(`link set ${name} up`);
    return publicKeyOf(serverKey);
  }
}
