/** A tunnel's traffic as it is stored: JSON of a version. It holds no keys, and no address. */
import * as z from 'zod';
import { parseVersioned } from '../storage/versioned.ts';

const VERSION = 1;
/** The longest there can be has half as many. */
export const MAX_TRAFFIC_FILE_BYTES = 64 * 1024;
/** More than any ring has. */
const MAX_STEPS = 1_000;
/** The newest are kept. */
export const MAX_MONTHS = 12;

const count = z.int().min(0);
const bytes = { rxBytes: count, txBytes: count };
const values = z.array(count.nullable()).max(MAX_STEPS);
const steps = z
  .strictObject({ rxBytes: values, txBytes: values })
  .refine(({ rxBytes, txBytes }) => rxBytes.length === txBytes.length);

const savedTraffic = z.strictObject({
  /** Unix seconds: in the newest step of both. */
  savedAt: count,
  /** Steps of 10 s. */
  hour: steps,
  /** Steps of 5 minutes. */
  day: steps,
  session: z.strictObject({ since: count, ...bytes }).nullable(),
  months: z.array(z.strictObject({ month: z.string().regex(/^\d{4,}-\d\d$/), ...bytes })).max(MAX_MONTHS),
});
export type SavedTraffic = Readonly<z.output<typeof savedTraffic>>;

const file = savedTraffic.extend({ version: z.literal(VERSION) });

export function formatTrafficFile(traffic: SavedTraffic): string {
  return `${JSON.stringify({ version: VERSION, ...traffic })}\n`;
}

/** @param where for the failure @throws Failure for what is damaged, or of a newer version */
export function parseTrafficFile(content: Uint8Array, where: string): SavedTraffic {
  const { version: _, ...traffic } = parseVersioned(Buffer.from(content).toString(), file, VERSION, where);
  return traffic;
}
