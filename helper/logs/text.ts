/** The log for people: one line an entry, `2026-11-21 16:29:05  warning  home  words (cause: …)`, in local time. Pure. */
import { printable } from '../cli/print.ts';
import type { LogEntry } from './entry.ts';

const LEVEL_WIDTH = 'warning'.length;

export function logText({ time, level, message, tunnel, ...fields }: LogEntry): string {
  const columns = [localTime(new Date(time)), level.padEnd(LEVEL_WIDTH)];
  if (tunnel !== undefined) columns.push(String(tunnel));
  const details = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
  columns.push(details.length === 0 ? message : `${message} (${details.join(', ')})`);
  return `${oneLine(columns.join('  '))}\n`;
}

function oneLine(text: string): string {
  return printable(text.replace(/\s*[\r\n]+\s*/g, ' '));
}

function localTime(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day} ${[date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')}`;
}
