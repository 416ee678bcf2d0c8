/** Entries of the log, chosen and as text. */
import type { LogEntry } from '../../electron/ipc/contract.ts';

export type LeastLevel = LogEntry['level'];

const RANKS = { info: 0, warning: 1, error: 2 } as const satisfies Record<LeastLevel, number>;

/** @param text in any case, anywhere in the message or its fields */
export function matchingEntries(entries: readonly LogEntry[], least: LeastLevel, text: string): LogEntry[] {
  const wanted = text.trim().toLowerCase();
  return entries.filter(
    (entry) =>
      RANKS[entry.level] >= RANKS[least] && (wanted === '' || lineOf(entry).toLowerCase().includes(wanted)),
  );
}

/** What an entry has beside what all have, such as `tunnel`. */
export function otherFields({ time: _time, level: _level, message: _message, ...rest }: LogEntry) {
  return Object.entries(rest);
}

/** One line each. */
export function logText(entries: readonly LogEntry[]): string {
  return entries.map((entry) => `${lineOf(entry)}\n`).join('');
}

function lineOf(entry: LogEntry): string {
  const fields = otherFields(entry).map(([name, value]) => ` ${name}=${value}`);
  return `${entry.time} ${entry.level} ${entry.message}${fields.join('')}`;
}
