/** A route as `ip -j` prints it. */
import * as z from 'zod';
import { IpPrefix } from '../../engine/wire/ip-prefix.ts';

const hop = z.object({
  dev: z.string().optional(),
  gateway: z.string().optional(),
  /** A gateway of the other family (RFC 5549), in place of `gateway`. */
  via: z.object({ host: z.string() }).optional(),
  flags: z.array(z.string()).optional(),
});
const route = hop.extend({
  /** None for the ordinary type. */
  type: z.string().optional(),
  dst: z.string().optional(),
  /** None for the main one. */
  table: z.string().optional(),
  /** None for `boot`, which `ip route add` gives. */
  protocol: z.string().optional(),
  metric: z.number().optional(),
  metrics: z.array(z.object({ mtu: z.number().optional() })).optional(),
  /** Of a route with several, in place of one of its own. */
  nexthops: z.array(hop).optional(),
});
export type Hop = z.output<typeof hop>;
export type KernelRoute = z.output<typeof route>;
export const routeAnswer = z.array(route);

/** @param family of `default`, which does not tell it */
export function prefixOf(dst: string, family: '-4' | '-6'): IpPrefix {
  const everything = family === '-4' ? '0.0.0.0/0' : '::/0';
  return IpPrefix.parse(dst === 'default' ? everything : dst)!;
}

/** What `ip route add` gives. */
export function defaultMetric({ family }: IpPrefix): number {
  return family === 4 ? 0 : 1_024;
}
