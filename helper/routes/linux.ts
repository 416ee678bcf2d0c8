/** Routes by `ip`: changed through `-batch`, read through `-j`, whose answers are parsed here and nowhere else. */
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { IpAddress, type IpPrefix } from '../../engine/wire/ip-prefix.ts';
import { Failure } from '../failure.ts';
import { type IpCommand, type IpFamily, linuxIpCommand, Refused } from '../network/ip-command.ts';
import type { Path, Routes } from './index.ts';

const route = z.object({
  type: z.string().optional(),
  dst: z.string().optional(),
  dev: z.string().optional(),
  gateway: z.string().optional(),
  protocol: z.string().optional(),
  metrics: z.array(z.object({ mtu: z.number().optional() })).optional(),
});
type Route = z.output<typeof route>;
const routeAnswer = z.array(route);
const routeAnswers = z.array(routeAnswer);
const linkAnswer = z.array(z.object({ ifname: z.string().optional(), mtu: z.number().optional() }));

/** The mark of our bearer routes (`proto` in ip-route(8)), by which a helper knows what a killed one left. */
const OUR_PROTOCOL = '87';
const FAMILIES = ['-4', '-6'] as const;

export const linuxRoutes: Routes = createLinuxRoutes(linuxIpCommand);

export function createLinuxRoutes(ip: IpCommand): Routes {
  /** @returns by name, in bytes */
  async function linkMtus(): Promise<Map<string, number>> {
    const links = linkAnswer.parse(await ip.query(['link', 'show']));
    return new Map(links.map(({ ifname = '', mtu = 1_500 }) => [ifname, mtu]));
  }

  async function ask(family: IpFamily, lines: string[][], signal: AbortSignal): Promise<Route[]> {
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

    async addTunnelRoutes(device, prefixes, table) {
      const inTable = table === null ? [] : ['table', table];
      try {
        await ip.batch(prefixes.map((prefix) => ['route', 'add', String(prefix), 'dev', device, ...inTable]));
      } catch (error) {
        const prefix = error instanceof Refused ? prefixes[error.index ?? -1] : undefined;
        if (prefix === undefined || !(error instanceof Refused) || error.reason !== 'File exists')
          throw error;
        throw await routeIsTaken(ip, prefix, inTable);
      }
    },

    async addBearerRoutes(paths) {
      const others = await othersOf(paths.keys());
      const ours = [...paths].filter(([address]) => !others.has(canonical(address)));
      try {
        // What a killed helper left is replaced.
        await ip.batch(ours.map(([address, path]) => bearerRoute(address, path)));
      } catch (error) {
        await remove(ours.map(([address]) => address)).catch(() => {}); // the first failure tells more
        throw error;
      }
      return ours.map(([address]) => address);
    },

    removeBearerRoutes: remove,

    async removeLeftovers() {
      const flush = ['route', 'flush', 'table', 'main', 'proto', OUR_PROTOCOL];
      for (const family of ['-4', '-6'] as const) await ip.batch([flush], family);
    },
  };

  async function remove(addresses: readonly string[]): Promise<void> {
    const there = await hostRoutes(addresses);
    const ours = there.filter(({ protocol }) => protocol === OUR_PROTOCOL);
    await ip.batch(ours.map(({ dst = '' }) => ['route', 'del', hostPrefix(dst), 'proto', OUR_PROTOCOL]));
  }

  /** @returns the addresses to which somebody else's route stands */
  async function othersOf(addresses: Iterable<string>): Promise<Set<string>> {
    const there = await hostRoutes([...addresses]);
    const others = there.filter(({ protocol }) => protocol !== OUR_PROTOCOL);
    return new Set(others.map(({ dst }) => canonical(dst)));
  }

  /** Of the main table, which is read once: asked for one by one, each address would have the kernel go through it all. */
  async function hostRoutes(addresses: readonly string[]): Promise<Route[]> {
    const wanted = new Set(addresses.map((address) => canonical(address)));
    const there: Route[] = [];
    for (const family of FAMILIES) {
      if (!addresses.some((address) => familyOf(address) === family)) continue;
      const table = routeAnswer.parse(await ip.query([family, 'route', 'show']));
      there.push(...table.filter(({ dst }) => wanted.has(canonical(dst))));
    }
    return there;
  }
}

/** Two networks of the same addresses, as a hotel's and one's own, or two tunnels to the same place. */
async function routeIsTaken(ip: IpCommand, prefix: IpPrefix, inTable: string[]): Promise<Failure> {
  const words = ['route', 'show', 'exact', String(prefix), ...inTable];
  const [taken] = routeAnswer.parse(await ip.query([familyOf(String(prefix)), ...words]));
  return new Failure(
    `${taken?.dev ?? 'another interface'} has that route already`,
    `to ${prefix}`,
    'take that tunnel down or leave that network, or take the prefix out of AllowedIPs',
  );
}

function pathOf(answer: Route, mtus: ReadonlyMap<string, number>): Path | null {
  if (answer.dev === undefined) return null;
  return {
    device: answer.dev,
    gateway: answer.gateway ?? null,
    mtu: answer.metrics?.[0]?.mtu ?? mtus.get(answer.dev) ?? 1_500,
    isLocal: answer.type === 'local',
  };
}

function bearerRoute(address: string, path: Path): string[] {
  const via = path.gateway === null ? [] : ['via', path.gateway];
  return ['route', 'replace', hostPrefix(address), ...via, 'dev', path.device, 'proto', OUR_PROTOCOL];
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
