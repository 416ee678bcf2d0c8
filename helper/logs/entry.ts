/** One line of the log, as `createLog` writes it and `wayfare logs` reads it. */
import * as z from 'zod';

const known = z.object({
  /** ISO 8601, UTC. */
  time: z.iso.datetime(),
  level: z.enum(['info', 'warning', 'error']),
  message: z.string(),
});

/** Beside what every entry has there are fields of its own, such as `tunnel`. */
export const logEntry = known.catchall(z.union([z.string(), z.number(), z.boolean(), z.null()]));
export type LogEntry = z.output<typeof logEntry>;

/** @returns null for what is no entry, such as a line that a crash cut */
export function parseLogLine(line: string): LogEntry | null {
  try {
    return logEntry.parse(JSON.parse(line));
  } catch {
    return null;
  }
}
