/**
 * The world of the DNS tests: a traveller's machine with an /etc and a /run of its own, a hotel whose DHCP server named a
 * DNS server, and two tunnels, each with another. The tunnels are plain links: DNS does not look inside.
 */
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { DnsSettings } from '../../helper/dns/index.ts';
import { DnsDriver, type DnsProcess } from './dns-process.ts';
import { closeNamespaces, connectNamespaces, createNamespace, type Namespace } from './netns.ts';
import { BackgroundProcess, ProcessGroup, type RunResult, run, waitFor } from './processes.ts';
import { type Sniffer, sniff } from './sniffer.ts';

export type ServerName = 'hotel' | 'home' | 'work';
const SERVER_NAMES: readonly ServerName[] = ['hotel', 'home', 'work'];
/** What each server says of every name. */
const ANSWERS: Record<ServerName, string> = { hotel: '192.0.2.1', home: '192.0.2.2', work: '192.0.2.3' };
/** The users that the packages' installation would make. */
const USERS = ['messagebus', 'systemd-resolve'];
const FIRST_USER_ID = 61_184;

/**
 * Lays the packages over the machine. What lies below is read-only from here on: nothing that is written can leave the
 * namespace, also where a test takes a layer off.
 */
const LAY_OUT = `
set -e
mount --make-rprivate /
mount -o remount,bind,ro /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lay/etc /run/lay/etc-work /run/lay/var-lib /run/dbus /run/systemd /run/lock
[ -z "$1" ] || mount -t overlay -o lowerdir="$1/usr:/usr" overlay /usr
mount -t overlay -o lowerdir="$1\${1:+/etc:}/etc,upperdir=/run/lay/etc,workdir=/run/lay/etc-work" overlay /etc
mount --bind /run/lay/var-lib /var/lib
mount -t sysfs -o ro sysfs /sys
echo laid out
exec sleep infinity`;

const STATE_DIR = '/run/wayfare';
const DNS_SERVER = resolve(import.meta.dirname, 'dns-server.mjs');

interface Server {
  readonly namespace: Namespace;
  /** The traveller's end. */
  readonly device: string;
  /** Where it listens. */
  readonly address: string;
  readonly process: BackgroundProcess;
}

export class DnsWorld {
  readonly #driver = new DnsDriver();
  /** Of the machine that the tests run on. */
  readonly #ownResolvConf = ownResolvConf();
  readonly #servers = new Map<ServerName, Server>();
  readonly #processes = new ProcessGroup();
  #machine!: Namespace;
  #holder!: BackgroundProcess;
  #names = 0;

  /** @param root of unpacked packages, or '' */
  async open(root = ''): Promise<void> {
    await this.#driver.build();
    this.#machine = await createNamespace('machine');
    for (const name of SERVER_NAMES) this.#servers.set(name, await this.#startServer(name));
    this.#holder = this.#machine.spawn('unshare', ['--mount', 'sh', '-c', LAY_OUT, 'sh', root]);
    await waitFor(() => this.#holder.stdout.includes('laid out') || this.#holder.exit !== null, {
      what: 'the machine',
    });
    if (this.#holder.exit !== null) throw new Error(this.#holder.stderr);
    for (const [i, user] of USERS.entries()) this.#addUser(user, FIRST_USER_ID + i);
    this.write('/etc/nsswitch.conf', 'hosts: files dns\n');
  }

  async close(): Promise<void> {
    await this.#processes.close();
    await closeNamespaces(...[...this.#servers.values()].map(({ namespace }) => namespace), this.#machine);
    this.#driver.close();
    if (ownResolvConf() !== this.#ownResolvConf)
      throw new Error("a test has changed this machine's own /etc/resolv.conf");
  }

  /** Puts a program into the machine. */
  get #entrance(): string[] {
    return ['nsenter', '--target', String(this.#holder.pid), '--mount', '--net'];
  }

  run(program: string, args: readonly string[] = [], input = ''): Promise<RunResult> {
    const [, ...entrance] = this.#entrance;
    return run('nsenter', [...entrance, program, ...args], { input });
  }

  spawn(program: string, args: readonly string[] = []): BackgroundProcess {
    const [, ...entrance] = this.#entrance;
    return this.#processes.add(new BackgroundProcess('nsenter', [...entrance, program, ...args]));
  }

  startHelper(): DnsProcess {
    return this.#driver.start({ stateDir: STATE_DIR }, this.#entrance);
  }

  /** Takes back what a helper did for the tunnels, and leaves nothing of it to the next. */
  async retire(helper: DnsProcess): Promise<void> {
    for (const name of ['home', 'work'] as const) await helper.revert(this.server(name).device);
    await helper.kill();
    this.remove('/run/wayfare');
  }

  /** What the journal of DNS holds, or null where there is none. */
  journal(): string | null {
    const path = this.path(`${STATE_DIR}/dns.json`);
    return existsSync(path) ? readFileSync(path, 'utf8') : null;
  }

  /** A path of the machine's as this process reaches it. Absolute links on the way would lead astray. */
  path(path: string): string {
    return join('/proc', String(this.#holder.pid), 'root', path);
  }

  /** Takes the place of what is there, links too. */
  write(path: string, text: string): void {
    rmSync(this.path(path), { force: true });
    mkdirSync(dirname(this.path(path)), { recursive: true });
    writeFileSync(this.path(path), text, { mode: 0o644 });
  }

  link(path: string, target: string): void {
    rmSync(this.path(path), { force: true });
    symlinkSync(target, this.path(path));
  }

  remove(path: string): void {
    rmSync(this.path(path), { recursive: true, force: true });
  }

  /** Everything about /etc/resolv.conf that has to come back, and what lies beside it. */
  snapshot(): string {
    const etc = this.path('/etc');
    const beside = readdirSync(etc).filter((file) => file.includes('resolv.conf'));
    const stats = lstatSync(join(etc, 'resolv.conf'), { throwIfNoEntry: false });
    if (stats === undefined) return `${beside} absent`;
    if (stats.isSymbolicLink()) return `${beside} -> ${readlinkSync(join(etc, 'resolv.conf'))}`;
    return `${beside} ${stats.mode.toString(8)} ${readFileSync(join(etc, 'resolv.conf'), 'latin1')}`;
  }

  /** What programs read there, links followed. */
  async resolvConf(): Promise<string> {
    return (await this.run('cat', ['/etc/resolv.conf'])).stdout;
  }

  server(name: ServerName): Server {
    return this.#servers.get(name)!;
  }

  /** Of one of the tunnels, named after its link. */
  settings(name: 'home' | 'work', changes: Partial<DnsSettings> = {}): DnsSettings {
    const { device, address } = this.server(name);
    return {
      device,
      servers: [address],
      searchDomains: [`${name}.example`],
      isFullTunnel: name === 'home',
      ...changes,
    };
  }

  /** @returns a name that nobody has asked for yet */
  newName(domain = 'wayfare.test'): string {
    return `name${++this.#names}.${domain}`;
  }

  /** @returns who was asked for a name by a program of the machine, or null where nobody answered */
  async ask(name = this.newName()): Promise<ServerName | null> {
    const { stdout } = await this.run('getent', ['ahostsv4', name]).catch(() => ({ stdout: '' }));
    return SERVER_NAMES.find((server) => stdout.startsWith(ANSWERS[server])) ?? null;
  }

  /** @returns the names that a server was asked for, those of others too */
  asked(name: ServerName): string[] {
    return this.server(name).process.stdout.split('\n').slice(1, -1);
  }

  /** Looks for questions on the hotel's network. */
  sniffHotel(): Promise<Sniffer> {
    const { namespace, device } = this.server('hotel');
    return sniff(namespace, device, { filter: 'port 53 or port 853' });
  }

  async #startServer(name: ServerName): Promise<Server> {
    const namespace = await createNamespace(name);
    const link = await connectNamespaces(this.#machine, namespace);
    const process = namespace.spawn(globalThis.process.execPath, [DNS_SERVER, ANSWERS[name]]);
    await waitFor(() => process.stdout.startsWith('ready'), { what: `the ${name} server` });
    return { namespace, device: link.a.interface, address: link.b.v4, process };
  }

  #addUser(name: string, id: number): void {
    const users = this.path('/etc/passwd');
    if (readFileSync(users, 'utf8').includes(`${name}:`)) return;
    appendFileSync(users, `${name}:x:${id}:${id}::/:/usr/sbin/nologin\n`);
    appendFileSync(this.path('/etc/group'), `${name}:x:${id}:\n`);
  }
}

/** Where it leads, or what it says. */
function ownResolvConf(): string {
  const path = '/etc/resolv.conf';
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return 'absent';
  return stats.isSymbolicLink() ? readlinkSync(path) : readFileSync(path, 'latin1');
}
