/** Full-tunnel routing by `ip`: what stands is compared with the plan, so that nothing is taken away that stays. */
import { existsSync } from 'node:fs';
import * as z from 'zod';
import { Failure } from '../failure.ts';
import { type IpCommand, type IpFamily, linuxIpCommand, Refused } from '../network/ip-command.ts';
import { OUR_PROTOCOL } from '../network/ours.ts';
import {
  FULL_TUNNEL_TABLE,
  type FullTunnelPlan,
  fullTunnelPlan,
  type PlannedRoute,
  type PlannedRule,
  PRIORITIES,
} from './full-tunnel.ts';
import type { SystemRouting } from './full-tunnel-routing.ts';
import { prefixOf } from './kernel-route.ts';
import { readLocalNetworks } from './local-networks.ts';
import { changeSettings, restoreSettings, settingsToChange } from './source-marks.ts';

/** The words by which `ip` adds a rule or a route, and deletes it. */
type Words = readonly string[];

/** Of ours, in one family. */
interface Standing {
  readonly rules: readonly Words[];
  readonly routes: readonly Words[];
}

/** Tables and protocols as numbers (`ip -N`): a system may have names for them. */
const ruleAnswer = z.array(
  z.object({
    priority: z.number(),
    fwmark: z.string().optional(),
    /** None for the action "unreachable". */
    table: z.string().optional(),
    protocol: z.string().optional(),
  }),
);
const routeAnswer = z.array(
  z.object({
    /** None for the ordinary type. */
    type: z.string().optional(),
    dst: z.string(),
    dev: z.string().optional(),
    table: z.string().optional(),
    protocol: z.string().optional(),
    metric: z.number().optional(),
    prefsrc: z.string().optional(),
    /** Of IPv4. None for "global". */
    scope: z.string().optional(),
  }),
);

/** RT_SCOPE_ of linux/rtnetlink.h, which IPv6 has not. */
const GLOBAL_SCOPE = '0';
const LINK_SCOPE = '253';
/** What the kernel says of something that is not there. */
const IS_GONE = /^No such (process|file or directory|device)|^Cannot find device|FIB table does not exist/;
/** A network that goes while its route is added is no failure: the networks are read again. */
const TRIES = 3;

export const linuxFullTunnelRouting = createLinuxFullTunnelRouting(linuxIpCommand, kernelFamilies);

/** @param families those that the kernel has */
export function createLinuxFullTunnelRouting(
  ip: IpCommand,
  families: () => readonly IpFamily[],
): SystemRouting {
  return {
    settingsToChange,
    changeSettings,
    restoreSettings,
    async apply(tunnel, splits = []) {
      for (let tries = 1; ; tries++) {
        try {
          const plan = fullTunnelPlan(tunnel, splits, await readLocalNetworks(ip));
          for (const family of families()) await bringTo(plan, family);
          return;
        } catch (error) {
          if (!(error instanceof Refused) || tries === TRIES) throw error;
        }
      }
    },
    async remove() {
      for (const family of families()) await deleteAll(await standing(family), family);
    },
  };

  /** The table is whole before a rule leads to it, and what is replaced goes last. */
  async function bringTo(plan: FullTunnelPlan, family: IpFamily): Promise<void> {
    const isOfFamily = ({ family: of }: { readonly family: number }) => family === `-${of}`;
    const rules = plan.rules.filter(isOfFamily).map(ruleWords);
    const routes = plan.routes.filter(({ prefix }) => isOfFamily(prefix)).map(routeWords);
    await refuseForeignRoutes(family);
    const before = await standing(family);
    const changes = [
      ...without(routes, before.routes).map((words) => ['route', 'replace', ...words]),
      ...without(rules, before.rules).map((words) => ['rule', 'add', ...words]),
    ];
    await ip.batch(changes, family);
    const after = await standing(family);
    await deleteAll({ rules: without(after.rules, rules), routes: without(after.routes, routes) }, family);
  }

  async function deleteAll({ rules, routes }: Standing, family: IpFamily): Promise<void> {
    let lines = [
      ...rules.map((words) => ['rule', 'del', ...words]).reverse(),
      ...routes.map((words) => ['route', 'del', ...words]).reverse(),
    ];
    while (lines.length > 0) {
      try {
        return await ip.batch(lines, family);
      } catch (error) {
        if (!(error instanceof Refused) || error.index === null || !IS_GONE.test(error.reason)) throw error;
        lines = lines.slice(error.index + 1);
      }
    }
  }

  async function standing(family: IpFamily): Promise<Standing> {
    const rules = ruleAnswer.parse(await ip.query(['-N', family, 'rule', 'show']));
    const routes = await routesInTable(family);
    return {
      rules: rules
        .filter((rule) => isOurs(rule) && PRIORITIES.includes(rule.priority))
        .map(({ priority, fwmark = '0', table = null }) =>
          ruleWords({ priority, exceptMark: Number(fwmark), table }),
        ),
      routes: routes.filter(isOurs).map((route) =>
        routeWords({
          prefix: prefixOf(route.dst, family),
          metric: route.metric ?? 0,
          device: route.type === undefined ? (route.dev ?? null) : null,
          source: route.prefsrc ?? null,
          isOnLink: route.scope === LINK_SCOPE,
        }),
      ),
    };
  }

  async function refuseForeignRoutes(family: IpFamily): Promise<void> {
    const foreign = (await routesInTable(family)).find((route) => !isOurs(route));
    if (foreign !== undefined)
      throw new Failure(
        'another program has routes where those of a full tunnel go',
        `in table ${FULL_TUNNEL_TABLE} to ${foreign.dst} by ${foreign.dev ?? 'no interface'}`,
        'take that tunnel down first',
        { code: 'full-tunnel-taken' },
      );
  }

  /** All tables are read, for a table that does not exist cannot be asked for. */
  async function routesInTable(family: IpFamily): Promise<z.output<typeof routeAnswer>> {
    const routes = routeAnswer.parse(await ip.query(['-N', family, 'route', 'show', 'table', 'all']));
    return routes.filter(({ table }) => table === FULL_TUNNEL_TABLE);
  }
}

function isOurs({ protocol }: { readonly protocol?: string | undefined }): boolean {
  return protocol === OUR_PROTOCOL;
}

function ruleWords({ priority, exceptMark, table }: Omit<PlannedRule, 'family'>): Words {
  const action = table === null ? ['unreachable'] : ['lookup', table];
  return [
    'priority',
    String(priority),
    'not',
    'fwmark',
    String(exceptMark),
    ...action,
    'protocol',
    OUR_PROTOCOL,
  ];
}

function routeWords({ prefix, metric, device, source, isOnLink }: PlannedRoute): Words {
  return [
    ...(device === null ? ['unreachable', String(prefix)] : [String(prefix), 'dev', device]),
    ...(source === null ? [] : ['src', source]),
    ...(prefix.family === 4 ? ['scope', isOnLink ? LINK_SCOPE : GLOBAL_SCOPE] : []),
    ...['table', FULL_TUNNEL_TABLE, 'proto', OUR_PROTOCOL, 'metric', String(metric)],
  ];
}

/** Those of `all` that are not among `some`. */
function without(all: readonly Words[], some: readonly Words[]): Words[] {
  const present = new Set(some.map((words) => words.join(' ')));
  return all.filter((words) => !present.has(words.join(' ')));
}

/** A kernel that was started without IPv6 refuses its routes, and needs none. */
function kernelFamilies(): readonly IpFamily[] {
  return existsSync('/proc/net/if_inet6') ? ['-4', '-6'] : ['-4'];
}
