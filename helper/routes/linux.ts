/** Routes by `ip`: changed through `-batch`, read through `-j`, whose answers are parsed here and nowhere else. */
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { type IpCommand, linuxIpCommand } from '../network/ip-command.ts';
import type { Path, Routes } from './index.ts';

const routeAnswer = z.array(
  z.object({
    type: z.string().optional(),
    dev: z.string().optional(),
    gateway: z.string().optional(),
    metrics: z.array(z.object({ mtu: z.number().optional() })).optional(),
  }),
);
type RouteAnswer = z.output<typeof routeAnswer>[number];
const linkAnswer = z.array(z.object({ mtu: z.number().optional() }));

export const linuxRoutes: Routes = createLinuxRoutes(linuxIpCommand);

export function createLinuxRoutes(ip: IpCommand): Routes {
  async function pathOf(route: RouteAnswer | undefined): Promise<Path | null> {
    if (route?.dev === undefined) return null;
    return {
      device: route.dev,
      gateway: route.gateway ?? null,
      mtu: route.metrics?.[0]?.mtu ?? (await linkMtu(route.dev)),
      isLocal: route.type === 'local',
    };
  }

  async function linkMtu(device: string): Promise<number> {
    const [link] = linkAnswer.parse(await ip.query(['link', 'show', 'dev', device]));
    return link?.mtu ?? 1_500;
  }

  return {
    async pathTo(address, fwMark) {
      const mark = fwMark === 0 ? [] : ['mark', String(fwMark)];
      // The kernel answers "unreachable" with an error: for us it is an answer.
      const answer = await ip.query(['route', 'get', address, ...mark]).catch(() => []);
      return pathOf(routeAnswer.parse(answer)[0]);
    },

    async defaultPaths() {
      const answers = await Promise.all(
        ['-4', '-6'].map((family) => ip.query([family, 'route', 'show', 'default'])),
      );
      const paths = await Promise.all(answers.flatMap((answer) => routeAnswer.parse(answer)).map(pathOf));
      return paths.filter((path) => path !== null);
    },

    async addTunnelRoutes(device, prefixes, table) {
      const inTable = table === null ? [] : ['table', table];
      await ip.batch(prefixes.map((prefix) => ['route', 'add', String(prefix), 'dev', device, ...inTable]));
    },

    async addBearerRoute(address, path) {
      const existing = await ip.query([family(address), 'route', 'show', 'exact', hostPrefix(address)]);
      if (routeAnswer.parse(existing).length > 0) return false;
      await ip.batch([bearerRoute('add', address, path)]);
      return true;
    },

    async removeBearerRoute(address, path) {
      await ip.batch([bearerRoute('del', address, path)]);
    },
  };
}

function bearerRoute(verb: 'add' | 'del', address: string, path: Path): string[] {
  const via = path.gateway === null ? [] : ['via', path.gateway];
  return ['route', verb, hostPrefix(address), ...via, 'dev', path.device];
}

function family(address: string): string {
  return isIPv6(address) ? '-6' : '-4';
}

function hostPrefix(address: string): string {
  return `${address}/${isIPv6(address) ? 128 : 32}`;
}
