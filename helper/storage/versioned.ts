/** Stored JSON that says its version: `{"version":N,…}`. */
import * as z from 'zod';
import { Failure } from '../failure.ts';

const anyVersion = z.object({ version: z.int().min(1) });

/**
 * @param schema of the newest version that is known
 * @param where for the failure, such as `at /var/lib/wayfare/settings.json`
 * @throws Failure for what is damaged, or of a newer version; it is not touched
 */
export function parseVersioned<T extends { version: number }>(
  text: string,
  schema: z.ZodType<T>,
  newest: T['version'],
  where: string,
): T {
  const value = parseJson(text);
  const version = anyVersion.safeParse(value).data?.version;
  if (version !== undefined && version > newest)
    throw new Failure(
      `it was written by a newer Wayfare (version ${version}; this one knows ${newest})`,
      where,
      'upgrade Wayfare; the file is left as it is',
    );
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw damaged(where);
  return parsed.data;
}

export function damaged(where: string): Failure {
  return new Failure('the file is damaged', where, 'put a copy of it back, or remove it');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // which no schema accepts
  }
}
