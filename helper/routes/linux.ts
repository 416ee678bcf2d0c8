/** Routes by `ip`: changed through `-batch`, read through `-j`, whose answers are parsed here and nowhere else. */
import { isIPv6 } from 'node:net';
import * as z from 'zod';
import { IpAddress, IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { type IpCommand, type IpFamily, linuxIpCommand } from '../network/ip-command.ts';
import { OUR_ALIAS, OUR_PROTOCOL } from '../network/ours.ts';
import { isSameWay, type Way, wayOf, waysBeside } from './bearer-ways.ts';
import type { Path, SystemRoutes } from './index.ts';
import { defaultMetric, type KernelRoute, prefixOf, routeAnswer } from './kernel-route.ts';
import { setTunnelRoutes } from './linux-tunnel-routes.ts';

const routeAnswers = z.array(routeAnswer);
const linkAnswer = z.array(
  z.object({ ifname: z.string().optional(), ifalias: z.string().optional(), mtu: z.number().optional() }),
);

const FAMILIES = ['-4', '-6'] as const;
/** Every other route to the same address comes before it, and no hold has it. */
const STOP_METRIC = 4_294_967_294;

/** An address that may have a route of ours, and has or has not. */
interface Pinnable {
  readonly address: string;
  /** The way of ours that stands. */
  readonly standing: Way | null;
  /** The main table's beside our tunnels. */
  readonly beside: Way | null;
}

export const linuxRoutes: SystemRoutes = createLinuxRoutes(linuxIpCommand);

export function createLinuxRoutes(ip: IpCommand): SystemRoutes {
  /** Addresses pinned to a way that the main table does not tell, as into another program's VPN, while they stand. */
  const byRules = new Set<string>();

  /** @returns by name, in bytes */
  async function linkMtus(): Promise<Map<string, number>> {
    const links = linkAnswer.parse(await ip.query(['link', 'show']));
    return new Map(links.map(({ ifname = '', mtu = 1_500 }) => [ifname, mtu]));
  }

  async function ourDevices(): Promise<Set<string>> {
    const links = linkAnswer.parse(await ip.query(['link', 'show']));
    return new Set(links.filter(({ ifalias }) => ifalias === OUR_ALIAS).map(({ ifname = '' }) => ifname));
  }

  async function ask(family: IpFamily, lines: string[][], signal: AbortSignal): Promise<KernelRoute[]> {
    return routeAnswers.parse(await ip.queryAll(family, lines, signal)).flat();
  }

  return {
    async pathsTo(addresses, fwMark, signal) {
      const mark = fwMark === 0 ? [] : ['mark', String(fwMark)];
      const mtus = await linkMtus();
      const found = new Map<string, Path | null>();
      for (const family of FAMILIES) {
        const ofFamily = addresses.filter((address) => familyOf(address) === family);
        // The kernel answers "unreachable" with an error: for us it is an answer, and that line stays without one.
        const questions = (asked: string[]) =>
          asked.map((each) => ['route', 'get', ...target(each), ...mark]);
        const [zoned, plain] = [ofFamily.filter(hasZone), ofFamily.filter((address) => !hasZone(address))];
        for (const answer of await ask(family, questions(plain), signal))
          found.set(canonical(answer.dst), pathOf(answer, mtus));
        for (const answer of await ask(family, questions(zoned), signal))
          found.set(`${canonical(answer.dst)}%${answer.dev}`, pathOf(answer, mtus));
      }
      return new Map(addresses.map((address) => [address, found.get(canonical(address)) ?? null]));
    },

    async defaultPaths() {
      const mtus = await linkMtus();
      const answers = await Promise.all(
        FAMILIES.map((family) => ip.query([family, 'route', 'show', 'default'])),
      );
      return answers
        .flatMap((answer) => routeAnswer.parse(answer))
        .map((answer) => pathOf(answer, mtus))
        .filter((path) => path !== null);
    },

    setTunnelRoutes: (device, prefixes, table) => setTunnelRoutes(ip, device, prefixes, table),

    async addBearerRoutes(paths) {
      const addresses = [...paths.keys()];
      const tunnels = await ourDevices();
      const pins: string[][] = [];
      for (const { address, standing, beside } of await pinnable(addresses, tunnels)) {
        const path = paths.get(address) ?? null;
        // A tunnel that a killed helper left up answers for its endpoint itself, where the route outside has gone.
        const isOutside = path !== null && !tunnels.has(path.device);
        const way = isOutside ? path : beside;
        if (way === null) continue;
        // A pin that a killed helper left answers for itself.
        const inTable = [beside, standing];
        if (inTable.every((each) => each?.device !== way.device)) byRules.add(canonical(address));
        pins.push(pinning(address, way));
      }
      try {
        // What a killed helper left is replaced.
        const stops = addresses.map((address) => stopWords(IpPrefix.parse(address)!));
        await ip.batch([...pins, ...stops.map((words) => ['route', 'replace', ...words])]);
      } catch (error) {
        await remove(addresses).catch(() => {}); // the first failure tells more
        throw error;
      }
    },

    async renewBearerRoutes(addresses) {
      if (addresses.length === 0) return;
      /** A gateway that the kernel refuses keeps no other way from being renewed. */
      const changes = new Map<string, string[][]>();
      for (const { address, standing, beside } of await pinnable(addresses, await ourDevices())) {
        if (standing !== null && byRules.has(canonical(address))) continue;
        byRules.delete(canonical(address));
        // A route that is replaced by its like is news too, which would bring us here again.
        if (beside === null || (standing !== null && isSameWay(standing, beside))) continue;
        const key = `${familyOf(address)} ${beside.device} ${beside.gateway}`;
        const lines = changes.get(key) ?? [];
        changes.set(key, lines);
        lines.push(pinning(address, beside));
      }
      const refusals: unknown[] = [];
      for (const lines of changes.values())
        await ip.batch(lines).catch((error: unknown) => refusals.push(error));
      if (refusals.length > 0) throw refusals[0];
    },

    removeBearerRoutes: remove,

    addHolds: (prefixes) => ip.batch(prefixes.map((prefix) => ['route', 'replace', ...holdWords(prefix)])),

    async removeHolds(prefixes) {
      if (prefixes.length === 0) return;
      const ours = await ourRoutes();
      const standing = new Set(ours.flatMap(({ route, prefix }) => (isHold(route) ? String(prefix) : [])));
      const there = prefixes.filter((prefix) => standing.has(String(prefix)));
      await ip.batch(there.map((prefix) => ['route', 'del', ...holdWords(prefix)]));
    },

    async removeLeftovers(kept) {
      const wanted = new Set(kept.map(String));
      const left = (await ourRoutes()).filter(({ prefix }) => !wanted.has(String(prefix)));
      const those = (isWanted: (route: KernelRoute) => boolean, words: (prefix: IpPrefix) => string[]) =>
        left.filter(({ route }) => isWanted(route)).map(({ prefix }) => ['route', 'del', ...words(prefix)]);
      // A pin's words name its stop, too.
      await ip.batch([...those(isStop, stopWords), ...those(isPin, pinWords), ...those(isHold, holdWords)]);
    },
  };

  /** @param tunnels their devices. @returns the addresses to which no other program has a route of its own */
  async function pinnable(addresses: readonly string[], tunnels: ReadonlySet<string>): Promise<Pinnable[]> {
    const found: Pinnable[] = [];
    for (const [family, ofFamily] of byFamily(addresses)) {
      const table = await mainTable(family);
      const hosts = hostRoutes(table);
      const wayTo = waysBeside(table, family, tunnels);
      for (const address of ofFamily) {
        const route = hosts.get(canonical(address));
        if (route !== undefined && !isOurs(route)) continue;
        found.push({
          address,
          standing: route === undefined ? null : wayOf(route),
          beside: wayTo(address),
        });
      }
    }
    return found;
  }

  /** @returns those of the main table that are ours */
  async function ourRoutes(): Promise<{ route: KernelRoute; prefix: IpPrefix }[]> {
    const tables = await Promise.all(
      FAMILIES.map(async (family) => ({ family, table: await mainTable(family) })),
    );
    return tables.flatMap(({ family, table }) =>
      table.filter(isOurs).map((route) => ({ route, prefix: prefixOf(route.dst ?? 'default', family) })),
    );
  }

  async function remove(addresses: readonly string[]): Promise<void> {
    const stops: string[][] = [];
    const pins: string[][] = [];
    for (const [family, ofFamily] of byFamily(addresses)) {
      const unwanted = new Set(ofFamily.map(canonical));
      for (const route of (await mainTable(family)).filter(({ dst }) => unwanted.has(canonical(dst)))) {
        const prefix = prefixOf(route.dst ?? 'default', family);
        if (isStop(route)) stops.push(stopWords(prefix));
        if (isPin(route)) pins.push(pinWords(prefix));
      }
    }
    for (const address of addresses) byRules.delete(canonical(address));
    await ip.batch([...stops, ...pins].map((words) => ['route', 'del', ...words]));
  }

  /** Read once for all addresses: asked for one by one, each would have the kernel go through it all. */
  async function mainTable(family: IpFamily): Promise<KernelRoute[]> {
    return routeAnswer.parse(await ip.query([family, 'route', 'show']));
  }
}

/** By family, those that have any. */
function byFamily(addresses: readonly string[]): [IpFamily, string[]][] {
  return FAMILIES.map((family): [IpFamily, string[]] => [
    family,
    addresses.filter((address) => familyOf(address) === family),
  ]).filter(([, ofFamily]) => ofFamily.length > 0);
}

function isOurs({ protocol }: KernelRoute): boolean {
  return protocol === OUR_PROTOCOL;
}

function isHold(route: KernelRoute): boolean {
  return isOurs(route) && route.type !== undefined && route.metric !== STOP_METRIC;
}

function isStop(route: KernelRoute): boolean {
  return isOurs(route) && route.type !== undefined && route.metric === STOP_METRIC;
}

function isPin(route: KernelRoute): boolean {
  return isOurs(route) && route.type === undefined;
}

/** @returns those to single addresses, but for what refuses them for us; `ip` leaves the length of their prefix out */
function hostRoutes(table: readonly KernelRoute[]): Map<string, KernelRoute> {
  const isHost = ({ dst = 'default' }: KernelRoute) => dst !== 'default' && !dst.includes('/');
  const wanted = table.filter((route) => isHost(route) && !isHold(route) && !isStop(route));
  return new Map(wanted.map((route) => [canonical(route.dst), route]));
}

function pathOf(answer: KernelRoute, mtus: ReadonlyMap<string, number>): Path | null {
  const way = wayOf(answer);
  if (way === null) return null;
  return {
    ...way,
    mtu: answer.metrics?.[0]?.mtu ?? mtus.get(way.device) ?? 1_500,
    isLocal: answer.type === 'local',
  };
}

/** The main table has taken the gateway already, perhaps as one beyond the link's own network (`onlink`). */
function pinning(address: string, { device, gateway }: Way): string[] {
  const family = gateway !== null && familyOf(gateway) !== familyOf(address) ? ['inet6'] : [];
  const via = gateway === null ? [] : ['via', ...family, gateway];
  const onLink = gateway === null ? [] : ['onlink'];
  return ['route', 'replace', hostPrefix(address), ...via, 'dev', device, ...onLink, 'proto', OUR_PROTOCOL];
}

function pinWords(prefix: IpPrefix): string[] {
  return [String(prefix), 'proto', OUR_PROTOCOL];
}

/** Behind a pin: once its link is down, and the pin gone with it, nothing is sent into the tunnel that it is to carry. */
function stopWords(prefix: IpPrefix): string[] {
  return ['unreachable', String(prefix), 'metric', String(STOP_METRIC), 'proto', OUR_PROTOCOL];
}

/** Any tunnel's route comes before it, and a route that the network gave to the same prefix after it. */
function holdWords(prefix: IpPrefix): string[] {
  const metric = defaultMetric(prefix) + 1;
  return ['unreachable', String(prefix), 'metric', String(metric), 'proto', OUR_PROTOCOL];
}

/** `ip` takes a zone as the interface to go out by. */
function target(address: string): string[] {
  const [plain = '', zone] = address.split('%');
  return zone === undefined ? [plain] : [plain, 'oif', zone];
}

function hasZone(address: string): boolean {
  return address.includes('%');
}

/** However it was written. */
function canonical(address = ''): string {
  const [plain = '', zone] = address.split('%');
  const text = IpAddress.parse(plain)?.toString() ?? plain;
  return zone === undefined ? text : `${text}%${zone}`;
}

function familyOf(address: string): IpFamily {
  return address.includes(':') ? '-6' : '-4';
}

function hostPrefix(address: string): string {
  return `${address}/${isIPv6(address) ? 128 : 32}`;
}
