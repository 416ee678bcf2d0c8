/**
 * Network namespaces for tests, as root. Each test file makes its own, and closes them when it is done:
 *
 *     const left = await createNamespace('left');
 *     const right = await createNamespace('right');
 *     const link = await connectNamespaces(left, right);
 *     await left.ping(link.b.v4);
 *     afterAll(() => closeNamespaces(left, right));
 *
 * Programs run by `nsenter --net`, not `ip netns exec`, which mounts another /sys: cgroup paths would then fail.
 * Only the network is apart: files are shared, so two namespaces need two names for their WireGuard interfaces, whose
 * sockets lie in one /var/run/wireguard. {@link uniqueInterface} makes them.
 */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type PingResult, parseEcho, summarizeEchoes } from './ping.ts';
import {
  BackgroundProcess,
  CommandFailed,
  ProcessGroup,
  type RunOptions,
  type RunResult,
  run,
  waitFor,
} from './processes.ts';

const NAMESPACES = '/run/netns';
const PREFIX = 'wayfare-test-';
const MAX_INTERFACE_NAME = 15;

let namespacesMade = 0;
let linksMade = 0;
let interfacesMade = 0;

export interface PingOptions {
  count?: number;
  intervalMs?: number;
  /** Payload bytes, without the 8 of ICMP. */
  size?: number;
  /** Refuses to fragment. */
  dontFragment?: boolean;
  /** How long each answer is waited for. */
  waitMs?: number;
}

export class Namespace {
  /** What the test calls it. */
  readonly label: string;
  /** What `ip netns` calls it. */
  readonly name: string;
  readonly #processes = new ProcessGroup();

  constructor(label: string) {
    this.label = label;
    this.name = `${PREFIX}${process.pid}-${++namespacesMade}-${label}`;
  }

  /** What `nsenter --net=` and `ip link set … netns` take. */
  get path(): string {
    return `${NAMESPACES}/${this.name}`;
  }

  /** Runs a program in this namespace to its end. Rejects with what it said on standard error. */
  run(program: string, args: readonly string[] = [], options: RunOptions = {}): Promise<RunResult> {
    return run('nsenter', [`--net=${this.path}`, program, ...args], options);
  }

  /** Starts a program in this namespace. It is ended when the namespace is closed. */
  spawn(
    program: string,
    args: readonly string[] = [],
    options: Omit<RunOptions, 'timeoutMs'> = {},
  ): BackgroundProcess {
    return this.#processes.add(
      new BackgroundProcess('nsenter', [`--net=${this.path}`, program, ...args], options),
    );
  }

  /** `ip …`, with its arguments as one string: none of ours holds a space. */
  async ip(args: string): Promise<string> {
    return (await this.run('ip', args.split(' '))).stdout;
  }

  /** `wg …`. */
  async wg(...args: string[]): Promise<string> {
    return (await this.run('wg', args)).stdout;
  }

  /**
   * Sends echo requests. Lost packets are counted, not thrown; a ping that cannot be sent at all rejects.
   *
   * Each request is a ping(8) of its own: one that sends several waits for a late answer only as long as for two of the
   * former, and on a busy machine calls it lost.
   */
  async ping(target: string, options: PingOptions = {}): Promise<PingResult> {
    const { count = 3, intervalMs = 50, waitMs = 1_000, size, dontFragment = false } = options;
    const args = ['-n', '-c', '1', '-W', String(waitMs / 1_000)];
    if (size !== undefined) args.push('-s', String(size));
    if (dontFragment) args.push('-M', 'do');
    const echoes = Array.from({ length: count }, async (_, i) => {
      await delay(i * intervalMs);
      return this.#echo([...args, target]);
    });
    return summarizeEchoes(await Promise.all(echoes));
  }

  /** @returns the round trip in milliseconds, or null */
  async #echo(args: readonly string[]): Promise<number | null> {
    try {
      return parseEcho((await this.run('ping', args)).stdout);
    } catch (error) {
      // Exit 1 is ping's word for an answer that did not come.
      if (error instanceof CommandFailed && error.code === 1) return null;
      throw error;
    }
  }

  /** Ends what was started here, then removes the namespace and the interfaces in it. */
  async close(): Promise<void> {
    await this.#processes.close();
    await removeNamespace(this.name);
  }
}

/** @param label a short word for what the test uses it for, such as `initiator` */
export async function createNamespace(label: string): Promise<Namespace> {
  await removeStaleNamespaces();
  const namespace = new Namespace(label);
  await run('ip', ['netns', 'add', namespace.name]);
  await namespace.ip('link set lo up');
  // Without duplicate address detection, every IPv6 address can be used at once.
  const noDetection = ['all', 'default'].map((scope) => `net.ipv6.conf.${scope}.accept_dad=0`);
  await namespace.run('sysctl', ['-q', '-w', ...noDetection]);
  return namespace;
}

export async function closeNamespaces(...namespaces: readonly (Namespace | undefined)[]): Promise<void> {
  await Promise.all(namespaces.map((namespace) => namespace?.close()));
}

export interface LinkOptions {
  /** The two ends' IPv4 addresses with prefix length; by default a /24 of its own. */
  v4?: readonly [string, string];
  /** The same for IPv6; by default a /64 of its own. */
  v6?: readonly [string, string];
  mtu?: number;
}

export interface LinkEnd {
  interface: string;
  /** Without prefix length. */
  v4: string;
  v6: string;
}

/** A veth pair between two namespaces, up, with addresses of both families that can be used at once. */
export async function connectNamespaces(
  a: Namespace,
  b: Namespace,
  options: LinkOptions = {},
): Promise<{ a: LinkEnd; b: LinkEnd }> {
  const n = ++linksMade;
  const {
    v4 = [`10.99.${n}.1/24`, `10.99.${n}.2/24`],
    v6 = [`fd99:${n}::1/64`, `fd99:${n}::2/64`],
    mtu = 1_500,
  } = options;
  const name = `veth${n}`;
  const peer = ['peer', 'name', name, 'mtu', String(mtu), 'netns', b.name];
  await a.run('ip', ['link', 'add', name, 'mtu', String(mtu), 'type', 'veth', ...peer]);
  const end = async (namespace: Namespace, side: 0 | 1): Promise<LinkEnd> => {
    await namespace.ip(`addr add ${v4[side]} dev ${name}`);
    await namespace.ip(`addr add ${v6[side]} dev ${name} nodad`);
    await namespace.ip(`link set ${name} up`);
    return { interface: name, v4: withoutLength(v4[side]), v6: withoutLength(v6[side]) };
  };
  const ends = { a: await end(a, 0), b: await end(b, 1) };
  // The kernel drops what is sent between `set up` and the moment when it has seen the carrier.
  const isUp = async (namespace: Namespace) => / UP /.test(await namespace.ip(`-br link show ${name}`));
  await waitFor(async () => (await isUp(a)) && (await isUp(b)), { what: `${name} to come up` });
  return ends;
}

function withoutLength(prefix: string): string {
  return prefix.split('/', 1)[0]!;
}

/** An interface name that no other test, in whatever namespace, has in use: at most 15 characters. */
export function uniqueInterface(prefix = 'wg'): string {
  const suffix = `${process.pid.toString(36)}n${(++interfacesMade).toString(36)}`;
  return `${prefix.slice(0, MAX_INTERFACE_NAME - suffix.length)}${suffix}`;
}

/** A test run that was killed leaves its namespaces behind; their names hold the pid that made them. */
async function removeStaleNamespaces(): Promise<void> {
  for (const name of namesInUse()) {
    const maker = /^wayfare-test-([0-9]+)-/.exec(name)?.[1];
    if (maker !== undefined && !isRunning(Number(maker))) await removeNamespace(name);
  }
}

function namesInUse(): string[] {
  try {
    return readdirSync(NAMESPACES);
  } catch {
    return []; // the first namespace makes the folder
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Processes inside would keep the namespace alive without a name: they are killed first. */
async function removeNamespace(name: string): Promise<void> {
  try {
    const { stdout } = await run('ip', ['netns', 'pids', name]);
    for (const pid of stdout.split('\n').filter(Boolean)) killIfRunning(Number(pid));
    await run('ip', ['netns', 'delete', name]);
  } catch (error) {
    if (namesInUse().includes(name)) throw error; // otherwise a neighbour has removed the same stale name
  }
}

function killIfRunning(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}
